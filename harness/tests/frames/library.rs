//! What holds for every shipped frame.

use std::collections::BTreeSet;

use harness::scenario::parse;
use harness_wire::Progress;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::build::{Built, folder, protocol};
use crate::deliveries::deliver;
use crate::stream::check_stream;
use crate::vector::{Group, Vector, parse as vectors};

/// The vectors of each file.
const FILES: &[(&str, &str)] = &[
    ("dns", include_str!("vectors/dns.txt")),
    ("length-prefix", include_str!("vectors/length-prefix.txt")),
    ("lsp", include_str!("vectors/lsp.txt")),
    ("mllp", include_str!("vectors/mllp.txt")),
    ("modbus", include_str!("vectors/modbus.txt")),
    ("mqtt", include_str!("vectors/mqtt.txt")),
    ("netstring", include_str!("vectors/netstring.txt")),
    ("postgres", include_str!("vectors/postgres.txt")),
    ("redis-inline", include_str!("vectors/redis-inline.txt")),
    ("stomp", include_str!("vectors/stomp.txt")),
];

#[test]
fn every_file_has_vectors_for_each_of_its_frames() {
    let stems = std::fs::read_dir(folder()).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    });
    let stems: BTreeSet<String> = stems.collect();
    let known: BTreeSet<String> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(stems, known);
    for (name, text) in FILES {
        let groups = vectors(text);
        for frame in protocol(&format!("{name}.yaml")).frames.keys() {
            let mut own = groups.iter().filter(|group| {
                let words: Vec<&str> = group.built.line.split_whitespace().collect();
                words[1] == frame
            });
            let right = own
                .clone()
                .any(|group| group.vectors.iter().any(|v| v.error.is_none()));
            let wrong = own.any(|group| group.vectors.iter().any(|v| v.error.is_some()));
            assert!(
                right && wrong,
                "{name}: `{frame}` needs valid and invalid vectors"
            );
        }
    }
}

#[test]
fn every_vector_reads_the_same_under_every_delivery() {
    for (file, text) in FILES {
        for group in vectors(text) {
            assert!(!group.source.is_empty());
            for vector in &group.vectors {
                let context = format!("{file}: {}: {}", group.source, vector.name);
                deliver(&group, vector, &context);
            }
        }
    }
}

/// The bytes of a vector's message, as a profile says it.
fn said(group: &Group, file: &str, vector: &Vector, message: &str) -> Vec<u8> {
    let words: Vec<&str> = group.built.line.split_whitespace().collect();
    let transport = words.get(2).copied().unwrap_or("tcp");
    let text = format!(
        "target: t\nconnect: {transport}://127.0.0.1:9\nuse: {file}.yaml\n\
         exchanges:\n  - e: {{request: {{{}: {message}}}, reply: []}}\n",
        words[1]
    );
    let document = parse(&folder().join("test.yaml"), &text);
    let document = document.unwrap_or_else(|e| panic!("{}: {}", vector.name, e.render(false)));
    let [exchange] = document.profiles[0].exchanges.as_slice() else {
        panic!("one exchange")
    };
    exchange.request.clone().unwrap().encoded.bytes
}

#[test]
fn profiles_say_the_bytes_of_the_vectors() {
    for (file, text) in FILES {
        let mut count = 0;
        for group in vectors(text) {
            for vector in &group.vectors {
                let Some(message) = &vector.message else {
                    continue;
                };
                count += 1;
                let bytes = said(&group, file, vector, message);
                assert_eq!(bytes, vector.bytes, "{file}: {}", vector.name);
            }
        }
        assert!(count > 0, "{file} says no vector");
    }
}

#[test]
fn every_frame_can_be_wrong_in_ways_that_are_named() {
    for (file, text) in FILES {
        for group in vectors(text) {
            let frames: Vec<&Vector> = group.vectors.iter().filter(|v| v.error.is_none()).collect();
            for vector in &frames {
                check_stream(&group.built, 7, &vector.bytes);
            }
            let Some(last) = frames.last() else { continue };
            let mut decoder = group.built.framing.decoder();
            let mut frame = harness_wire::Frame::default();
            if decoder.decode(&last.bytes, &mut frame) != Ok(Progress::Frame) {
                // Only the end of a datagram ends it.
                assert_eq!(decoder.end(&last.bytes, &mut frame), Ok(true));
            }
            let encoded = harness_wire::Encoded {
                bytes: last.bytes[..frame.len].to_vec(),
                fields: frame.fields,
            };
            let wrong = group.built.framing.malformed(&encoded);
            let names: BTreeSet<&str> = wrong.iter().map(|wrong| &*wrong.name).collect();
            assert_eq!(names.len(), wrong.len(), "{file}: {names:?}");
            // A datagram ends where it ends: little of it can be wrong.
            let least = if group.built.line.ends_with("udp") {
                1
            } else {
                2
            };
            assert!(
                names.len() >= least,
                "{file}: {}: {names:?}",
                group.built.line
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_are_safe(
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        seed in any::<u8>(),
    ) {
        for (_, text) in FILES {
            for group in vectors(text) {
                for vector in &group.vectors {
                    let mut bytes = vector.bytes.clone();
                    for (at, byte) in &changes {
                        let at = at.index(bytes.len());
                        bytes[at] = *byte;
                    }
                    check_stream(&group.built, seed, &bytes);
                }
            }
        }
    }
}

#[test]
fn a_frame_serves_streams_and_datagrams() {
    let [tcp, udp] = ["dns.yaml message", "dns.yaml message udp"]
        .map(|line| Built::new(line, &[], harness_wire::Limits::default()));
    assert!(!udp.framing.settable().contains(&"length".to_owned()));
    assert_eq!(tcp.framing.settable(), udp.framing.settable());
}

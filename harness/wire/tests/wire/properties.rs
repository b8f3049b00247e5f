//! What holds for all messages, all descriptions, all segmentations and all bytes.

use harness_wire::{Composed, Limits, Message, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::build::Built;
use crate::check::{FAMILIES, check};
use crate::drive::{cut, drive};
use crate::generate::frames;
use crate::stream::check_malformed;

fn segmented(len: usize, cuts: &[prop::sample::Index]) -> Vec<usize> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(len + 1)).collect();
    cuts.sort_unstable();
    cuts
}

/// Encodes all messages into one stream, cuts it anywhere, and demands them back.
fn round_trip(built: &Built, messages: &[Message], cuts: &[prop::sample::Index]) {
    let encoded: Vec<_> = messages
        .iter()
        .map(|message| built.framing.encode(message).unwrap())
        .collect();
    let stream: Vec<u8> = encoded.iter().flat_map(|one| one.bytes.clone()).collect();
    let cuts = segmented(stream.len(), cuts);
    for pieces in [cut(&stream, &cuts), stream.chunks(1).collect()] {
        let seen = drive(&*built.framing, built.limits, pieces);
        assert_eq!(seen.error, None, "cut at {cuts:?}");
        if !built.framing.has_boundaries() {
            let all: Vec<u8> = seen
                .frames
                .iter()
                .flat_map(|frame| frame.bytes.clone())
                .collect();
            assert_eq!(all, stream);
            continue;
        }
        assert_eq!(seen.frames.len(), messages.len(), "cut at {cuts:?}");
        for ((found, one), message) in seen.frames.iter().zip(&encoded).zip(messages) {
            assert_eq!((&found.bytes, &found.fields), (&one.bytes, &one.fields));
            let back = built.message(found);
            for (name, value) in &message.fields {
                let (_, found) = back.fields.iter().find(|(known, _)| known == name).unwrap();
                match (found, value) {
                    // A length that may be missing was added in front.
                    (Value::Headers(all), Value::Headers(sent)) => {
                        assert!(all.ends_with(sent), "{name}: {all:?}");
                    }
                    _ => assert_eq!(found, value, "{name}"),
                }
            }
        }
    }
}

fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(
        vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()],
            0..60,
        ),
        1..5,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn simple_framings_give_back_what_was_sent(
        bodies in bodies(),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        for (_, lines) in FAMILIES.iter().filter(|(family, _)| *family != "composed") {
            for line in *lines {
                let built = Built::new(line, &[], Limits::default());
                let name = built.framing.sole_field().unwrap();
                let message = |body: &Vec<u8>| {
                    let mut body = body.clone();
                    if let Some(size) = line.strip_prefix("fixed ") {
                        body.resize(size.parse().unwrap(), b'x');
                    }
                    Message { fields: vec![(name.clone(), Value::Bytes(body))] }
                };
                let messages: Vec<Message> = bodies.iter().map(message).collect();
                // Only a delimiter may be refused, and only where the body moves its end.
                let able = messages.iter().filter(|message| {
                    let refused = built.framing.encode(message).is_err();
                    assert!(!refused || line.starts_with("delimiter"), "{line}");
                    !refused
                });
                let able: Vec<Message> = able.cloned().collect();
                round_trip(&built, &able, &cuts);
            }
        }
    }

    #[test]
    fn generated_frames_give_back_what_was_sent(
        frame in frames(),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let specs = frame.specs.clone();
        let composed = Composed::new("generated", specs.clone(), Limits::default()).unwrap();
        let built = Built { framing: Box::new(composed), limits: Limits::default(), specs };
        round_trip(&built, &frame.messages, &cuts);
        check_malformed(&built, &built.framing.encode(&frame.messages[0]).unwrap());
    }

    #[test]
    fn any_bytes_are_safe(
        data in vec(prop_oneof![0..16u8, Just(b'\n'), Just(b'\r'), Just(b'a'), Just(b'{'), any::<u8>()], 2..120),
    ) {
        for (family, lines) in FAMILIES {
            for choice in 0..lines.len() {
                let choice = u8::try_from(choice).unwrap() * 2 + data[0] % 2;
                check(family, &[&[choice], &data[1..]].concat());
            }
        }
    }

    #[test]
    fn changed_bytes_are_safe(
        frame in frames(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let composed = Composed::new("generated", frame.specs.clone(), Limits::default()).unwrap();
        let mut bytes = Vec::new();
        for message in &frame.messages {
            bytes.extend(harness_wire::Framing::encode(&composed, message).unwrap().bytes);
        }
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let whole = drive(&composed, Limits::default(), [&*bytes]);
        let cuts = segmented(bytes.len(), &cuts);
        prop_assert_eq!(&drive(&composed, Limits::default(), cut(&bytes, &cuts)), &whole);
        prop_assert_eq!(&drive(&composed, Limits::default(), bytes.chunks(1)), &whole);
    }
}

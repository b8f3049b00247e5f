//! One vector under every delivery, alone and behind others.

use crate::build::Built;
use crate::drive::{Found, Seen, cut, drive};
use crate::vector::{Group, Vector};

/// Vectors up to this size are cut at every pair of offsets as well.
const PAIRS: usize = 40;

/// Demands of a vector what it says, however its bytes arrive, and its bytes back from the encoder.
pub(crate) fn deliver(group: &Group, vector: &Vector, context: &str) {
    let whole = feed(&group.built, &vector.bytes, &[]);
    expect(&whole, vector, context);
    same_under_all_cuts(&group.built, &vector.bytes, &whole, context);
    back_to_back(group, vector, &whole, context);
    reencode(&group.built, vector, &whole, context);
}

fn feed(built: &Built, bytes: &[u8], cuts: &[usize]) -> Seen {
    drive(&*built.framing, built.limits, cut(bytes, cuts))
}

fn expect(seen: &Seen, vector: &Vector, context: &str) {
    let fields = |found: &Found| -> Vec<(String, Vec<u8>)> {
        let named = found.fields.iter().map(|field| field.name.to_string());
        named
            .map(|name| (name.clone(), found.content(&name).unwrap()))
            .collect()
    };
    let frames: Vec<_> = seen.frames.iter().map(fields).collect();
    assert_eq!(frames, vector.frames, "{context}: {seen:?}");
    let error = seen.error.as_ref();
    let error = error.map(|e| (format!("{:?}", e.kind), e.field.to_string(), e.at));
    assert_eq!(error, vector.error, "{context}: {:?}", seen.error);
}

fn same_under_all_cuts(built: &Built, bytes: &[u8], whole: &Seen, context: &str) {
    let same = |cuts: &[usize]| {
        let seen = feed(built, bytes, cuts);
        if built.framing.has_boundaries() {
            assert_eq!(&seen, whole, "{context}: cut at {cuts:?}");
        } else {
            let all: Vec<u8> = seen
                .frames
                .iter()
                .flat_map(|frame| frame.bytes.clone())
                .collect();
            assert_eq!(
                (all, seen.error),
                (bytes.to_vec(), None),
                "{context}: cut at {cuts:?}"
            );
        }
    };
    for one in 0..=bytes.len() {
        same(&[one]);
        if bytes.len() <= PAIRS {
            (one..=bytes.len()).for_each(|two| same(&[one, two]));
        }
    }
    same(&(1..bytes.len()).collect::<Vec<_>>());
}

/// Frames that stand before a vector do not change how it reads.
fn back_to_back(group: &Group, vector: &Vector, whole: &Seen, context: &str) {
    let framing = &*group.built.framing;
    let mut frame = harness_wire::Frame::default();
    for first in &group.vectors {
        // The end of the stream completes some frames; only what needs no end can come first.
        let mut decoder = framing.decoder();
        let done = decoder.decode(&first.bytes, &mut frame);
        if !framing.has_boundaries()
            || done != Ok(harness_wire::Progress::Frame)
            || frame.len != first.bytes.len()
        {
            continue;
        }
        let before = feed(&group.built, &first.bytes, &[]);
        let both = [first.bytes.as_slice(), &vector.bytes].concat();
        let mut expected = before;
        expected.frames.extend(whole.frames.iter().cloned());
        expected.error.clone_from(&whole.error);
        for cuts in [vec![], vec![first.bytes.len()], (1..both.len()).collect()] {
            let seen = feed(&group.built, &both, &cuts);
            assert_eq!(seen, expected, "{context}: after {}", first.name);
        }
    }
}

fn reencode(built: &Built, vector: &Vector, whole: &Seen, context: &str) {
    if !vector.reencode {
        return;
    }
    for found in &whole.frames {
        let encoded = built.framing.encode(&built.message(found)).unwrap();
        assert_eq!(encoded.bytes, found.bytes, "{context}");
        assert_eq!(encoded.fields, found.fields, "{context}");
    }
}

//! A caller as the decoder's contract describes it, which checks that contract on the way.

use harness_wire::{Field, Frame, FrameError, Framing, Limits, Progress};

/// One frame that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) fields: Vec<Field>,
    pub(crate) bytes: Vec<u8>,
}

impl Found {
    /// The bytes of a field.
    pub(crate) fn content(&self, name: &str) -> Option<Vec<u8>> {
        let field = self.fields.iter().find(|field| &*field.name == name)?;
        Some(
            field
                .ranges
                .iter()
                .flat_map(|range| self.bytes[range.clone()].to_vec())
                .collect(),
        )
    }
}

/// All that came out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) frames: Vec<Found>,
    /// The error that ended it, if one did.
    pub(crate) error: Option<FrameError>,
}

/// Feeds the pieces one after the other, then the end of the stream.
pub(crate) fn drive<'a>(
    framing: &dyn Framing,
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Seen {
    let (mut decoder, mut frame) = (framing.decoder(), Frame::default());
    let mut held: Vec<u8> = Vec::new();
    let mut seen = Seen {
        frames: Vec::new(),
        error: None,
    };
    let mut promised = 0;
    for piece in pieces {
        held.extend_from_slice(piece);
        loop {
            match decoder.decode(&held, &mut frame) {
                Err(error) => {
                    seen.error = Some(error);
                    return seen;
                }
                Ok(Progress::NeedMore { at_least }) => {
                    assert!(at_least >= 1);
                    let bound = limits.frame.max(held.len() + 1);
                    assert!(
                        held.len() + at_least <= bound,
                        "{at_least} after {}",
                        held.len()
                    );
                    promised = held.len() + at_least;
                    break;
                }
                Ok(Progress::Frame) => {
                    assert!(frame.len >= promised, "{} promised, {frame:?}", promised);
                    take(&mut seen, &mut held, &frame);
                    promised = 0;
                    if held.is_empty() {
                        break;
                    }
                }
            }
        }
    }
    match decoder.end(&held, &mut frame) {
        Err(error) => seen.error = Some(error),
        Ok(false) => assert!(held.is_empty(), "{} bytes vanish at the end", held.len()),
        Ok(true) => {
            take(&mut seen, &mut held, &frame);
            assert!(
                held.is_empty(),
                "the end completes one frame, and {held:?} is left"
            );
        }
    }
    seen
}

fn take(seen: &mut Seen, held: &mut Vec<u8>, frame: &Frame) {
    assert!(
        frame.len >= 1 && frame.len <= held.len(),
        "{frame:?} of {} bytes",
        held.len()
    );
    let ranges = |field: &Field| field.ranges.clone();
    let mut ranges: Vec<_> = frame.fields.iter().flat_map(ranges).collect();
    let first = |field: &Field| field.ranges.first().map(|range| range.start);
    // Fields in several pieces may lie in each other's gaps; where none is, their order shows.
    if ranges.len() == frame.fields.len() {
        assert!(frame.fields.is_sorted_by_key(first), "{frame:?}");
    }
    // An empty piece covers nothing, and may lie within another.
    assert!(
        ranges.iter().all(|range| range.end <= frame.len),
        "{frame:?}"
    );
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    let mut at = 0;
    for range in ranges {
        assert_eq!(
            range.start, at,
            "fields cover all, without overlap: {frame:?}"
        );
        at = range.end;
    }
    assert_eq!(at, frame.len, "the fields cover the frame: {frame:?}");
    let bytes = held.drain(..frame.len).collect();
    seen.frames.push(Found {
        fields: frame.fields.clone(),
        bytes,
    });
}

/// `bytes` cut at these offsets, which ascend.
pub(crate) fn cut<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::with_capacity(cuts.len() + 1);
    let mut from = 0;
    for &cut in cuts {
        pieces.push(&bytes[from..cut]);
        from = cut;
    }
    pieces.push(&bytes[from..]);
    pieces
}

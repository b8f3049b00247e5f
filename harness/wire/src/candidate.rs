//! Frames that may be wrong, before it is known that no decoder takes them for valid.

use crate::{Decoder, Encoded, Frame, Malformed, Progress};

/// Limits up to this many bytes are worth a frame that exceeds them byte by byte.
pub(crate) const OVERLONG: usize = 1 << 20;

/// A mistake before it is known that no valid frame comes out of it.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) bytes: Vec<u8>,
}

impl Candidate {
    pub(crate) fn new(name: &str, about: &str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            about: about.into(),
            bytes,
        }
    }
}

/// Those that are wrong for each of these decoders. What one of them would take for a valid frame, with or without bytes left
/// over, is no mistake and is left out: a shorter length before a body is just a shorter message.
pub(crate) fn only_wrong(
    candidates: Vec<Candidate>,
    decoders: impl Fn() -> Vec<Box<dyn Decoder>>,
) -> Vec<Malformed> {
    let wrong = candidates.into_iter().filter(|one| {
        decoders()
            .iter_mut()
            .all(|d| is_wrong(&mut **d, &one.bytes))
    });
    wrong
        .map(|Candidate { name, about, bytes }| Malformed { name, about, bytes })
        .collect()
}

/// True where the bytes, followed by the end of the stream, never become a frame.
fn is_wrong(decoder: &mut dyn Decoder, bytes: &[u8]) -> bool {
    let mut frame = Frame::default();
    match decoder.decode(bytes, &mut frame) {
        Err(_) => true,
        Ok(Progress::Frame) => false,
        Ok(Progress::NeedMore { .. }) => decoder.end(bytes, &mut frame).is_err(),
    }
}

/// The frame cut in the middle of each field.
pub(crate) fn truncated(valid: &Encoded, candidates: &mut Vec<Candidate>) {
    for field in &valid.fields {
        let Some(range) = field.ranges.iter().find(|range| !range.is_empty()) else {
            continue;
        };
        let end = range.start + range.len() / 2;
        let Some(bytes) = valid.bytes.get(..end) else {
            continue;
        };
        let about = match range.len() / 2 {
            0 => format!("The stream ends before `{}`.", field.name),
            half => format!(
                "The stream ends after {half} of {} bytes of `{}`.",
                range.len(),
                field.name
            ),
        };
        let name = format!("frame.truncated_in_{}", field.name);
        candidates.push(Candidate {
            name,
            about,
            bytes: bytes.to_vec(),
        });
    }
}

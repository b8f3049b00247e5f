//! Bytes that never change.

use crate::compose::malformed::Candidate;
use crate::compose::plan::Content;
use crate::compose::rebuild::Rebuild;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{FrameErrorKind, effort};

pub(crate) fn compile(name: &str, bytes: &[u8]) -> Result<Content, SpecError> {
    if bytes.is_empty() {
        let mend = "a constant has at least 1 byte";
        return Err(SpecError::new(
            SpecErrorKind::Empty,
            name,
            "the constant is empty",
            mend,
        ));
    }
    Ok(Content::Const(bytes.to_vec()))
}

/// Compares what is there with the constant, from the byte `from` on. One wrong byte is enough:
/// the rest need not be waited for.
pub(crate) fn compare(expected: &[u8], given: &[u8], from: usize) -> Result<(), Wrong> {
    let from = from.min(given.len()).min(expected.len());
    let (expected, given) = (&expected[from..], &given[from..]);
    effort::add(given.len());
    let mut pairs = expected.iter().zip(given).enumerate();
    match pairs.find(|(_, (want, have))| want != have) {
        None => Ok(()),
        Some((at, (want, have))) => {
            let what = format!("the byte is 0x{have:02x}, the constant has 0x{want:02x} here");
            Err(Wrong {
                kind: FrameErrorKind::BadConst,
                at: from + at,
                what,
            })
        }
    }
}

pub(crate) fn malformed(frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
    let mut content = frame.content(place).to_vec();
    if let Some(byte) = content.last_mut() {
        *byte ^= 0x01;
        out.push(Candidate {
            name: format!("{}.wrong", frame.plan.parts[place].name),
            about: "The last byte of the constant is another one.".into(),
            bytes: frame.with(place, &content),
        });
    }
}

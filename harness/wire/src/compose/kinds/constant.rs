//! Bytes that never change.

use super::{FieldKind, Said};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::Piece;
use crate::compose::malformed::Candidate;
use crate::compose::plan::Part;
use crate::compose::rebuild::Rebuild;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{EncodeError, FrameErrorKind, Value, effort};

/// The bytes, at least one.
#[derive(Debug)]
pub(crate) struct Constant(pub(crate) Vec<u8>);

pub(crate) fn compile(c: &mut Compiling<'_>, bytes: &[u8]) -> Result<(Constant, Draft), SpecError> {
    if bytes.is_empty() {
        return Err(SpecError::new(
            SpecErrorKind::Empty,
            c.name(),
            "the constant is empty",
            "a constant has at least 1 byte",
        ));
    }
    Ok((Constant(bytes.to_vec()), Draft::Fixed(bytes.len())))
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

impl FieldKind for Constant {
    fn is_settable(&self) -> bool {
        false
    }

    fn has_default(&self) -> bool {
        true
    }

    fn piece<'m>(
        &'m self,
        _part: &Part,
        _given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        Ok(Piece::Bytes(&self.0))
    }

    // The machine compares the bytes as they come in.
    #[inline]
    fn accept(&self, _content: &[u8]) -> Result<Said, Wrong> {
        Ok(Said::Nothing)
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
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
}

//! Any bytes.

use super::{FieldKind, Said};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::{Piece, check_extent, show, unfit};
use crate::compose::plan::Part;
use crate::compose::spec::Extent;
use crate::compose::spec_error::SpecError;
use crate::compose::wrong::Wrong;
use crate::{EncodeError, Value};

/// Bytes of which nothing is asked.
#[derive(Debug)]
pub(crate) struct Bytes;

pub(crate) fn compile(c: &mut Compiling<'_>, extent: &Extent) -> Result<(Bytes, Draft), SpecError> {
    Ok((Bytes, c.draft(extent)?))
}

/// The bytes that a message gives, where their reader would find the same end.
pub(super) fn given<'m>(part: &Part, given: Option<&'m Value>) -> Result<&'m [u8], EncodeError> {
    match given {
        Some(Value::Bytes(bytes)) => {
            check_extent(part, bytes)?;
            Ok(bytes)
        }
        Some(value) => Err(unfit(&part.key, show(value), "it holds bytes")),
        None => Err(EncodeError::Missing {
            name: part.key.clone(),
        }),
    }
}

impl FieldKind for Bytes {
    fn piece<'m>(
        &'m self,
        part: &Part,
        value: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        Ok(Piece::Bytes(given(part, value)?))
    }

    #[inline]
    fn accept(&self, _content: &[u8]) -> Result<Said, Wrong> {
        Ok(Said::Nothing)
    }
}

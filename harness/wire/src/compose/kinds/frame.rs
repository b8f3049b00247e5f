//! A frame inside a frame.

use std::sync::Arc;

use super::nested::{self, Nested};
use super::{FieldKind, Said};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::Piece;
use crate::compose::malformed::Candidate;
use crate::compose::plan::{Part, Plan};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec_error::SpecError;
use crate::compose::wrong::Wrong;
use crate::{EncodeError, FieldSpec, Value};

/// The frame.
#[derive(Debug)]
pub(crate) struct Inner([Arc<Plan>; 1]);

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    fields: &[FieldSpec],
) -> Result<(Inner, Draft), SpecError> {
    nested::refuse_empty(c, fields)?;
    let inner = Inner([nested::compile(c, "", fields)?]);
    let draft = nested::draft(&inner.0);
    Ok((inner, draft))
}

impl FieldKind for Inner {
    fn has_default(&self) -> bool {
        self.0[0].has_default()
    }

    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        nested::piece(&self.0[0], part, given)
    }

    fn accept(&self, _content: &[u8]) -> Result<Said, Wrong> {
        Ok(Said::Nothing)
    }

    fn nested(&self) -> Option<&dyn Nested> {
        Some(self)
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        let len = frame.content(place).len();
        nested::malformed(&self.0[0], str::to_owned, frame, place, len, out);
    }
}

impl Nested for Inner {
    fn plans(&self) -> &[Arc<Plan>] {
        &self.0
    }
}

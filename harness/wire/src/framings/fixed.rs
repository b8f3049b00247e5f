//! Messages that all have the same size.

use super::{Composed, delegate_to_composed};
use crate::{Extent, FieldSpec, Kind, Limits, SpecError};

/// One field, `body`.
#[derive(Debug)]
pub struct Fixed {
    composed: Composed,
}

impl Fixed {
    /// Messages of `size` bytes, at least 1.
    ///
    /// # Errors
    /// `size` is 0, or more than the frame's limit.
    pub fn new(size: usize, limits: Limits) -> Result<Self, SpecError> {
        let body = FieldSpec::new("body", Kind::Bytes(Extent::Size(size)));
        Ok(Self {
            composed: Composed::new("fixed", vec![body], limits)?,
        })
    }
}

delegate_to_composed!(Fixed, "fixed");

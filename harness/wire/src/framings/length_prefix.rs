//! Messages that begin with their length.

use super::{Composed, delegate_to_composed};
use crate::{Extent, FieldSpec, IntRole, IntType, Kind, Limits, SpecError};

/// What a length counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// The body alone.
    Body,
    /// The body and the length itself.
    All,
}

/// Fields `length` and `body`.
#[derive(Debug)]
pub struct LengthPrefix {
    composed: Composed,
}

impl LengthPrefix {
    /// Messages that begin with an integer, whose value is the counted bytes plus `adjust`.
    ///
    /// # Errors
    /// The integer's width is not 1 to 8 bytes.
    pub fn new(
        int: IntType,
        counts: Counts,
        adjust: i64,
        limits: Limits,
    ) -> Result<Self, SpecError> {
        let fields = match counts {
            Counts::Body => vec!["body".to_owned()],
            Counts::All => vec!["length".to_owned(), "body".to_owned()],
        };
        let role = IntRole::SizeOf {
            fields,
            adjust,
            absent: None,
        };
        let specs = vec![
            FieldSpec::new("length", Kind::Int { int, role }),
            FieldSpec::new("body", Kind::Bytes(Extent::Counted)),
        ];
        Ok(Self {
            composed: Composed::new("length_prefix", specs, limits)?,
        })
    }
}

delegate_to_composed!(LengthPrefix, "length_prefix");

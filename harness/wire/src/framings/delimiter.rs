//! Messages that end before certain bytes, such as lines.

use super::{Composed, delegate_to_composed};
use crate::{Extent, FieldSpec, Kind, Limits, SpecError};

/// Fields `body` and `delimiter`. RFC 5321 section 2.3.8 ends its lines in CR LF and nothing
/// else; a delimiter is matched as it stands.
#[derive(Debug)]
pub struct Delimiter {
    composed: Composed,
}

impl Delimiter {
    /// Messages that end before `bytes`. With `final_optional` the end of the stream may stand
    /// for the last delimiter; a delimiter that was begun must still be finished.
    ///
    /// # Errors
    /// `bytes` is empty, or longer than the frame's limit.
    pub fn new(
        bytes: impl Into<Vec<u8>>,
        final_optional: bool,
        limits: Limits,
    ) -> Result<Self, SpecError> {
        let body = FieldSpec::new("body", Kind::Bytes(Extent::Until(bytes.into())));
        let composed = Composed::new("delimiter", vec![body], limits)?;
        Ok(Self {
            composed: composed.ending_in("delimiter", final_optional),
        })
    }
}

delegate_to_composed!(Delimiter, "delimiter");

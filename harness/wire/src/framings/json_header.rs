//! Messages with a JSON object before the body, and a length before that.

use super::{Composed, delegate_to_composed};
use crate::{
    Algorithm, DigestSpec, Extent, FieldSpec, IntRole, IntType, JsonSpec, Kind, Limits, SpecError,
};

/// The key that holds the body's size where none is named.
pub const DEFAULT_SIZE_KEY: &str = "total_size";

/// A digest of the body, as hexadecimal text in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonDigest {
    /// The key that holds it.
    pub key: String,
    /// Its function.
    pub algorithm: Algorithm,
}

/// Fields `length` (the header's size), `header` (a JSON object that holds the body's size) and
/// `body`.
#[derive(Debug)]
pub struct JsonHeader {
    composed: Composed,
}

impl JsonHeader {
    /// Headers whose `size_key`, usually [`DEFAULT_SIZE_KEY`], holds the body's size.
    ///
    /// # Errors
    /// The integer's width is not 1 to 8 bytes, or a key is empty or used twice.
    pub fn new(
        length: IntType,
        size_key: impl Into<String>,
        digest: Option<JsonDigest>,
        limits: Limits,
    ) -> Result<Self, SpecError> {
        let body = || vec!["body".to_owned()];
        let role = IntRole::size_of(vec!["header".into()]);
        let header = JsonSpec {
            extent: Extent::Counted,
            size: Some((size_key.into(), body())),
            digest: digest.map(|JsonDigest { key, algorithm }| DigestSpec {
                key,
                algorithm,
                fields: body(),
            }),
        };
        let specs = vec![
            FieldSpec::new("length", Kind::Int { int: length, role }),
            FieldSpec::new("header", Kind::Json(header)),
            FieldSpec::new("body", Kind::Bytes(Extent::Counted)),
        ];
        Ok(Self {
            composed: Composed::new("json_header", specs, limits)?,
        })
    }
}

delegate_to_composed!(JsonHeader, "json_header");

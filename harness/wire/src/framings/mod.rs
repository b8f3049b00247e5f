//! The framings: one file each, and their registry.

mod composed;
mod delimiter;
mod fixed;
mod json_header;
mod length_prefix;
mod raw;

pub use composed::Composed;
pub use delimiter::Delimiter;
pub use fixed::Fixed;
pub use json_header::{DEFAULT_SIZE_KEY, JsonDigest, JsonHeader};
pub use length_prefix::{Counts, LengthPrefix};
pub use raw::Raw;

/// The names of all framings, as [`crate::Framing::name`] answers them.
pub const NAMES: &[&str] = &[
    "composed",
    "delimiter",
    "fixed",
    "json_header",
    "length_prefix",
    "raw",
];

/// Answers all of [`crate::Framing`] for a framing that is a composed frame under another name.
macro_rules! delegate_to_composed {
    ($framing:ty, $name:literal) => {
        impl crate::Framing for $framing {
            fn name(&self) -> &'static str {
                $name
            }

            fn settable(&self) -> Vec<String> {
                self.composed.settable()
            }

            fn sole_field(&self) -> Option<String> {
                self.composed.sole_field()
            }

            fn layout(&self) -> Vec<crate::FieldLayout> {
                self.composed.layout()
            }

            fn decoder(&self) -> Box<dyn crate::Decoder> {
                self.composed.decoder()
            }

            fn encode(
                &self,
                message: &crate::Message,
            ) -> Result<crate::Encoded, crate::EncodeError> {
                self.composed.encode(message)
            }

            fn malformed(&self, valid: &crate::Encoded) -> Vec<crate::Malformed> {
                self.composed.malformed(valid)
            }
        }
    };
}
use delegate_to_composed;

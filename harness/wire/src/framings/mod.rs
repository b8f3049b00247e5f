//! The framings: one file each, and their registry.

mod composed;
mod delimiter;
mod fixed;
mod http1;
mod json_header;
mod length_prefix;
mod raw;
mod resp2;
mod websocket;

pub use composed::Composed;
pub use delimiter::Delimiter;
pub use fixed::Fixed;
pub use http1::Http1;
pub use json_header::{DEFAULT_SIZE_KEY, JsonDigest, JsonHeader};
pub use length_prefix::{Counts, LengthPrefix};
pub use raw::Raw;
pub use resp2::Resp2;
pub use websocket::WebSocket;

use crate::{Decoder, EncodeError, Encoded, Frame, FrameError, Message, Progress, Value};

/// The names of all framings, as [`crate::Framing::name`] answers them.
pub const NAMES: &[&str] = &[
    "composed",
    "delimiter",
    "fixed",
    "http1",
    "json_header",
    "length_prefix",
    "raw",
    "resp2",
    "websocket",
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

            fn field(&self, name: &str) -> Option<crate::FieldLayout> {
                self.composed.field(name)
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

            fn says_same(&self, want: &crate::Encoded, got: &[u8], frame: &crate::Frame) -> bool {
                self.composed.says_same(want, got, frame)
            }

            fn malformed(&self, valid: &crate::Encoded) -> Vec<crate::Malformed> {
                self.composed.malformed(valid)
            }
        }
    };
}
use delegate_to_composed;

/// The fields of bytes that were encoded: those that a reader of them finds. What no reader would
/// take for one whole frame is refused; `name` tells which field of the message is wrong then, from
/// the one at which it shows.
fn locate<'n>(
    mut decoder: impl Decoder,
    bytes: Vec<u8>,
    name: impl FnOnce(&str) -> &'n str,
) -> Result<Encoded, EncodeError> {
    let mut frame = Frame::default();
    let found = match decoder.decode(&bytes, &mut frame) {
        Ok(Progress::NeedMore { .. }) => decoder.end(&bytes, &mut frame).map(|_| ()),
        found => found.map(|_| ()),
    };
    let (field, what) = match found {
        Ok(()) if frame.len == bytes.len() => {
            let fields = frame.fields;
            return Ok(Encoded { bytes, fields });
        }
        Ok(()) => {
            let (found, all) = (frame.len, bytes.len());
            let what = format!("its reader would stop after {found} of {all} bytes");
            ("".into(), what)
        }
        Err(FrameError { field, what, .. }) => (field, what),
    };
    Err(EncodeError::unfit(name(&field), "this value", what))
}

/// Refuses a field that the framing does not have, and one that is given twice.
fn check_names(message: &Message, known: &[&str]) -> Result<(), EncodeError> {
    for (at, (name, _)) in message.fields.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            return Err(EncodeError::UnknownField {
                name: name.clone(),
                known: known.iter().map(|&name| name.into()).collect(),
            });
        }
        if message.fields[..at]
            .iter()
            .any(|(before, _)| before == name)
        {
            let expected = "it has a value already, set it once";
            return Err(EncodeError::unfit(name, "a second value", expected));
        }
    }
    Ok(())
}

/// The bytes of a value that can hold nothing else.
fn bytes_of<'v>(name: &str, value: &'v Value) -> Result<&'v [u8], EncodeError> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        other => Err(EncodeError::unfit(name, other.show(), "it holds bytes")),
    }
}

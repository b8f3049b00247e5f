//! The contract of a framing.

use crate::{Decoder, EncodeError, Encoded, FieldSpec, Message};

/// A frame that is wrong on purpose, and the name of its mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Field and mistake, such as `length.zero`, `length.max`, `magic.wrong`, `frame.truncated`.
    pub name: String,
    /// What is wrong, in one sentence.
    pub about: String,
    /// The bytes to send.
    pub bytes: Vec<u8>,
}

/// How messages lie in bytes. Immutable: state lives in the decoders that it hands out.
pub trait Framing: Send + Sync + std::fmt::Debug {
    /// The framing's name in the scenario language, such as `delimiter`.
    fn name(&self) -> &'static str;

    /// True where the bytes carry message boundaries. False for raw bytes, whose "frames" are
    /// whatever was read.
    fn has_boundaries(&self) -> bool {
        true
    }

    /// The names of the fields that a message may set, in order.
    fn settable(&self) -> Vec<String>;

    /// The field that a bare value stands for: the frame's only settable field without a default.
    fn sole_field(&self) -> Option<String>;

    /// The fields that it was described by. None for a framing that is not described so.
    fn specs(&self) -> &[FieldSpec] {
        &[]
    }

    /// A decoder at the start of a stream.
    fn decoder(&self) -> Box<dyn Decoder>;

    /// The bytes of one message, with lengths and digests computed.
    ///
    /// # Errors
    /// The message sets a field that the frame lacks, misses one that it needs, or holds a value
    /// that does not fit.
    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError>;

    /// Frames that are wrong on purpose, each named by its mistake, made from a valid message.
    /// Empty where no bytes are invalid.
    fn malformed(&self, valid: &Encoded) -> Vec<Malformed>;
}

//! What is wrong with bytes, or with a message that cannot become bytes.

use std::sync::Arc;

/// Bytes that can never become a valid frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} (field `{field}`, byte {at})")]
pub struct FrameError {
    /// The class of the mistake.
    pub kind: FrameErrorKind,
    /// The field in which it shows.
    pub field: Arc<str>,
    /// The offset from the frame's first byte at which it shows.
    pub at: usize,
    /// The value that was wrong and what would be right, in words.
    pub what: String,
}

/// The classes of invalid frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameErrorKind {
    /// The stream ended inside the frame.
    Truncated,
    /// A length or count is negative, or smaller than what it must cover.
    BadLength,
    /// The frame, or a part of it, is larger than the stated limit.
    TooLarge,
    /// A fixed value is not what the framing says.
    BadConst,
    /// A number, text or JSON value is not well formed.
    Malformed,
    /// A digest does not match the bytes that it covers.
    BadDigest,
}

/// A message that the framing cannot express.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The framing has no field of that name.
    #[error("the frame has no field `{name}`; it has {}", known.join(", "))]
    UnknownField {
        /// The name that was given.
        name: String,
        /// The names that would be right: the fields a user may set.
        known: Vec<String>,
    },
    /// A field without a default was not given a value.
    #[error("the field `{name}` needs a value")]
    Missing {
        /// The field's name.
        name: String,
    },
    /// A value does not fit its field.
    #[error("the field `{name}` cannot hold {given}: {expected}")]
    Unfit {
        /// The field's name.
        name: String,
        /// The value that was wrong.
        given: String,
        /// What would be right.
        expected: String,
    },
}

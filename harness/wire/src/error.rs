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

impl FrameError {
    #[cold]
    pub(crate) fn new(
        kind: FrameErrorKind,
        field: impl Into<Arc<str>>,
        at: usize,
        what: impl Into<String>,
    ) -> Self {
        let (field, what) = (field.into(), what.into());
        Self {
            kind,
            field,
            at,
            what,
        }
    }

    /// The stream ended after `at` bytes of a frame that has at least `least`.
    #[cold]
    pub(crate) fn truncated(field: &str, at: usize, least: usize) -> Self {
        let least = least.max(at + 1);
        let what = format!("the stream ended after {at} bytes of a frame of at least {least}");
        Self::new(FrameErrorKind::Truncated, field, at, what)
    }
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

impl EncodeError {
    pub(crate) fn unfit(name: &str, given: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Unfit {
            name: name.into(),
            given: given.into(),
            expected: expected.into(),
        }
    }
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

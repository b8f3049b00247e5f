//! What a kind finds wrong with the bytes of one field.

use crate::FrameErrorKind;

/// A mistake inside a field, with offsets from the field's first byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) kind: FrameErrorKind,
    pub(crate) at: usize,
    pub(crate) what: String,
}

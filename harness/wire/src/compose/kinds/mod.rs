//! What the kinds of fields know beyond their bytes: one file a kind.
//!
//! Each kind checks its part of a description, accepts or refuses the bytes of a finished field,
//! and names what can be wrong with them. Where a field ends is no matter of its kind.

pub(crate) mod constant;
pub(crate) mod int;
pub(crate) mod json;
pub(crate) mod text;

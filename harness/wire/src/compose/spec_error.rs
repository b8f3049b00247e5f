//! What is wrong with a frame's description.

/// A description that fits no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {what}; {mend}")]
pub struct SpecError {
    /// The class of the mistake.
    pub kind: SpecErrorKind,
    /// The field at fault, or the frame's name where it is the whole.
    pub field: String,
    /// The mistake, with the value that was wrong.
    pub what: String,
    /// What would be right.
    pub mend: String,
}

/// The classes of impossible descriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecErrorKind {
    /// The frame has no field.
    NoFields,
    /// A name is empty, or stands twice.
    BadName,
    /// An integer is not 1 to 8 bytes wide.
    BadWidth,
    /// A constant or default does not fit its integer.
    OutOfRange,
    /// A constant, terminator, size or list is empty.
    Empty,
    /// A name in a list is no field of the frame.
    UnknownField,
    /// Nothing says where a field ends.
    NoExtent,
    /// A field has more than one end.
    TwoExtents,
    /// Two lengths say where a field ends.
    TwoLengths,
    /// A length covers several fields that it cannot tell apart.
    Ambiguous,
    /// A length or digest stands where it is of no use.
    Misplaced,
    /// A JSON key is empty or used twice.
    BadKey,
    /// Even the smallest frame breaks a limit.
    TooLarge,
}

impl SpecError {
    pub(crate) fn new(
        kind: SpecErrorKind,
        field: &str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            field: field.into(),
            what: what.into(),
            mend: mend.into(),
        }
    }
}

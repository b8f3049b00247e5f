//! A frame's description after all checks: names turned into places, each field's end known.

use std::sync::Arc;

use crate::terminator::Terminator;
use crate::{Algorithm, IntType, Limits};

/// What decoders and encoders work from. It never changes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) parts: Vec<Part>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) limits: Limits,
    /// True where the end of the stream may stand for a last terminator.
    pub(crate) final_optional: bool,
}

/// One field.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) name: Arc<str>,
    pub(crate) content: Content,
    pub(crate) reach: Reach,
    /// The fewest bytes that it can take up, its terminator included.
    pub(crate) min: usize,
    /// True where a field of variable size follows: this one belongs to the header.
    pub(crate) header: bool,
    /// The rules that cover this field, other than the one that says where it ends.
    pub(crate) bounds: Vec<usize>,
}

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Content {
    Int {
        int: IntType,
        role: Role,
    },
    Const(Vec<u8>),
    Bytes,
    Text,
    Json {
        size: Option<JsonSize>,
        digest: Option<JsonDigest>,
    },
}

/// What an integer means.
#[derive(Debug)]
pub(crate) enum Role {
    Value { default: Option<i128> },
    Const(i128),
    Size { rule: usize },
}

/// A size in a JSON object.
#[derive(Debug)]
pub(crate) struct JsonSize {
    pub(crate) key: String,
    pub(crate) rule: usize,
}

/// A digest in a JSON object.
#[derive(Debug)]
pub(crate) struct JsonDigest {
    pub(crate) key: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) members: Vec<usize>,
}

/// Where a field ends.
#[derive(Debug)]
pub(crate) enum Reach {
    /// After so many bytes.
    Fixed(usize),
    /// Where this rule says, once all other fields that it covers are known.
    Counted(usize),
    /// Before this terminator.
    Until(Box<Terminator>),
    /// At the end of the input.
    Rest,
}

/// One length: its value less `adjust` is the sum of the members' sizes.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The field that holds the length.
    pub(crate) owner: usize,
    /// The fields that it covers, in the order in which they stand.
    pub(crate) members: Vec<usize>,
    /// All other fields.
    pub(crate) outside: Vec<usize>,
    pub(crate) adjust: i128,
    /// True where no field ends by this rule, so that it has to be checked at the end.
    pub(crate) check: bool,
}

impl Part {
    /// True where the field's size differs between frames.
    pub(crate) fn is_variable(&self) -> bool {
        !matches!(self.reach, Reach::Fixed(_))
    }
}

impl Content {
    /// True where a message may set the field.
    pub(crate) fn is_settable(&self) -> bool {
        match self {
            Self::Int {
                role: Role::Value { .. },
                ..
            } => true,
            Self::Int { .. } | Self::Const(_) => false,
            Self::Bytes | Self::Text | Self::Json { .. } => true,
        }
    }

    /// True where a message may leave the field out.
    pub(crate) fn has_default(&self) -> bool {
        match self {
            Self::Int {
                role: Role::Value { default: None },
                ..
            }
            | Self::Bytes
            | Self::Text => false,
            Self::Int { .. } | Self::Const(_) => true,
            Self::Json { size, digest } => size.is_some() || digest.is_some(),
        }
    }
}

impl Plan {
    /// The place of the field of that name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.parts.iter().position(|part| &*part.name == name)
    }

    /// The names of the fields that a message may set.
    pub(crate) fn settable(&self) -> Vec<String> {
        let open = self.parts.iter().filter(|part| part.content.is_settable());
        open.map(|part| part.name.to_string()).collect()
    }
}

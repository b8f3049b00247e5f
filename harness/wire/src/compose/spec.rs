//! The description of a frame, field by field, as a user means it.

use crate::{Algorithm, IntType};

/// One field of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Its name, unique in the frame, not empty.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// True for a field that streams have and datagrams do not, such as a length that only marks
    /// the end of a message.
    pub only_stream: bool,
}

impl FieldSpec {
    /// A field that stands in streams and datagrams alike.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            only_stream: false,
        }
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An integer.
    Int {
        /// How it stands on the wire.
        int: IntType,
        /// What it means.
        role: IntRole,
    },
    /// Any bytes.
    Bytes(Extent),
    /// UTF-8 text (RFC 3629), checked on receipt.
    Text(Extent),
    /// A JSON object (RFC 8259).
    Json(JsonSpec),
    /// These bytes and no others; at least one.
    Const(Vec<u8>),
}

/// What an integer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntRole {
    /// A number of the user's.
    Value {
        /// What it is when a message does not say. Without one, every message must.
        default: Option<i128>,
    },
    /// This number and no other.
    Const(i128),
    /// The bytes that the named fields take up, terminators included, plus `adjust`.
    SizeOf {
        /// At least one field. The length may name itself.
        fields: Vec<String>,
        /// Added to the sum on send, taken off on receipt. Bytes.
        adjust: i64,
    },
    /// A request's number, which its reply repeats. 0 when a message does not say.
    Id {},
}

/// Where a field of bytes ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Where a length that covers it says. A last field that no length covers runs to the end of
    /// the datagram or stream.
    Counted,
    /// After so many bytes, at least 1.
    Size(usize),
    /// Before these bytes, at least one. They follow the field, count as part of it in lengths,
    /// and are listed as a field of their own: `NAME.terminator`.
    Until(Vec<u8>),
    /// At the end of the datagram or stream. Only for the last field.
    Rest,
}

/// A JSON object, and what it says about other fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonSpec {
    /// Where it ends.
    pub extent: Extent,
    /// The key that holds the size in bytes of the named fields, which all follow this one.
    pub size: Option<(String, Vec<String>)>,
    /// The key that holds a digest of other fields.
    pub digest: Option<DigestSpec>,
}

/// A digest, as hexadecimal text in a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestSpec {
    /// The key that holds it.
    pub key: String,
    /// Its function.
    pub algorithm: Algorithm,
    /// The fields whose contents it covers, in this order, terminators left out. All follow the
    /// JSON object.
    pub fields: Vec<String>,
}

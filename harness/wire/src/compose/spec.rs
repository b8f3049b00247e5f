//! The description of a frame, field by field, as a user means it.

use crate::{Algorithm, IntType, LineEnd};

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
    /// An integer of a fixed width.
    Int {
        /// How it stands on the wire.
        int: IntType,
        /// What it means.
        role: IntRole,
    },
    /// An unsigned integer in groups of 7 bits, the lowest first, each byte but the last with its
    /// high bit set (MQTT 5.0 section 1.5.5; LEB128). One value has one form: padding is refused.
    Varint {
        /// The most bytes, 1 to 10.
        max: u8,
        /// What it means.
        role: IntRole,
    },
    /// An unsigned integer in ASCII digits.
    Decimal {
        /// Where the digits end.
        digits: Digits,
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
    /// Header lines up to an empty line.
    Headers(HeadersSpec),
    /// Lines up to one that says the end.
    Lines(LinesSpec),
    /// The fields of a frame inside this one. Its lengths speak of its own fields.
    Frame(Vec<FieldSpec>),
    /// One of several frames, by the value of an earlier field.
    Switch(SwitchSpec),
    /// The same frame several times.
    Repeat(RepeatSpec),
    /// The first of several frames that the bytes fit.
    FirstOf(Vec<Alternative>),
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
        /// The number that says that there is no such field at all, not even an empty one. Only
        /// for one field of bytes or text that ends by this length.
        absent: Option<i128>,
    },
    /// How often the named field, a [`Kind::Repeat`] behind this one, has its frame.
    CountOf(String),
    /// A request's number, which its reply repeats. 0 when a message does not say.
    Id {},
}

impl IntRole {
    /// The size of these fields, as it is.
    pub fn size_of(fields: Vec<String>) -> Self {
        Self::SizeOf {
            fields,
            adjust: 0,
            absent: None,
        }
    }
}

/// Where decimal digits end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Digits {
    /// Before these bytes, which do not begin with a digit. No leading zeros, and at most 20 digits.
    Until(Vec<u8>),
    /// After so many digits, 1 to 20, filled up with leading zeros.
    Width(usize),
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

/// Lines of `name: value` in any order, ended by an empty line, which is listed as a field of its
/// own: `NAME.terminator`. A name is found whatever its case (RFC 9110 section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadersSpec {
    /// What ends a line.
    pub line_end: LineEnd,
    /// What is written between name and value: a colon, and blanks perhaps. With blanks, those
    /// around a value that was read do not belong to it.
    pub separator: Vec<u8>,
    /// The header that holds the size of later fields.
    pub size: Option<HeaderSize>,
}

/// A header that holds the size in bytes of fields behind the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderSize {
    /// The header's name.
    pub name: String,
    /// The fields, which all follow the headers.
    pub fields: Vec<String>,
    /// Added to the sum on send, taken off on receipt. Bytes.
    pub adjust: i64,
    /// True where the header may be missing: its only field, which has an [`Extent::Until`], then
    /// ends at the first terminator. It is written where the field holds its terminator, or where
    /// a message gives it.
    pub optional: bool,
}

/// Lines up to a last one, which is listed as a field of its own: `NAME.terminator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinesSpec {
    /// What ends a line.
    pub line_end: LineEnd,
    /// The text of the last line. Empty for an empty line.
    pub until: Vec<u8>,
}

/// Frames to choose from by an earlier field of the same frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchSpec {
    /// The field: an integer that messages set or that is constant, or bytes.
    pub on: String,
    /// The choices, at least one.
    pub cases: Vec<SwitchCase>,
    /// The frame for all other values. Without one, they are an error.
    pub other: Option<Vec<FieldSpec>>,
}

/// One choice of a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchCase {
    /// The values that choose it, at least one; no other case has one of them.
    pub is: Vec<Selector>,
    /// Its fields. There may be none.
    pub fields: Vec<FieldSpec>,
}

/// A value that chooses a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// The value of an integer.
    Int(i128),
    /// The content of any other field.
    Bytes(Vec<u8>),
}

impl SwitchSpec {
    /// The fields that the value chooses.
    pub fn choose(&self, value: &Selector) -> Option<&[FieldSpec]> {
        let case = self.cases.iter().find(|case| case.is.contains(value));
        case.map_or(self.other.as_deref(), |case| Some(&case.fields))
    }
}

/// A frame that stands several times: as often as a count before it says, else until a length
/// that covers it, or the input, ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatSpec {
    /// The frame's fields. Its least size is a byte.
    pub fields: Vec<FieldSpec>,
    /// The most times. More are refused, so that a frame of many tiny items stays cheap.
    pub max: usize,
}

/// One of several frames, known by its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// Its name, by which a message chooses it.
    pub name: String,
    /// Its fields.
    pub fields: Vec<FieldSpec>,
}

//! The bytes of a message: values first, then sizes, then lengths and digests.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::kinds::nested;
use super::plan::{Part, Plan, Reach};
use super::spec::Selector;
use crate::{EncodeError, Encoded, Field, Message, Value, json};

/// The content of one field before it stands in the frame.
pub(crate) enum Piece<'m> {
    Bytes(&'m [u8]),
    Owned(Vec<u8>),
    Number(i128),
    Json {
        object: Map<String, Json>,
        text: String,
    },
    Headers {
        lines: Vec<Line<'m>>,
        text: Vec<u8>,
    },
    /// Frames inside, and how many.
    Nested {
        encoded: Encoded,
        count: usize,
    },
    /// A field that its length says is not there.
    Absent,
}

/// One header.
pub(crate) enum Line<'m> {
    Given {
        name: &'m str,
        value: &'m [u8],
    },
    /// A size, and what a message says of it.
    Computed {
        name: &'m str,
        given: Option<&'m [u8]>,
    },
}

impl Piece<'_> {
    /// How many frames lie inside.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Nested { count, .. } => *count,
            _ => 0,
        }
    }

    /// The value by which a switch chooses.
    pub(crate) fn selector(&self) -> Selector {
        match self {
            Self::Number(value) => Selector::Int(*value),
            Self::Bytes(bytes) => Selector::Bytes(bytes.to_vec()),
            Self::Owned(bytes) => Selector::Bytes(bytes.clone()),
            _ => Selector::Bytes(Vec::new()),
        }
    }
}

pub(crate) fn encode(plan: &Plan, message: &Message) -> Result<Encoded, EncodeError> {
    check_names(plan, message)?;
    let mut pieces = Vec::with_capacity(plan.parts.len());
    for part in &plan.parts {
        let given = message.fields.iter().find(|(name, _)| *name == part.key);
        let given = given.map(|(_, value)| value);
        pieces.push(match given {
            None if part.absent => Piece::Absent,
            _ => part.content.kind().piece(part, given, &pieces)?,
        });
    }
    // A size in a text covers later fields only, so the last text is finished first. A number that
    // gets wider may be covered by another. Sizes only grow, and none beyond its widest form.
    let mut wider = true;
    while wider {
        wider = false;
        for place in (0..pieces.len()).rev() {
            let kind = plan.parts[place].content.kind();
            kind.describe(plan, &mut pieces, place)?;
        }
        for place in 0..pieces.len() {
            let kind = plan.parts[place].content.kind();
            wider |= kind.count(plan, &mut pieces, place)?;
        }
    }
    for place in (0..pieces.len()).rev() {
        plan.parts[place]
            .content
            .kind()
            .seal(plan, &mut pieces, place);
    }
    Ok(assemble(plan, pieces))
}

fn check_names(plan: &Plan, message: &Message) -> Result<(), EncodeError> {
    for (at, (name, value)) in message.fields.iter().enumerate() {
        let Some(place) = plan.find(name) else {
            let known = plan.settable();
            return Err(EncodeError::UnknownField {
                name: name.clone(),
                known,
            });
        };
        let kind = plan.parts[place].content.kind();
        if !kind.is_settable() {
            return Err(unfit(name, show(value), kind.fixed_because()));
        }
        let mut earlier = message.fields[..at].iter();
        if earlier.any(|(earlier, _)| earlier == name) {
            let expected = "it has a value already, set it once";
            return Err(unfit(name, show(value), expected));
        }
    }
    Ok(())
}

/// Refuses a content whose reader would find another end.
pub(crate) fn check_extent(part: &Part, bytes: &[u8]) -> Result<(), EncodeError> {
    match &part.reach {
        Reach::Fixed(size) if bytes.len() != *size => {
            let given = format!("{} bytes", bytes.len());
            let expected = format!("it has exactly {size} bytes");
            Err(unfit(&part.key, given, expected))
        }
        Reach::Until {
            terminator,
            told: None,
        } => match terminator.collides(bytes) {
            None => Ok(()),
            Some(at) => {
                let end = terminator.bytes.escape_ascii();
                let expected = format!("it ends before the first \"{end}\"");
                let given = format!("{} bytes with a terminator at byte {at}", bytes.len());
                Err(unfit(&part.key, given, expected))
            }
        },
        _ => Ok(()),
    }
}

fn assemble(plan: &Plan, pieces: Vec<Piece<'_>>) -> Encoded {
    let size = (0..pieces.len())
        .map(|place| wire_size(plan, &pieces, place))
        .sum();
    let mut encoded = Encoded {
        bytes: Vec::with_capacity(size),
        fields: Vec::new(),
    };
    encoded.fields.reserve(pieces.len());
    for (part, piece) in plan.parts.iter().zip(pieces) {
        let start = encoded.bytes.len();
        match piece {
            Piece::Nested { encoded: inner, .. } => {
                nested::append(&mut encoded, inner, Arc::clone);
            }
            piece => {
                write(part, &piece, &mut encoded.bytes);
                push_field(&mut encoded, &part.name, start);
            }
        }
        if let Some(terminator) = part.terminator() {
            let start = encoded.bytes.len();
            encoded.bytes.extend_from_slice(&terminator.bytes);
            push_field(&mut encoded, &terminator.name, start);
        }
    }
    encoded
}

/// Lists the bytes from `start` on as a field.
fn push_field(encoded: &mut Encoded, name: &Arc<str>, start: usize) {
    let range = start..encoded.bytes.len();
    encoded.fields.push(Field {
        name: Arc::clone(name),
        ranges: vec![range],
    });
}

/// The size of a field with its terminator.
pub(crate) fn wire_size(plan: &Plan, pieces: &[Piece<'_>], place: usize) -> usize {
    let part = &plan.parts[place];
    if let Reach::Fixed(size) = part.reach {
        return size;
    }
    let end = part.terminator().map_or(0, |terminator| terminator.len());
    end + match &pieces[place] {
        Piece::Number(value) => part.content.kind().number(*value).len(),
        Piece::Nested { encoded, .. } => encoded.bytes.len(),
        Piece::Bytes(bytes) => bytes.len(),
        Piece::Owned(bytes) | Piece::Headers { text: bytes, .. } => bytes.len(),
        Piece::Json { text, .. } => text.len(),
        Piece::Absent => 0,
    }
}

/// The bytes of a field, without a copy where they lie in the message.
pub(crate) fn content<'a>(plan: &Plan, pieces: &'a [Piece<'_>], place: usize) -> Cow<'a, [u8]> {
    match &pieces[place] {
        Piece::Bytes(bytes) => Cow::Borrowed(bytes),
        piece => {
            let mut out = Vec::new();
            write(&plan.parts[place], piece, &mut out);
            Cow::Owned(out)
        }
    }
}

fn write(part: &Part, piece: &Piece<'_>, out: &mut Vec<u8>) {
    match piece {
        Piece::Bytes(bytes) => out.extend_from_slice(bytes),
        Piece::Owned(bytes) | Piece::Headers { text: bytes, .. } => out.extend_from_slice(bytes),
        Piece::Json { text, .. } => out.extend_from_slice(text.as_bytes()),
        Piece::Nested { encoded, .. } => out.extend_from_slice(&encoded.bytes),
        // Only fields that hold numbers have such pieces.
        Piece::Number(value) => part.content.kind().write_number(*value, out),
        Piece::Absent => {}
    }
}

pub(crate) fn unfit(name: &str, given: String, expected: impl Into<String>) -> EncodeError {
    EncodeError::Unfit {
        name: name.into(),
        given,
        expected: expected.into(),
    }
}

pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Int(value) => value.to_string(),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Json(value) => json::shorten(&value.to_string()),
        Value::Headers(lines) => format!("{} headers", lines.len()),
        Value::Frame(_) => "a nested frame".into(),
        Value::List(items) => format!("a list of {}", items.len()),
    }
}

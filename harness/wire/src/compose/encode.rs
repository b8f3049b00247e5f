//! The bytes of a message: values first, then sizes, then lengths and digests.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::computed::{wire_size, write, write_digest, write_json, write_lengths};
use super::kinds::text;
use super::plan::{Content, Part, Plan, Reach, Role};
use crate::{EncodeError, Encoded, Field, Message, Value};

/// The content of one field before it stands in the frame.
pub(super) enum Piece<'m> {
    Bytes(&'m [u8]),
    Int(i128),
    Json {
        object: Map<String, Json>,
        text: String,
    },
}

pub(crate) fn encode(plan: &Plan, message: &Message) -> Result<Encoded, EncodeError> {
    check_names(plan, message)?;
    let mut pieces = Vec::with_capacity(plan.parts.len());
    for part in &plan.parts {
        pieces.push(piece(part, message)?);
    }
    // A JSON size covers later fields only, so the last object is finished first. A digest has
    // the same length whatever it is: it can wait until all lengths stand.
    for place in (0..pieces.len()).rev() {
        write_json(plan, &mut pieces, place)?;
    }
    write_lengths(plan, &mut pieces)?;
    for place in (0..pieces.len()).rev() {
        write_digest(plan, &mut pieces, place);
    }
    Ok(assemble(plan, &pieces))
}

fn check_names(plan: &Plan, message: &Message) -> Result<(), EncodeError> {
    for (at, (name, value)) in message.fields.iter().enumerate() {
        match plan.find(name) {
            None => {
                let known = plan.settable();
                return Err(EncodeError::UnknownField {
                    name: name.clone(),
                    known,
                });
            }
            Some(place) if !plan.parts[place].content.is_settable() => {
                let expected = match plan.parts[place].content {
                    Content::Int {
                        role: Role::Size { .. },
                        ..
                    } => "it is computed from the fields that it covers, leave it out",
                    _ => "it is constant, leave it out",
                };
                return Err(unfit(name, value.show(), expected));
            }
            Some(_)
                if message.fields[..at]
                    .iter()
                    .any(|(earlier, _)| earlier == name) =>
            {
                return Err(unfit(
                    name,
                    value.show(),
                    "it has a value already, set it once",
                ));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn piece<'m>(part: &'m Part, message: &'m Message) -> Result<Piece<'m>, EncodeError> {
    let given = message.fields.iter().find(|(name, _)| **name == *part.name);
    let given = given.map(|(_, value)| value);
    match (&part.content, given) {
        (Content::Const(bytes), _) => Ok(Piece::Bytes(bytes)),
        (
            Content::Int {
                role: Role::Const(value),
                ..
            },
            _,
        ) => Ok(Piece::Int(*value)),
        (
            Content::Int {
                role: Role::Size { .. },
                ..
            },
            _,
        ) => Ok(Piece::Int(0)),
        (
            Content::Int {
                role: Role::Value {
                    default: Some(value),
                },
                ..
            },
            None,
        ) => Ok(Piece::Int(*value)),
        (Content::Int { int, .. }, Some(Value::Int(value))) => match int.holds(*value) {
            true => Ok(Piece::Int(*value)),
            false => {
                let expected = format!("{int} holds {} to {}", int.min(), int.max());
                Err(unfit(&part.name, value.to_string(), expected))
            }
        },
        (Content::Int { .. }, Some(value)) => {
            Err(unfit(&part.name, value.show(), "it holds an integer"))
        }
        (Content::Json { .. }, Some(Value::Json(Json::Object(object)))) => Ok(Piece::Json {
            object: object.clone(),
            text: String::new(),
        }),
        (Content::Json { .. }, Some(value)) => {
            Err(unfit(&part.name, value.show(), "it holds a JSON object"))
        }
        (Content::Json { .. }, None) if part.content.has_default() => Ok(Piece::Json {
            object: Map::new(),
            text: String::new(),
        }),
        (Content::Bytes | Content::Text, Some(Value::Bytes(bytes))) => {
            check_bytes(part, bytes)?;
            Ok(Piece::Bytes(bytes))
        }
        (Content::Bytes | Content::Text, Some(value)) => {
            Err(unfit(&part.name, value.show(), "it holds bytes"))
        }
        (_, None) => Err(EncodeError::Missing {
            name: part.name.to_string(),
        }),
    }
}

fn check_bytes(part: &Part, bytes: &[u8]) -> Result<(), EncodeError> {
    if let (Content::Text, Err(wrong)) = (&part.content, text::accept(bytes)) {
        let given = format!(
            "{} bytes ({} at byte {})",
            bytes.len(),
            wrong.what,
            wrong.at
        );
        return Err(unfit(&part.name, given, "it holds UTF-8 text"));
    }
    check_extent(part, bytes)
}

/// Refuses a content whose reader would find another end.
pub(super) fn check_extent(part: &Part, bytes: &[u8]) -> Result<(), EncodeError> {
    match &part.reach {
        Reach::Fixed(size) if bytes.len() != *size => {
            let expected = format!("it has exactly {size} bytes");
            Err(unfit(
                &part.name,
                format!("{} bytes", bytes.len()),
                expected,
            ))
        }
        Reach::Until(terminator) => match terminator.collides(bytes) {
            None => Ok(()),
            Some(at) => {
                let end = terminator.bytes.escape_ascii();
                let expected = format!("it ends before the first \"{end}\"");
                let given = format!("{} bytes with a terminator at byte {at}", bytes.len());
                Err(unfit(&part.name, given, expected))
            }
        },
        Reach::Fixed(_) | Reach::Counted(_) | Reach::Rest => Ok(()),
    }
}

fn assemble(plan: &Plan, pieces: &[Piece<'_>]) -> Encoded {
    let size = (0..pieces.len())
        .map(|place| wire_size(plan, pieces, place))
        .sum();
    let mut encoded = Encoded {
        bytes: Vec::with_capacity(size),
        fields: Vec::new(),
    };
    encoded.fields.reserve(pieces.len());
    for (part, piece) in plan.parts.iter().zip(pieces) {
        let start = encoded.bytes.len();
        write(part, piece, &mut encoded.bytes);
        push_field(&mut encoded, &part.name, start);
        if let Reach::Until(terminator) = &part.reach {
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

pub(super) fn unfit(name: &str, given: String, expected: impl Into<String>) -> EncodeError {
    EncodeError::unfit(name, given, expected)
}

//! Messages: from `FRAME: VALUE` to bytes.

use std::collections::BTreeMap;

use harness_wire::{EncodeError, Message as WireMessage, Value};

use crate::scenario::context::{Context, Word};
use crate::scenario::de::{BYTES_WORDS, read};
use crate::scenario::lower::frame::Frame;
use crate::scenario::lower::structured::{self, is_structured};
use crate::scenario::lower::{json, value};
use crate::scenario::model::Message;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{Bytes, Int, MessageSyntax};
use crate::scenario::tree::{Entry, Kind, NodeId};

/// The framings of a profile by name; `None` for one that had a mistake.
pub(crate) type Frames = BTreeMap<String, Option<Frame>>;

/// The frame that a message names. `None` where there is none, or where it had a mistake.
pub(crate) fn frame_of<'a>(
    cx: &Context,
    frames: &'a Frames,
    message: &MessageSyntax,
) -> Option<&'a Frame> {
    match frames.get(&message.name) {
        Some(frame) => frame.as_ref(),
        None => {
            let known: Vec<&String> = frames.keys().collect();
            let error =
                suggest::unknown_name(cx, "frame", &message.name, message.name_span, &known);
            cx.push(error);
            None
        }
    }
}

/// True for the word `learned` in place of a value.
pub(crate) fn is_learned(cx: &Context, message: &MessageSyntax) -> bool {
    message.value.get().is_some_and(|raw| {
        matches!(&cx.node(raw.0).kind, Kind::Scalar { text, plain: true } if &**text == "learned")
    })
}

/// The message, encoded. `None` where it had a mistake.
pub(crate) fn message(cx: &Context, frames: &Frames, given: &MessageSyntax) -> Option<Message> {
    let frame = frame_of(cx, frames, given)?;
    let id = given.value.get()?.0;
    let fields = match map_of_fields(cx, id) {
        Some(entries) => by_name(cx, frame, entries)?,
        None => vec![sole(cx, frame, given, id)?],
    };
    let places: Vec<(String, Span)> = fields
        .iter()
        .map(|(name, _, at)| (name.clone(), *at))
        .collect();
    let message = WireMessage {
        fields: fields
            .into_iter()
            .map(|(name, value, _)| (name, value))
            .collect(),
    };
    match frame.framing.encode(&message) {
        Ok(encoded) => {
            cx.spend(encoded.bytes.len(), given.value.span)
                .then_some(())?;
            Some(Message {
                frame: given.name.clone(),
                framing: std::sync::Arc::clone(&frame.framing),
                encoded,
            })
        }
        Err(error) => {
            refuse(cx, &error, given, &places);
            None
        }
    }
}

fn refuse(cx: &Context, error: &EncodeError, given: &MessageSyntax, places: &[(String, Span)]) {
    // A field of a frame inside is found by the field around it.
    let is = |name: &str, path: &str| {
        path.strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let place = |path: &str| places.iter().find(|(n, _)| is(n, path)).map(|(_, at)| *at);
    match error {
        EncodeError::UnknownField { name, known } => {
            let at = place(name).unwrap_or(given.value.span);
            cx.push(suggest::unknown_name(cx, "field", name, at, known));
        }
        EncodeError::Missing { name } => cx.error_help(
            given.value.span,
            format!(
                "the field `{name}` of the frame `{}` needs a value",
                given.name
            ),
            format!("add `{name}: ...`"),
        ),
        EncodeError::Unfit {
            name,
            given: value,
            expected,
        } => cx.error_help(
            place(name).unwrap_or(given.value.span),
            format!("the field `{name}` cannot hold {value}"),
            expected.clone(),
        ),
    }
}

/// The entries of a map that sets fields by name, as opposed to one that gives bytes.
fn map_of_fields(cx: &Context, id: NodeId) -> Option<&[Entry]> {
    match &cx.node(id).kind {
        Kind::Map(entries) => match entries.as_slice() {
            [only] if BYTES_WORDS.contains(&&*only.key) => None,
            entries => Some(entries),
        },
        _ => None,
    }
}

type FieldValue = (String, Value, Span);

fn by_name(cx: &Context, frame: &Frame, entries: &[Entry]) -> Option<Vec<FieldValue>> {
    let settable = frame.framing.settable();
    let all: Vec<Option<FieldValue>> = entries
        .iter()
        .map(|entry| {
            if !settable.iter().any(|name| **name == *entry.key) {
                let mut error =
                    suggest::unknown_name(cx, "field", &entry.key, entry.key_span, &settable);
                if settable.is_empty() {
                    error.help = Some("nothing can be set in this frame".to_owned());
                }
                cx.push(error);
                return None;
            }
            field(cx, frame, entries, &entry.key, entry.value)
        })
        .collect();
    all.into_iter().collect()
}

/// A bare value: that of the frame's only open field.
fn sole(cx: &Context, frame: &Frame, given: &MessageSyntax, id: NodeId) -> Option<FieldValue> {
    let Some(name) = frame.framing.sole_field() else {
        let open = frame.framing.settable();
        cx.error_help(
            given.value.span,
            format!(
                "the frame `{}` has no single field that a bare value could mean",
                given.name
            ),
            format!("name the field: {}", suggest::list(&open)),
        );
        return None;
    };
    field(cx, frame, &[], &name, id)
}

fn field(
    cx: &Context,
    frame: &Frame,
    entries: &[Entry],
    name: &str,
    id: NodeId,
) -> Option<FieldValue> {
    let node = cx.node(id);
    let at = node.span;
    let specs = frame.framing.specs();
    let mut structured = specs.iter().filter(|spec| is_structured(spec));
    if let Some(spec) = structured.find(|spec| spec.name == name) {
        let value = structured::value(cx, spec, specs, entries, id)?;
        return Some((name.to_owned(), value, at));
    }
    let value = match &node.kind {
        Kind::Broken => return None,
        _ if frame.integers.iter().any(|n| n == name) => Value::Int(read::<Int>(cx, id)?.0),
        Kind::Map(entries) if matches!(entries.as_slice(), [only] if &*only.key == "json") => {
            Value::Json(json::value(cx, entries.first()?.value)?)
        }
        Kind::Scalar { text, plain: true } if &**text == "learned" => {
            cx.error_help(
                at,
                "only a whole reply can be `learned`",
                "write `reply: {FRAME: learned}`, or quote it if it is text",
            );
            return None;
        }
        Kind::Scalar { text, plain } if Word::of(text, *plain) == Word::Nothing => {
            cx.error_help(
                at,
                format!("the field `{name}` is given nothing"),
                "write `\"\"` if it is meant to be empty",
            );
            return None;
        }
        _ => Value::Bytes(value::plain(cx, &read::<Bytes>(cx, id)?, at)?),
    };
    Some((name.to_owned(), value, at))
}

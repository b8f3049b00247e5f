//! Messages: from `FRAME: VALUE` to bytes.

use std::collections::BTreeMap;

use harness_wire::{EncodeError, IntType, Value};

use crate::scenario::context::{Context, Word};
use crate::scenario::conversation::Side;
use crate::scenario::de::{BYTES_WORDS, read};
use crate::scenario::formula::{Formula, Reference};
use crate::scenario::lower::formula::formula;
use crate::scenario::lower::frame::Frame;
use crate::scenario::lower::reference::{Scope, reference};
use crate::scenario::lower::structured::{self, is_structured};
use crate::scenario::lower::{json, template};
use crate::scenario::message::{FieldValue, Message};
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

/// The message, encoded where it is known. `None` where it had a mistake.
pub(crate) fn message(
    cx: &Context,
    frames: &Frames,
    scope: Scope<'_>,
    given: &MessageSyntax,
) -> Option<Message> {
    let frame = frame_of(cx, frames, given)?;
    let id = given.value.get()?.0;
    let fields = match (frame.notation, map_of_fields(cx, frame, id)) {
        (Some(notation), _) => {
            let noted = notation(cx, id, given.value.span)?;
            let fixed = |(name, value, at)| (name, FieldValue::Fixed(value), at);
            noted.into_iter().map(fixed).collect()
        }
        (None, Some(entries)) => by_name(cx, scope, frame, entries)?,
        (None, None) => vec![sole(cx, scope, frame, given, id)?],
    };
    let places: Vec<(String, Span)> = fields
        .iter()
        .map(|(name, _, at)| (name.clone(), *at))
        .collect();
    let mut fields: Vec<(String, FieldValue)> = fields
        .into_iter()
        .map(|(name, value, _)| (name, value))
        .collect();
    if let Some(id) = own_id(scope, frame, &fields) {
        fields.push(id);
    }
    let framing = std::sync::Arc::clone(&frame.framing);
    match Message::new(given.name.clone(), framing, &scope.place(), fields) {
        Ok(message) => {
            let size = message.shape().map_or(0, |encoded| encoded.bytes.len());
            cx.spend(size, given.value.span).then_some(message)
        }
        Err(error) => {
            refuse(cx, &error, given, &places);
            None
        }
    }
}

/// The name and type of the field that is `id: true`, if the framing has one.
pub(crate) fn id_field(framing: &dyn harness_wire::Framing) -> Option<(String, IntType)> {
    let id = framing.layout().into_iter().find(|field| field.id)?;
    Some((id.name, id.int?))
}

/// The id that an exchange's message does not give itself: a request's is fresh, a reply's is that
/// of its request.
fn own_id(
    scope: Scope<'_>,
    frame: &Frame,
    given: &[(String, FieldValue)],
) -> Option<(String, FieldValue)> {
    let Scope::Message(around) = scope else {
        return None;
    };
    let (name, int) = id_field(&*frame.framing)?;
    if given.iter().any(|(given, _)| *given == name) {
        return None;
    }
    if !around.replies {
        return Some((name, FieldValue::Fresh(int)));
    }
    let (field, of) = id_field(&**around.request?)?;
    let same = Formula::Field(Reference {
        exchange: around.exchange.to_owned(),
        side: Side::Request,
        field,
        size: Some(of.bytes()),
    });
    (of == int).then_some((name, FieldValue::Int(int, same)))
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
fn map_of_fields<'a>(cx: &'a Context, frame: &Frame, id: NodeId) -> Option<&'a [Entry]> {
    let has = |name: &str| frame.framing.settable().iter().any(|field| field == name);
    match &cx.node(id).kind {
        Kind::Map(entries) => match entries.as_slice() {
            [only] if BYTES_WORDS.contains(&&*only.key) && !has(&only.key) => None,
            entries => Some(entries),
        },
        _ => None,
    }
}

/// A field's name, what is given for it, and where that stands.
pub(crate) type Given<V> = (String, V, Span);

fn by_name(
    cx: &Context,
    scope: Scope<'_>,
    frame: &Frame,
    entries: &[Entry],
) -> Option<Vec<Given<FieldValue>>> {
    let settable = frame.framing.settable();
    let all: Vec<Option<Given<FieldValue>>> = entries
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
            field(cx, scope, frame, entries, &entry.key, entry.value)
        })
        .collect();
    all.into_iter().collect()
}

/// A bare value: that of the frame's only open field.
fn sole(
    cx: &Context,
    scope: Scope<'_>,
    frame: &Frame,
    given: &MessageSyntax,
    id: NodeId,
) -> Option<Given<FieldValue>> {
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
    field(cx, scope, frame, &[], &name, id)
}

fn field(
    cx: &Context,
    scope: Scope<'_>,
    frame: &Frame,
    entries: &[Entry],
    name: &str,
    id: NodeId,
) -> Option<Given<FieldValue>> {
    let node = cx.node(id);
    let at = node.span;
    let specs = frame.framing.specs();
    let mut structured = specs.iter().filter(|spec| is_structured(spec));
    if let Some(spec) = structured.find(|spec| spec.name == name) {
        let value = structured::value(cx, spec, specs, entries, id)?;
        return Some((name.to_owned(), FieldValue::Fixed(value), at));
    }
    let value = match &node.kind {
        Kind::Broken => return None,
        _ if frame.integers.iter().any(|n| n == name) => integer(cx, scope, frame, name, id)?,
        Kind::Map(entries) if matches!(entries.as_slice(), [only] if &*only.key == "json") => {
            FieldValue::Fixed(Value::Json(json::value(cx, entries.first()?.value)?))
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
        _ => match formula(cx, scope, &read::<Bytes>(cx, id)?, at)? {
            Formula::Fixed(bytes) => FieldValue::Fixed(Value::Bytes(bytes)),
            formula => FieldValue::Bytes(formula),
        },
    };
    Some((name.to_owned(), value, at))
}

/// A number, or a reference alone: the integer that stands in the bytes of that field.
fn integer(
    cx: &Context,
    scope: Scope<'_>,
    frame: &Frame,
    name: &str,
    id: NodeId,
) -> Option<FieldValue> {
    let node = cx.node(id);
    if let Kind::Scalar { text, .. } = &node.kind
        && let Some((0, of)) = template::names(text).next()
        && of.len() + 2 == text.len()
        && template::is_reference(of)
    {
        let Some(int) = frame.framing.field(name)?.int else {
            cx.error_help(
                node.span,
                format!("`{name}` made from a reference is not built yet: its width varies"),
                "give its value, or describe it as an integer of a fixed width",
            );
            return None;
        };
        let formula = reference(cx, scope, of, node.span)?;
        if let Some(size) = formula.size().filter(|size| *size != int.bytes()) {
            cx.error_help(
                node.span,
                format!(
                    "the field `{name}` has {} bytes, and `{{{of}}}` has {size}",
                    int.bytes()
                ),
                "an integer is made from a field of its own size",
            );
            return None;
        }
        return Some(FieldValue::Int(int, formula));
    }
    Some(FieldValue::Fixed(Value::Int(read::<Int>(cx, id)?.0)))
}

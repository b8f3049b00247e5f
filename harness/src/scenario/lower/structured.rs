//! Values of fields that have a structure: headers, lines, and frames inside.

use harness_wire::{FieldSpec, IntRole, Kind, Message, Selector, Value};

use crate::scenario::context::{Context, Word as Looks};
use crate::scenario::de::{BYTES_WORDS, read};
use crate::scenario::lower::{json, template, value};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{Bytes, Int, Word};
use crate::scenario::tree::{Entry, Kind as Node, NodeId};

/// True for a field whose value has a structure.
pub(super) fn is_structured(spec: &FieldSpec) -> bool {
    matches!(
        spec.kind,
        Kind::Headers(_)
            | Kind::Lines(_)
            | Kind::Frame(_)
            | Kind::Switch(_)
            | Kind::Repeat(_)
            | Kind::FirstOf(_)
    )
}

/// The value of the field `spec`. `entries` are what the message says of the fields around it.
/// `None` where it had a mistake.
pub(super) fn value(
    cx: &Context,
    spec: &FieldSpec,
    around: &[FieldSpec],
    entries: &[Entry],
    id: NodeId,
) -> Option<Value> {
    let at = cx.node(id).span;
    match &spec.kind {
        Kind::Headers(_) => headers(cx, id),
        Kind::Lines(_) => list(cx, id, |item| {
            leaf(cx, &Kind::Bytes(harness_wire::Extent::Rest), item)
        }),
        Kind::Frame(fields) => frame(cx, fields, id),
        Kind::Repeat(repeat) => list(cx, id, |item| frame(cx, &repeat.fields, item)),
        Kind::Switch(switch) => {
            let on = around.iter().find(|spec| spec.name == switch.on)?;
            let given = entries.iter().find(|entry| *entry.key == *switch.on);
            let value = match given {
                Some(entry) => selector(leaf(cx, &on.kind, entry.value)?)?,
                None => default(&on.kind).or_else(|| {
                    let what = format!("`{}` chooses the frame of `{}`", switch.on, spec.name);
                    cx.error_help(at, what, format!("add `{}: ...`", switch.on));
                    None
                })?,
            };
            let Some(fields) = switch.choose(&value) else {
                let what = format!(
                    "no frame of `{}` belongs to this `{}`",
                    spec.name, switch.on
                );
                cx.error_help(at, what, "give it a value of one of its cases");
                return None;
            };
            frame(cx, fields, id)
        }
        Kind::FirstOf(alternatives) => {
            let names: Vec<&String> = alternatives.iter().map(|one| &one.name).collect();
            let Node::Map(entries) = &cx.node(id).kind else {
                let what = format!("`{}` does not say which of its frames is meant", spec.name);
                cx.error_help(at, what, format!("name it: {}", suggest::list(&names)));
                return None;
            };
            let [entry] = entries.as_slice() else {
                let what = format!(
                    "`{}` has one frame, and {} are given",
                    spec.name,
                    entries.len()
                );
                cx.error_help(at, what, "keep one of them");
                return None;
            };
            let Some(chosen) = alternatives.iter().find(|one| *one.name == *entry.key) else {
                let error = suggest::unknown_name(cx, "frame", &entry.key, entry.key_span, &names);
                cx.push(error);
                return None;
            };
            let inner = frame(cx, &chosen.fields, entry.value)?;
            Some(Value::Frame(Message {
                fields: vec![(chosen.name.clone(), inner)],
            }))
        }
        kind => leaf(cx, kind, id),
    }
}

/// A header map: `{headers: {Name: value}}`.
fn headers(cx: &Context, id: NodeId) -> Option<Value> {
    let at = cx.node(id).span;
    let map = match &cx.node(id).kind {
        Node::Broken => return None,
        Node::Map(entries) => match entries.as_slice() {
            [only] if &*only.key == "headers" => &cx.node(only.value).kind,
            _ => &Node::Broken,
        },
        _ => &Node::Broken,
    };
    let Node::Map(entries) = map else {
        let what = format!("expected headers, found {}", cx.describe(id));
        cx.error_help(at, what, "write them as `{headers: {Name: value}}`");
        return None;
    };
    let lines: Vec<Option<(String, Vec<u8>)>> = entries
        .iter()
        .map(|entry| {
            let text = read::<Word>(cx, entry.value)?.0;
            let at = cx.node(entry.value).span;
            template::refuse_references(cx, &text, at)?;
            cx.spend(text.len(), at).then_some(())?;
            Some((entry.key.to_string(), text.into_bytes()))
        })
        .collect();
    lines.into_iter().collect::<Option<_>>().map(Value::Headers)
}

fn list(cx: &Context, id: NodeId, item: impl Fn(NodeId) -> Option<Value>) -> Option<Value> {
    match &cx.node(id).kind {
        Node::Broken => None,
        Node::List(items) => {
            let all: Vec<Option<Value>> = items.iter().map(|&id| item(id)).collect();
            all.into_iter().collect::<Option<_>>().map(Value::List)
        }
        _ => {
            let what = format!("expected a list, found {}", cx.describe(id));
            cx.error_help(cx.node(id).span, what, "write `[]` for none");
            None
        }
    }
}

/// The values of a frame's fields by name, or that of its only open one.
fn frame(cx: &Context, fields: &[FieldSpec], id: NodeId) -> Option<Value> {
    let at = cx.node(id).span;
    let open: Vec<&FieldSpec> = fields.iter().filter(|spec| is_open(spec)).collect();
    let is_field = |entry: &Entry| fields.iter().any(|spec| *spec.name == *entry.key);
    let entries = match &cx.node(id).kind {
        Node::Broken => return None,
        Node::Map(entries) if entries.is_empty() || entries.iter().any(is_field) => entries,
        Node::Map(entries) if !is_bare(&open, entries) => entries,
        _ => {
            let [sole] = open.as_slice() else {
                let names: Vec<&String> = fields.iter().map(|spec| &spec.name).collect();
                let what = "a frame has several fields here, or none that a bare value could mean";
                cx.error_help(at, what, format!("name them: {}", suggest::list(&names)));
                return None;
            };
            let value = value(cx, sole, fields, &[], id)?;
            return Some(Value::Frame(Message {
                fields: vec![(sole.name.clone(), value)],
            }));
        }
    };
    let all: Vec<Option<(String, Value)>> = entries
        .iter()
        .map(|entry| {
            let Some(spec) = fields.iter().find(|spec| *spec.name == *entry.key) else {
                let names: Vec<&String> = fields.iter().map(|spec| &spec.name).collect();
                let error = suggest::unknown_name(cx, "field", &entry.key, entry.key_span, &names);
                cx.push(error);
                return None;
            };
            let value = value(cx, spec, fields, entries, entry.value)?;
            Some((spec.name.clone(), value))
        })
        .collect();
    let fields = all.into_iter().collect::<Option<_>>()?;
    Some(Value::Frame(Message { fields }))
}

/// True where a map that names no field is the value of the only open one.
fn is_bare(open: &[&FieldSpec], entries: &[Entry]) -> bool {
    let bytes = || matches!(entries, [only] if BYTES_WORDS.contains(&&*only.key));
    matches!(open, [sole] if is_structured(sole) || bytes())
}

/// True for a field that a message has to give.
fn is_open(spec: &FieldSpec) -> bool {
    match &spec.kind {
        Kind::Int { role, .. } | Kind::Varint { role, .. } | Kind::Decimal { role, .. } => {
            matches!(role, IntRole::Value { default: None })
        }
        Kind::Const(_) | Kind::Headers(_) => false,
        Kind::Json(json) => json.size.is_none() && json.digest.is_none(),
        _ => true,
    }
}

fn selector(value: Value) -> Option<Selector> {
    match value {
        Value::Int(value) => Some(Selector::Int(value)),
        Value::Bytes(bytes) => Some(Selector::Bytes(bytes)),
        _ => None,
    }
}

/// The value of a field that no message gives.
fn default(kind: &Kind) -> Option<Selector> {
    match kind {
        Kind::Const(bytes) => Some(Selector::Bytes(bytes.clone())),
        Kind::Int { role, .. } | Kind::Varint { role, .. } | Kind::Decimal { role, .. } => {
            match role {
                IntRole::Const(value) => Some(Selector::Int(*value)),
                IntRole::Value { default } => default.map(Selector::Int),
                IntRole::Id {} => Some(Selector::Int(0)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A value without structure.
fn leaf(cx: &Context, kind: &Kind, id: NodeId) -> Option<Value> {
    let node = cx.node(id);
    let number = matches!(
        kind,
        Kind::Int { .. } | Kind::Varint { .. } | Kind::Decimal { .. }
    );
    match &node.kind {
        _ if number => Some(Value::Int(read::<Int>(cx, id)?.0)),
        Node::Map(entries) if matches!(entries.as_slice(), [only] if &*only.key == "json") => {
            Some(Value::Json(json::value(cx, entries.first()?.value)?))
        }
        Node::Scalar { text, plain } if Looks::of(text, *plain) == Looks::Nothing => {
            cx.error_help(
                node.span,
                "a value is missing",
                "write `\"\"` if it is meant to be empty",
            );
            None
        }
        _ => Some(Value::Bytes(plain(cx, id, node.span)?)),
    }
}

fn plain(cx: &Context, id: NodeId, at: Span) -> Option<Vec<u8>> {
    value::plain(cx, &read::<Bytes>(cx, id)?, at)
}

//! YAML below `json:` as JSON.

use serde_json::{Map, Number, Value};

use crate::scenario::context::{Context, Word, shorten};
use crate::scenario::lower::template;
use crate::scenario::tree::{Kind, NodeId};

/// What to write where a reference would have to stand in JSON.
const TEXT: &str =
    "give the whole field as text, as in `header: '{\"token\": \"{login.reply.token}\"}'`";

/// The JSON that a value stands for. `None` where it had a mistake; each is told.
pub(crate) fn value(cx: &Context, id: NodeId) -> Option<Value> {
    let node = cx.node(id);
    match &node.kind {
        Kind::Broken => None,
        Kind::List(items) => {
            let all: Vec<_> = items.iter().map(|&item| value(cx, item)).collect();
            all.into_iter().collect::<Option<_>>().map(Value::Array)
        }
        Kind::Map(entries) => {
            let all: Vec<_> = entries
                .iter()
                .map(|entry| value(cx, entry.value).map(|v| (entry.key.to_string(), v)))
                .collect();
            all.into_iter()
                .collect::<Option<Map<_, _>>>()
                .map(Value::Object)
        }
        Kind::Scalar { text, plain } => {
            if !cx.spend(text.len(), node.span) {
                return None;
            }
            match Word::of(text, *plain) {
                Word::Nothing if &**text == "null" => Some(Value::Null),
                Word::Nothing => {
                    cx.error_help(
                        node.span,
                        "a value is missing",
                        "write `null` if that is meant",
                    );
                    None
                }
                Word::Bool(value) => Some(Value::Bool(value)),
                Word::Number => match number(text) {
                    Some(number) => Some(Value::Number(number)),
                    None => {
                        cx.error_help(
                            node.span,
                            format!("`{}` is not a JSON number", shorten(text)),
                            "write it in decimal without leading zeros, or quote it as text",
                        );
                        None
                    }
                },
                Word::Ambiguous => {
                    cx.error_help(
                        node.span,
                        format!("`{text}` is text to some readers of YAML, a boolean to others"),
                        format!("write `true` or `false`, or quote it: \"{text}\""),
                    );
                    None
                }
                Word::Text => {
                    template::refuse_references(cx, text, node.span, "JSON", TEXT)?;
                    Some(Value::String(text.to_string()))
                }
            }
        }
    }
}

/// JSON's own grammar decides (RFC 8259 section 6).
fn number(text: &str) -> Option<Number> {
    serde_json::from_str(text).ok()
}

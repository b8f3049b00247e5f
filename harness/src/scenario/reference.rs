//! The reference of the language, made from its types and their doc comments.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::schema::{definitions, name_of};
use super::syntax::{ProfileSyntax, ProtocolSyntax, ScenarioSyntax};

/// The reference of the language in Markdown: every key with its type, default and meaning.
pub fn reference() -> String {
    let definitions = definitions();
    let mut text = String::from(
        "# The scenario language\n\n\
         A file holds one or more YAML documents, with `---` between them. Each is a profile, a\n\
         scenario or a protocol; its first key, `target`, `scenario` or `protocol`, says which.\n",
    );
    let mut seen = BTreeSet::new();
    let mut next = vec![
        name_of::<ProtocolSyntax>(),
        name_of::<ScenarioSyntax>(),
        name_of::<ProfileSyntax>(),
    ];
    while let Some(name) = next.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(schema) = definitions.get(&name).and_then(Value::as_object) {
            section(&mut text, &name, schema);
            let mut uses = Vec::new();
            references(&Value::Object(schema.clone()), &mut uses);
            // The first use is told first.
            next.extend(uses.into_iter().rev());
        }
    }
    text
}

/// The name of a type as people read it: `LengthPrefixSyntax` is `length prefix`.
fn title(name: &str) -> String {
    let base = ["Syntax", "Map", "Args", "Form", "Word"]
        .iter()
        .find_map(|end| name.strip_suffix(end).filter(|rest| !rest.is_empty()))
        .unwrap_or(name);
    let kind = match &name[base.len()..] {
        "Map" | "Args" | "Form" => " (map)",
        "Word" => " (word)",
        _ => "",
    };
    let mut title = String::new();
    for c in base.chars() {
        if c.is_ascii_uppercase() && !title.is_empty() {
            title.push(' ');
        }
        title.push(c.to_ascii_lowercase());
    }
    title + kind
}

fn anchor(name: &str) -> String {
    let title = title(name).replace(' ', "-");
    title
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(name) = reference_of(object) {
                found.push(name);
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn reference_of(object: &Map<String, Value>) -> Option<String> {
    let path = object.get("$ref")?.as_str()?;
    path.strip_prefix("#/definitions/").map(str::to_owned)
}

fn doc(schema: &Value) -> &str {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or("")
}

fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "\\|")
}

fn section(text: &mut String, name: &str, schema: &Map<String, Value>) {
    let whole = Value::Object(schema.clone());
    let _ = write!(text, "\n## {}\n\n{}\n", title(name), doc(&whole).trim());
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        text.push_str("\n| key | value | default | meaning |\n|---|---|---|---|\n");
        // Needed keys first: the rest may be passed over.
        let (needed, optional): (Vec<_>, Vec<_>) = properties
            .iter()
            .partition(|(key, _)| required.contains(&key.as_str()));
        for (key, value) in needed.into_iter().chain(optional) {
            let default = match value.get("default") {
                Some(Value::String(word)) => format!("`{word}`"),
                Some(other) => format!("`{other}`"),
                None if required.contains(&key.as_str()) => "**needed**".to_owned(),
                None => String::new(),
            };
            let _ = writeln!(
                text,
                "| `{key}` | {} | {default} | {} |",
                kind(value),
                one_line(doc(value))
            );
        }
    } else if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
        words(text, variants);
    } else if let Some(words_) = schema.get("enum").and_then(Value::as_array) {
        let _ = writeln!(text, "\nOne of {}.", list(words_));
    } else if schema.contains_key("anyOf") {
        let _ = writeln!(text, "\nWritten as {}.", kind(&whole));
    }
}

fn list(words: &[Value]) -> String {
    let words: Vec<String> = words
        .iter()
        .filter_map(Value::as_str)
        .map(|w| format!("`{w}`"))
        .collect();
    words.join(", ")
}

/// The words of an enum, each once: those that may stand alone are marked.
fn words(text: &mut String, variants: &[Value]) {
    let bare: Vec<&str> = variants
        .iter()
        .filter_map(|v| v.get("const")?.as_str())
        .collect();
    let with_value = |v: &Value| -> Option<(String, Value)> {
        let (word, value) = v.get("properties")?.as_object()?.iter().next()?;
        Some((word.clone(), value.clone()))
    };
    let keyed: Vec<String> = variants
        .iter()
        .filter_map(with_value)
        .map(|(w, _)| w)
        .collect();
    text.push_str("\n| word | value | meaning |\n|---|---|---|\n");
    for variant in variants {
        let meaning = one_line(doc(variant));
        if let Some((word, value)) = with_value(variant) {
            let optional = if bare.contains(&word.as_str()) {
                ", or none"
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "| `{word}` | {}{optional} | {meaning} |",
                kind(&value)
            );
        } else if let Some(word) = variant.get("const").and_then(Value::as_str) {
            if !keyed.iter().any(|k| k == word) {
                let _ = writeln!(text, "| `{word}` | | {meaning} |");
            }
        } else if let Some(all) = variant.get("enum").and_then(Value::as_array) {
            for word in all.iter().filter_map(Value::as_str) {
                let _ = writeln!(text, "| `{word}` | | {meaning} |");
            }
        }
    }
}

/// What a value is, in words, with links.
fn kind(schema: &Value) -> String {
    let Some(object) = schema.as_object() else {
        return "any value".to_owned();
    };
    if let Some(name) = reference_of(object) {
        return match name.as_str() {
            "Size" | "Time" | "Int" | "Count" | "Word" | "Bound" | "Range" => {
                format!(
                    "[{}](#{})",
                    title(&name).replace(" (word)", ""),
                    anchor(&name)
                )
            }
            _ => format!("[{}](#{})", title(&name), anchor(&name)),
        };
    }
    for key in ["allOf", "anyOf"] {
        if let Some(any) = object.get(key).and_then(Value::as_array) {
            return any.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    let types = match object.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return "any value".to_owned(),
    };
    let words = types.iter().map(|one| match *one {
        "string" => "text".to_owned(),
        "boolean" => "`true` or `false`".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "array" => match object.get("items") {
            Some(items) => format!("list of {}", kind(items)),
            None => "list".to_owned(),
        },
        "object" => match object.get("additionalProperties") {
            Some(value @ Value::Object(_)) if object.contains_key("maxProperties") => {
                format!("`NAME:` {}", kind(value))
            }
            Some(value @ Value::Object(_)) => format!("map of `NAME:` {}", kind(value)),
            _ => "map".to_owned(),
        },
        other => other.to_owned(),
    });
    words.collect::<Vec<_>>().join(" or ")
}

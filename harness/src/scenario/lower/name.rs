//! Names that the user chooses.

use std::collections::HashMap;

use crate::scenario::context::Context;
use crate::scenario::source::Span;

/// Words that no chosen name may be: they mean something where a name may stand, or other readers
/// of YAML take them for a value. `digest`, `hmac` and `message` are free: they are common names of
/// fields, and where a frame has such a field, the field is meant.
const TAKEN: [&str; 17] = [
    "all", "learned", "closes", "none", "hex", "base64", "fill", "file", "concat", "json", "on",
    "off", "yes", "no", "true", "false", "null",
];

/// Checks a name that the user chose for a frame, field, exchange or connection.
pub(crate) fn chosen(cx: &Context, what: &str, name: &str, at: Span) -> bool {
    if TAKEN.contains(&name) {
        cx.error_help(
            at,
            format!("`{name}` cannot be the name of {what}: it is a word of the language"),
            format!("choose another, such as `{name}_1`"),
        );
        return false;
    }
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !fits {
        cx.error_help(
            at,
            format!("`{name}` cannot be the name of {what}"),
            "a name begins with a letter and has letters, digits, `_`, `-` and `.`",
        );
    }
    fits
}

/// Names that must differ, and where each was given.
#[derive(Default)]
pub(crate) struct Unique(HashMap<String, Span>);

impl Unique {
    /// Records a name; tells of it where it was given before.
    pub(crate) fn add(&mut self, cx: &Context, what: &str, name: &str, at: Span) -> bool {
        match self.0.get(name) {
            Some(first) => {
                let (line, _) = cx.source().position(first.start);
                cx.error_help(
                    at,
                    format!("{what} `{name}` is given twice"),
                    format!("the first stands in line {line}"),
                );
                false
            }
            None => {
                self.0.insert(name.to_owned(), at);
                true
            }
        }
    }
}

//! What the check of one file carries along: its text, its tree, and the mistakes so far.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::model::Location;
use super::source::{Source, Span};
use super::tree::{Kind, Node, NodeId, Tree};

/// The most bytes that the values of one file may come to: `fill`, `file` and aliases make much
/// out of little.
pub const MAX_VALUE_BYTES: usize = 64 << 20;

/// The check of one file.
#[derive(Debug)]
pub(crate) struct Context {
    source: Arc<Source>,
    tree: Tree,
    errors: RefCell<Vec<Diagnostic>>,
    bytes_left: Cell<usize>,
}

impl Context {
    /// The check of a file whose tree has been read.
    pub(crate) fn new(source: Arc<Source>, tree: Tree, errors: Vec<Diagnostic>) -> Self {
        Self {
            source,
            tree,
            errors: RefCell::new(errors),
            bytes_left: Cell::new(MAX_VALUE_BYTES),
        }
    }

    /// The file's values.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The file's text.
    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// One value of the file.
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.tree.node(id)
    }

    /// Records a mistake.
    pub(crate) fn push(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    /// Records a mistake at a place.
    pub(crate) fn error(&self, at: Span, message: impl Into<String>) {
        self.push(Diagnostic::new(&self.source, at, message));
    }

    /// Records a mistake at a place, with what would be right.
    pub(crate) fn error_help(&self, at: Span, message: impl Into<String>, help: impl Into<String>) {
        self.push(Diagnostic::new(&self.source, at, message).help(help));
    }

    /// How many mistakes there are so far.
    pub(crate) fn mistakes(&self) -> usize {
        self.errors.borrow().len()
    }

    /// The mistakes.
    pub(crate) fn into_errors(self) -> Vec<Diagnostic> {
        self.errors.into_inner()
    }

    /// A place as reports name it.
    pub(crate) fn location(&self, at: Span) -> Location {
        let (line, column) = self.source.position(at.start);
        Location {
            file: Arc::clone(self.source.file()),
            line,
            column,
        }
    }

    /// A path as the file means it: relative to the file's folder.
    pub(crate) fn path(&self, given: &str) -> PathBuf {
        self.folder().join(given)
    }

    /// The file's folder.
    pub(crate) fn folder(&self) -> &Path {
        match self.source.file().parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// Takes `bytes` from what the file's values may come to. False, and a mistake recorded, where
    /// that is more than is left.
    pub(crate) fn spend(&self, bytes: usize, at: Span) -> bool {
        match self.bytes_left.get().checked_sub(bytes) {
            Some(left) => {
                self.bytes_left.set(left);
                true
            }
            None => {
                self.error(
                    at,
                    format!(
                        "the values of this file come to more than {} MiB here",
                        MAX_VALUE_BYTES >> 20
                    ),
                );
                false
            }
        }
    }

    /// A value in words, for "found ...".
    pub(crate) fn describe(&self, id: NodeId) -> String {
        let node = self.node(id);
        match &node.kind {
            Kind::Scalar { text, plain } => match Word::of(text, *plain) {
                Word::Nothing => "nothing".to_owned(),
                Word::Bool(value) => format!("`{value}`"),
                Word::Number => format!("the number {text}"),
                Word::Ambiguous => format!("the word `{text}`"),
                Word::Text => format!("the text `{}`", shorten(text)),
            },
            Kind::List(items) if items.is_empty() => "an empty list".to_owned(),
            Kind::Map(entries) if entries.is_empty() => "an empty map".to_owned(),
            Kind::List(_) => format!("the list `{}`", shorten(self.source.slice(node.span))),
            Kind::Map(_) => format!("the map `{}`", shorten(self.source.slice(node.span))),
            Kind::Broken => "a value with a mistake".to_owned(),
        }
    }
}

/// At most 40 characters, on one line.
pub(crate) fn shorten(text: &str) -> String {
    let mut short = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == 40 {
            short.push_str("...");
            break;
        }
        short.push(if c.is_control() { ' ' } else { c });
    }
    short
}

/// What a scalar is by its looks. YAML readers disagree on some words, hence `Ambiguous`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Empty, `~` or `null`.
    Nothing,
    /// `true` or `false`.
    Bool(bool),
    /// A number in any notation.
    Number,
    /// `on`, `off`, `yes`, `no`, `True`: a boolean in some versions of YAML, text in others.
    Ambiguous,
    /// Anything else, and everything in quotes.
    Text,
}

impl Word {
    /// What the scalar is.
    pub(crate) fn of(text: &str, plain: bool) -> Self {
        if !plain {
            return Self::Text;
        }
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Nothing,
            "true" => Self::Bool(true),
            "false" => Self::Bool(false),
            "True" | "TRUE" | "False" | "FALSE" => Self::Ambiguous,
            _ if ["on", "off", "yes", "no"]
                .iter()
                .any(|w| w.eq_ignore_ascii_case(text)) =>
            {
                Self::Ambiguous
            }
            _ if looks_like_number(text) => Self::Number,
            _ => Self::Text,
        }
    }
}

/// True for what some YAML reader takes for a number: `5`, `-0.5`, `1e9`, `0x1f`, `0o17`, `0500`,
/// `1_000`, `.inf`.
fn looks_like_number(text: &str) -> bool {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return false;
    }
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(rest, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if let Some(digits) = rest.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(digits) = rest.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|b| (b'0'..=b'7').contains(&b));
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = whole.starts_with(|c: char| c.is_ascii_digit())
        || (whole.is_empty() && fraction.starts_with(|c: char| c.is_ascii_digit()));
    let exponent_fits = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    some && digits(whole) && digits(fraction) && exponent_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_told_apart_by_their_looks() {
        for number in [
            "0", "5", "-5", "0500", "1.5", ".5", "5.", "1e9", "1E-9", "0x1f", "0o17", "1_000",
            ".inf", "-.inf",
        ] {
            assert_eq!(Word::of(number, true), Word::Number, "{number}");
            assert_eq!(Word::of(number, false), Word::Text, "\"{number}\"");
        }
        for text in [
            "50ms",
            "a",
            "-",
            ".",
            "e9",
            "0x",
            "127.0.0.1",
            "1-2",
            "_1",
            "p99",
            "16MiB",
        ] {
            assert_eq!(Word::of(text, true), Word::Text, "{text}");
        }
        for word in ["on", "Off", "YES", "no", "True"] {
            assert_eq!(Word::of(word, true), Word::Ambiguous, "{word}");
        }
        for nothing in ["", "~", "null"] {
            assert_eq!(Word::of(nothing, true), Word::Nothing, "{nothing}");
        }
    }
}

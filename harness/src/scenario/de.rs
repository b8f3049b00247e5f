//! A serde `Deserializer` over the tree that records mistakes and goes on.
//!
//! The types of the language are derived, and derived code stops at its first error. Two things
//! make it go on. [`Item`] asks for a pair of value and span; where the value has a mistake, that
//! is recorded and the pair comes without it. And a struct is given all its keys: those that are
//! absent too, so that each missing one is told.

mod access;
mod error;

use serde::de::{DeserializeOwned, Deserializer, Expected, Visitor};

use self::access::{
    EnumDe, ItemAccess, ItemValue, ListAccess, NamedAccess, NamesAccess, ShapeAccess, StructAccess,
    StructValue,
};
use self::error::Error;
use super::context::{Context, Word, shorten};
use super::source::Span;
use super::suggest;
use super::tree::{Entry, Kind, NodeId};

/// Names with which the language's own types ask this deserializer for more than serde knows.
pub(crate) mod magic {
    /// Value or nothing, and its span: [`Item`](super::super::syntax::Item).
    pub(crate) const ITEM: &str = "$item";
    /// The text of any scalar but null.
    pub(crate) const SCALAR: &str = "$scalar";
    /// The number of the node.
    pub(crate) const RAW: &str = "$raw";
    /// A map with one key, which the user chose.
    pub(crate) const NAMED: &str = "$named";
    /// A map whose keys the user chose.
    pub(crate) const NAMES: &str = "$names";
    /// An enum whose variants are told apart by the shape of the value.
    pub(crate) const SHAPE: &str = "$shape";
}

/// The words that give bytes: a map whose only key is one of them is a value wherever both a value
/// and a map of words may stand.
pub(crate) const BYTES_WORDS: [&str; 9] = [
    "hex", "base64", "fill", "file", "concat", "digest", "hmac", "message", "json",
];

/// Reads a value as `T`. `None` where that failed; the mistake is recorded then.
pub(crate) fn read<T: DeserializeOwned>(cx: &Context, id: NodeId) -> Option<T> {
    match T::deserialize(NodeDe { cx, id }) {
        Ok(value) => Some(value),
        Err(error) => {
            error.record(cx, id);
            None
        }
    }
}

/// One value of the file.
#[derive(Clone, Copy)]
struct NodeDe<'a> {
    cx: &'a Context,
    id: NodeId,
}

impl<'a> NodeDe<'a> {
    fn span(self) -> Span {
        self.cx.node(self.id).span
    }

    fn kind(self) -> &'a Kind {
        &self.cx.node(self.id).kind
    }

    fn scalar(self) -> Option<(&'a str, Word)> {
        match self.kind() {
            Kind::Scalar { text, plain } => Some((text, Word::of(text, *plain))),
            _ => None,
        }
    }

    fn entries(self, what: &str) -> Result<&'a [Entry], Error> {
        match self.kind() {
            Kind::Map(entries) => Ok(entries),
            _ => Err(Error::expected(what).at(self.cx, self.id)),
        }
    }

    fn shape(self) -> &'static str {
        match self.kind() {
            Kind::Scalar { text, plain } => match Word::of(text, *plain) {
                Word::Nothing => "nothing",
                _ => "scalar",
            },
            Kind::List(_) => "list",
            Kind::Map(entries) => match entries.as_slice() {
                [only] if BYTES_WORDS.contains(&&*only.key) => "bytes",
                _ => "map",
            },
            Kind::Broken => "broken",
        }
    }
}

impl<'de> Deserializer<'de> for NodeDe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let _ = visitor;
        Err(Error::new("this value cannot be read").at(self.cx, self.id))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar() {
            Some((_, Word::Bool(value))) => visitor.visit_bool(value),
            _ => Err(Error::expected("`true` or `false`").at(self.cx, self.id)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.scalar() {
            Some((text, Word::Text)) => visitor.visit_str(text),
            Some((text, word)) if word != Word::Nothing => Err(Error::expected("text")
                .help(Some(format!("quote it if it is meant as text: \"{text}\"")))
                .at(self.cx, self.id)),
            Some(_) => Err(Error::expected("text")
                .help(Some("give it a value, or leave the key out".to_owned()))
                .at(self.cx, self.id)),
            None => Err(Error::expected("text").at(self.cx, self.id)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match name {
            magic::ITEM => visitor.visit_seq(ItemAccess {
                value: ItemValue::Here(self),
                span: self.span(),
                next: 0,
            }),
            magic::SCALAR => match self.scalar() {
                Some((text, word)) if word != Word::Nothing => visitor
                    .visit_str(text)
                    .map_err(|e: Error| e.at(self.cx, self.id)),
                _ => Err(Error::expected(&visitor as &dyn Expected).at(self.cx, self.id)),
            },
            magic::RAW => visitor.visit_u32(self.id.number()),
            magic::NAMED => {
                let what = "a map with one name, as in `name: ...`";
                let entries = self.entries(what)?;
                let [entry] = entries else {
                    let mut error = Error::expected(what);
                    if let (Some(problem), Some(second)) = (&mut error.0, entries.get(1)) {
                        problem.expected = false;
                        problem.at = Some(second.key_span);
                        problem.message = format!(
                            "expected one name here, found {}: {}",
                            entries.len(),
                            keys(entries)
                        );
                        problem.help = Some("keep one; in a list, begin each with `-`".to_owned());
                    }
                    return Err(error.at(self.cx, self.id));
                };
                visitor.visit_seq(NamedAccess {
                    cx: self.cx,
                    entry,
                    next: 0,
                })
            }
            magic::NAMES => {
                let entries = self.entries("a map of names that you choose")?;
                visitor.visit_seq(NamesAccess {
                    cx: self.cx,
                    entries: entries.iter(),
                })
            }
            magic::SHAPE => visitor
                .visit_enum(ShapeAccess(self))
                .map_err(|e: Error| e.at(self.cx, self.id)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind() {
            Kind::List(items) => visitor.visit_seq(ListAccess {
                cx: self.cx,
                items: items.iter(),
            }),
            kind => {
                let help = match kind {
                    Kind::Scalar { text, plain } if Word::of(text, *plain) != Word::Nothing => {
                        Some(format!("put it in brackets: `[{}]`", shorten(text)))
                    }
                    Kind::Map(_) => Some("begin each entry with `-`: the order matters".to_owned()),
                    _ => None,
                };
                Err(Error::expected("a list").help(help).at(self.cx, self.id))
            }
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let what = format!("a map with {}", suggest::list(fields));
        let entries = self.entries(&what)?;
        // A misspelt key is read as the one that was meant: it does not seem to be missing then,
        // and mistakes in its value are told too.
        let mut known: Vec<(&'static str, NodeId)> = Vec::with_capacity(entries.len());
        let field_of = |key: &str| fields.iter().find(|field| **field == key).copied();
        for entry in entries {
            let Some(field) = field_of(&entry.key) else {
                let at = entry.key_span;
                self.cx.push(suggest::unknown(
                    self.cx, name, "key", &entry.key, at, fields,
                ));
                if !suggest::not_built(name, &entry.key) {
                    let meant = suggest::nearest(&entry.key, fields.iter().copied());
                    let given = |field: &str| entries.iter().any(|e| &*e.key == field);
                    let taken = |field: &str| known.iter().any(|(f, _)| *f == field);
                    if let Some(field) = meant.filter(|f| !given(f) && !taken(f)) {
                        known.push((field_of(field).unwrap_or_default(), entry.value));
                    }
                }
                continue;
            };
            known.push((field, entry.value));
        }
        visitor.visit_map(StructAccess {
            de: self,
            known,
            next: 0,
            absent: fields.iter(),
            value: StructValue::Done,
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut access = match self.kind() {
            Kind::Scalar { text, plain } if Word::of(text, *plain) != Word::Nothing => EnumDe {
                de: self,
                word: text,
                word_span: self.span(),
                value: None,
            },
            Kind::Map(entries) => match entries.as_slice() {
                [entry] => EnumDe {
                    de: self,
                    word: &entry.key,
                    word_span: entry.key_span,
                    value: Some(NodeDe {
                        cx: self.cx,
                        id: entry.value,
                    }),
                },
                [] => return Err(Error::expected(one_of(variants)).at(self.cx, self.id)),
                [first, second, ..] => {
                    // The one that is no word here is the one to point at.
                    let odd = entries.iter().find(|e| !variants.contains(&&*e.key));
                    let at = odd.unwrap_or(second).key_span;
                    let mut error = Error::new(format!(
                        "expected one key here, found {}: {}",
                        entries.len(),
                        keys(entries)
                    ));
                    if let Some(problem) = &mut error.0 {
                        problem.at = Some(at);
                        problem.help = Some(format!(
                            "give `{}` a line of its own, or indent what belongs to it",
                            first.key
                        ));
                    }
                    return Err(error);
                }
            },
            _ => return Err(Error::expected(one_of(variants)).at(self.cx, self.id)),
        };
        if !variants.contains(&access.word) {
            self.cx.push(suggest::unknown(
                self.cx,
                name,
                "word",
                access.word,
                access.word_span,
                variants,
            ));
            let meant = suggest::nearest(access.word, variants.iter().copied());
            match meant.filter(|_| !suggest::not_built(name, access.word)) {
                // Read as what was meant, so that mistakes in its value are told too.
                Some(meant) => access.word = meant,
                None => return Err(Error::told()),
            }
        }
        visitor.visit_enum(access)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        tuple tuple_struct map identifier ignored_any
    }
}

fn one_of(words: &[&str]) -> String {
    format!("one of {}", suggest::list(words))
}

fn keys(entries: &[Entry]) -> String {
    let keys: Vec<&str> = entries.iter().map(|e| &*e.key).collect();
    suggest::list(&keys)
}

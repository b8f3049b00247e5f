//! The parts of a value, handed to serde one after the other.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::error::Error;
use super::{NodeDe, magic};
use crate::scenario::context::Context;
use crate::scenario::source::Span;
use crate::scenario::tree::{Entry, NodeId};

/// What an [`Item`](super::syntax::Item) is made of: the value, or nothing; start; end.
pub(super) struct ItemAccess<'a> {
    pub(super) value: ItemValue<'a>,
    pub(super) span: Span,
    pub(super) next: u8,
}

pub(super) enum ItemValue<'a> {
    Here(NodeDe<'a>),
    Missing,
}

impl<'de> SeqAccess<'de> for ItemAccess<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.next += 1;
        match self.next {
            1 => match self.value {
                ItemValue::Here(de) => match seed.deserialize(de) {
                    Ok(value) => Ok(Some(value)),
                    Err(error) => {
                        error.record(de.cx, de.id);
                        Ok(None)
                    }
                },
                ItemValue::Missing => Ok(None),
            },
            2 => seed
                .deserialize(self.span.start.into_deserializer())
                .map(Some),
            3 => seed
                .deserialize(self.span.end.into_deserializer())
                .map(Some),
            _ => Ok(None),
        }
    }
}

/// A name that the user chose: name, its start and end, value.
pub(super) struct NamedAccess<'a> {
    pub(super) cx: &'a Context,
    pub(super) entry: &'a Entry,
    pub(super) next: u8,
}

impl<'de> SeqAccess<'de> for NamedAccess<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.next += 1;
        let Entry {
            key,
            key_span,
            value,
        } = self.entry;
        match self.next {
            1 => seed
                .deserialize(StrDeserializer::<Error>::new(key))
                .map(Some),
            2 => seed
                .deserialize(key_span.start.into_deserializer())
                .map(Some),
            3 => seed.deserialize(key_span.end.into_deserializer()).map(Some),
            4 => seed
                .deserialize(NodeDe {
                    cx: self.cx,
                    id: *value,
                })
                .map(Some),
            _ => Ok(None),
        }
    }
}

pub(super) struct NamesAccess<'a> {
    pub(super) cx: &'a Context,
    pub(super) entries: std::slice::Iter<'a, Entry>,
}

impl<'de> SeqAccess<'de> for NamesAccess<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(entry) = self.entries.next() else {
            return Ok(None);
        };
        seed.deserialize(EntryDe { cx: self.cx, entry }).map(Some)
    }
}

/// One entry of a map of chosen names.
struct EntryDe<'a> {
    cx: &'a Context,
    entry: &'a Entry,
}

impl<'de> Deserializer<'de> for EntryDe<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(NamedAccess {
            cx: self.cx,
            entry: self.entry,
            next: 0,
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

pub(super) struct ListAccess<'a> {
    pub(super) cx: &'a Context,
    pub(super) items: std::slice::Iter<'a, NodeId>,
}

impl<'de> SeqAccess<'de> for ListAccess<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(&id) = self.items.next() else {
            return Ok(None);
        };
        let de = NodeDe { cx: self.cx, id };
        seed.deserialize(de)
            .map(Some)
            .map_err(|e| e.at(self.cx, id))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The known keys of a struct: those that are given, then those that are not.
pub(super) struct StructAccess<'a> {
    pub(super) de: NodeDe<'a>,
    pub(super) known: Vec<(&'static str, NodeId)>,
    pub(super) next: usize,
    pub(super) absent: std::slice::Iter<'static, &'static str>,
    pub(super) value: StructValue,
}

pub(super) enum StructValue {
    Given(NodeId),
    Absent(&'static str),
    Done,
}

impl<'de> MapAccess<'de> for StructAccess<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if let Some(&(field, value)) = self.known.get(self.next) {
            self.next += 1;
            self.value = StructValue::Given(value);
            return seed
                .deserialize(StrDeserializer::<Error>::new(field))
                .map(Some);
        }
        let known = &self.known;
        if let Some(field) = self.absent.find(|f| known.iter().all(|(k, _)| k != *f)) {
            self.value = StructValue::Absent(field);
            return seed
                .deserialize(StrDeserializer::<Error>::new(field))
                .map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let cx = self.de.cx;
        match std::mem::replace(&mut self.value, StructValue::Done) {
            StructValue::Given(id) => seed
                .deserialize(NodeDe { cx, id })
                .map_err(|e| e.at(cx, id)),
            StructValue::Absent(key) => seed.deserialize(Absent {
                de: self.de,
                message: format!("the key `{key}` is missing"),
                help: None,
            }),
            StructValue::Done => Err(Error::new("a value without a key")),
        }
    }
}

/// Where a value is not: right for what is optional, a mistake otherwise.
struct Absent<'a> {
    /// The value that lacks it.
    de: NodeDe<'a>,
    message: String,
    help: Option<String>,
}

impl<'de> Deserializer<'de> for Absent<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let _ = visitor;
        Err(Error::new(self.message)
            .help(self.help)
            .at(self.de.cx, self.de.id))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name != magic::ITEM {
            return self.deserialize_any(visitor);
        }
        let (cx, id) = (self.de.cx, self.de.id);
        Error::new(self.message).help(self.help).record(cx, id);
        visitor.visit_seq(ItemAccess {
            value: ItemValue::Missing,
            span: self.de.span(),
            next: 0,
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A word, or a map whose only key is one.
pub(super) struct EnumDe<'a> {
    pub(super) de: NodeDe<'a>,
    pub(super) word: &'a str,
    pub(super) word_span: Span,
    pub(super) value: Option<NodeDe<'a>>,
}

impl<'de> EnumAccess<'de> for EnumDe<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let variant = seed.deserialize(StrDeserializer::<Error>::new(self.word))?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for EnumDe<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            None => Ok(()),
            Some(value) => Err(Error::new(format!("`{}` takes no value", self.word))
                .help(Some(format!("write `{}` alone", self.word)))
                .at(value.cx, value.id)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        match self.value {
            Some(de) => seed.deserialize(de).map_err(|e| e.at(de.cx, de.id)),
            None => seed.deserialize(Absent {
                de: self.de,
                message: format!("`{}` needs a value", self.word),
                help: Some(format!("write `{}: ...`", self.word)),
            }),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.de.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.de.deserialize_any(visitor)
    }
}

/// A value and its shape: `scalar`, `list`, `map`, `bytes` (a map that is a value), `nothing`.
pub(super) struct ShapeAccess<'a>(pub(super) NodeDe<'a>);

impl<'de> EnumAccess<'de> for ShapeAccess<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let shape = seed.deserialize(StrDeserializer::<Error>::new(self.0.shape()))?;
        Ok((shape, self))
    }
}

impl<'de> VariantAccess<'de> for ShapeAccess<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }
}

//! What the kinds of fields know: one file a kind, and their registry.
//!
//! Each kind checks its part of a description, accepts or refuses the bytes of a finished field,
//! makes them from a message, and names what can be wrong with them. Where a field ends is no
//! matter of its kind, unless its own bytes say it.

pub(crate) mod bytes;
pub(crate) mod constant;
pub(crate) mod decimal;
mod first_of;
mod frame;
mod headers;
pub(crate) mod int;
pub(crate) mod json;
mod lines;
pub(crate) mod nested;
pub(crate) mod number;
mod repeat;
mod switch;
pub(crate) mod text;
pub(crate) mod varint;

use super::compile::{Compiling, Draft};
use super::encode::Piece;
use super::malformed::Candidate;
use super::plan::{Part, Plan};
use super::rebuild::Rebuild;
use super::spec::{Kind, Selector};
use super::spec_error::SpecError;
use super::wrong::Wrong;
use crate::{EncodeError, Value};

/// What a complete field says about others.
pub(crate) enum Said {
    /// Nothing.
    Nothing,
    /// A length.
    Length(Length),
    /// How often the frame at `place` stands.
    Count { place: usize, value: i128 },
    /// A digest as hexadecimal text, and perhaps a length.
    Digest { hex: String, length: Option<Length> },
}

/// What a field says about a rule.
pub(crate) struct Length {
    pub(crate) rule: usize,
    pub(crate) says: Says,
    /// The offset in the field at which it stands.
    pub(crate) at: usize,
}

/// The value of a length.
pub(crate) enum Says {
    Value(i128),
    /// There is no such field.
    Absent,
    /// It says nothing: the field ends otherwise.
    Untold,
}

/// How far a field whose own bytes say its end was searched; offsets from its first byte.
pub(crate) enum Scan {
    /// Its content ends at `end`, and the next field begins at `next`.
    End { end: usize, next: usize },
    /// It ends at `least` or later, and bytes before `resume` need not be looked at again.
    More { least: usize, resume: usize },
}

/// The behaviour of a kind.
pub(crate) trait FieldKind {
    /// True where a message may set the field.
    fn is_settable(&self) -> bool {
        true
    }

    /// True where a message may leave the field out.
    fn has_default(&self) -> bool {
        false
    }

    /// Why a message may not set the field.
    fn fixed_because(&self) -> &'static str {
        "it is constant, leave it out"
    }

    /// The content of the field `part`, as far as no other field decides on it. `before` are the
    /// pieces of the fields before it.
    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError>;

    /// Writes the lengths that stand in a text. Those of later fields stand already.
    fn describe(
        &self,
        _plan: &Plan,
        _pieces: &mut [Piece<'_>],
        _place: usize,
    ) -> Result<(), EncodeError> {
        Ok(())
    }

    /// Writes a number that speaks of other fields. True where that changes its size.
    fn count(
        &self,
        _plan: &Plan,
        _pieces: &mut [Piece<'_>],
        _place: usize,
    ) -> Result<bool, EncodeError> {
        Ok(false)
    }

    /// Writes what depends on the final bytes of other fields, without changing any size.
    fn seal(&self, _plan: &Plan, _pieces: &mut [Piece<'_>], _place: usize) {}

    /// Reads a complete field.
    fn accept(&self, content: &[u8]) -> Result<Said, Wrong>;

    /// Searches the end of the field in its first bytes, of which those before `from` were
    /// searched already.
    fn scan(&self, _bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
        Ok(Scan::End {
            end: from,
            next: from,
        })
    }

    /// The rule whose length the field is, where it is nothing else.
    fn length_rule(&self) -> Option<usize> {
        None
    }

    /// Appends the bytes of a number, where the field holds one.
    fn write_number(&self, _value: i128, _out: &mut Vec<u8>) {}

    /// The bytes of a number.
    fn number(&self, value: i128) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_number(value, &mut out);
        out
    }

    /// The value by which a switch chooses.
    fn selector(&self, content: &[u8]) -> Selector {
        Selector::Bytes(content.to_vec())
    }

    /// The frames inside.
    fn nested(&self) -> Option<&dyn nested::Nested> {
        None
    }

    /// Frames in which this field is wrong.
    fn malformed(&self, _frame: &Rebuild<'_>, _place: usize, _out: &mut Vec<Candidate>) {}
}

/// The registry: a line says what holds the kind after compilation, the description that it is
/// made from, and how.
macro_rules! kinds {
    (|$compiling:ident| $($variant:ident($kind:ty): $pattern:pat => $compile:expr;)+) => {
        /// What a field holds.
        #[derive(Debug)]
        pub(crate) enum Content {
            $($variant($kind),)+
        }

        impl Content {
            /// The content of a field, and where it ends as far as it says so itself.
            pub(crate) fn compile(
                $compiling: &mut Compiling<'_>,
                kind: &Kind,
            ) -> Result<(Self, Draft), SpecError> {
                match kind {
                    $($pattern => {
                        let (content, draft) = $compile?;
                        Ok((Self::$variant(content), draft))
                    })+
                }
            }

            /// The behaviour, where speed is no matter.
            pub(crate) fn kind(&self) -> &dyn FieldKind {
                match self {
                    $(Self::$variant(kind) => kind,)+
                }
            }

            /// As [`FieldKind::accept`].
            #[inline]
            pub(crate) fn accept(&self, content: &[u8]) -> Result<Said, Wrong> {
                match self {
                    $(Self::$variant(kind) => kind.accept(content),)+
                }
            }

            /// As [`FieldKind::scan`].
            #[inline]
            pub(crate) fn scan(&self, bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
                match self {
                    $(Self::$variant(kind) => kind.scan(bytes, from),)+
                }
            }
        }
    };
}

kinds! {
    |c|
    Int(number::Number<crate::IntType>): Kind::Int { int, role } => int::compile(c, *int, role);
    Varint(number::Number<varint::Varint>): Kind::Varint { max, role } => varint::compile(c, *max, role);
    Decimal(number::Number<decimal::Decimal>): Kind::Decimal { digits, role } => decimal::compile(c, digits, role);
    Bytes(bytes::Bytes): Kind::Bytes(extent) => bytes::compile(c, extent);
    Text(text::Text): Kind::Text(extent) => text::compile(c, extent);
    Json(json::JsonObject): Kind::Json(spec) => json::compile(c, spec);
    Const(constant::Constant): Kind::Const(bytes) => constant::compile(c, bytes);
    Headers(headers::Headers): Kind::Headers(spec) => headers::compile(c, spec);
    Lines(lines::Lines): Kind::Lines(spec) => lines::compile(c, spec);
    Frame(frame::Inner): Kind::Frame(fields) => frame::compile(c, fields);
    Switch(switch::Switch): Kind::Switch(spec) => switch::compile(c, spec);
    Repeat(repeat::Repeat): Kind::Repeat(spec) => repeat::compile(c, spec);
    FirstOf(first_of::FirstOf): Kind::FirstOf(alternatives) => first_of::compile(c, alternatives);
}

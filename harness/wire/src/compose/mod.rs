//! Frames composed of named fields: the description, its checks, and what works from them.
//!
//! A description ([`FieldSpec`]s) is compiled into a plan, in which each name is a place and each
//! field's end is known: fixed, said by a length, before a terminator, or at the end of the input.
//! The machine (decoder), the encoder and the makers of malformed frames work from the plan. A new
//! kind of field is its description in `spec`, a file in `kinds` and a line of the registry there;
//! a new way to end is a `Reach`.

mod compile;
mod encode;
pub(crate) mod kinds;
mod machine;
mod malformed;
mod names;
mod plan;
mod rebuild;
mod sizes;
mod solve;
mod spec;
mod spec_error;
pub(crate) mod wrong;

pub use spec::{
    Alternative, DigestSpec, Digits, Extent, FieldSpec, HeaderSize, HeadersSpec, IntRole, JsonSpec,
    Kind, LinesSpec, RepeatSpec, Selector, SwitchCase, SwitchSpec,
};
pub use spec_error::{SpecError, SpecErrorKind};

pub(crate) use compile::{compile, without_stream_fields};
pub(crate) use encode::encode;
pub(crate) use machine::Machine;
pub(crate) use malformed::malformed;
pub(crate) use plan::{Plan, Reach};

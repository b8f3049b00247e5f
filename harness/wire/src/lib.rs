//! Framings as pure functions over bytes: no sockets, no clock, no files.
//!
//! A [`Framing`] says how messages lie in a stream of bytes. It encodes a [`Message`] into bytes
//! and the [`Field`]s they hold, and hands out [`Decoder`]s that find the next frame again, however
//! the bytes arrive.
//!
//! Three rules hold for every framing here:
//! - Incomplete is not invalid: too few bytes are [`Progress::NeedMore`], never a [`FrameError`].
//! - A decoder resumes where it stopped: a frame fed byte by byte costs linear time.
//! - No input makes it panic, nor allocate more than its [`Limits`] allow.

mod compose;
mod decoder;
mod digest;
mod effort;
mod error;
mod frame;
mod framing;
pub mod framings;
mod int;
mod json;
mod limits;
mod line;
mod message;
mod terminator;

pub use compose::{
    Alternative, DigestSpec, Digits, Extent, FieldSpec, HeaderSize, HeadersSpec, IntRole, JsonSpec,
    Kind, LinesSpec, RepeatSpec, Selector, SpecError, SpecErrorKind, SwitchCase, SwitchSpec,
};
pub use decoder::{Decoder, Progress};
pub use digest::{Algorithm, UnknownAlgorithm};
pub use error::{EncodeError, FrameError, FrameErrorKind};
pub use frame::{Encoded, Field, Frame};
pub use framing::{Framing, Malformed};
pub use framings::{
    Composed, Counts, DEFAULT_SIZE_KEY, Delimiter, Fixed, JsonDigest, JsonHeader, LengthPrefix, Raw,
};
pub use int::{IntType, Order, UnknownInt};
pub use limits::Limits;
pub use line::LineEnd;
pub use message::{Message, Value};

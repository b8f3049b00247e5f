//! The words of the language, as types: what may be written, before it is known to make sense.
//!
//! Steps and conditions have theirs in files of their own: [`crate::step`], [`crate::condition`].
//!
//! These types drive everything that speaks of the language: reading, suggestions, the editors'
//! schema and the reference. A key is either `Item<T>`, and then needed, or `Option<Item<T>>`.
//! The doc comments are the reference's text.

mod bytes;
mod case;
mod exchange;
mod field;
mod frame;
mod item;
mod known;
mod load;
mod message;
mod options;
mod profile;
mod protocol;
pub(crate) mod scalar;
mod shape;

pub use crate::step::StepSyntax;
pub use bytes::{Bytes, BytesForm, DigestForm, DigestWord, FillSyntax, HmacForm};
pub use case::{
    CaseSyntax, CutSyntax, DeliverSyntax, LevelSyntax, MergeSyntax, NeedSyntax, PlusSyntax,
    RandomSyntax, ScenarioSyntax,
};
pub use exchange::{ExchangeSyntax, ReplySyntax, ReplyWord};
pub use field::{
    BytesArgs, BytesExtent, DecimalArgs, FieldList, FieldSyntax, HeaderSizeArgs, HeadersArgs,
    IntArgs, IntWord, JsonArgs, JsonDigest, JsonSize, LineEndWord, LinesArgs, OnlyWord, RepeatArgs,
    RestWord, RoleArgs, SwitchArgs, SwitchCaseArgs, VarintArgs,
};
pub use frame::{
    AlgorithmSyntax, CountsSyntax, DelimiterSyntax, DigestSyntax, FixedSyntax, FrameForm,
    FrameSyntax, JsonHeaderSyntax, LengthPrefixSyntax, MessageSyntax,
};
pub use item::{Item, Named, Names, Raw};
pub use known::{KnownFailureSyntax, KnownFailuresSyntax};
pub use load::{
    ArrivalsSyntax, LoadDeliverySyntax, LoadModelSyntax, LoadSyntax, OpenSyntax, StageSyntax,
};
pub use message::{
    HttpMessage, HttpValue, RespNull, RespTyped, RespValue, WebSocketClose, WebSocketCode,
    WebSocketControl, WebSocketKind, WebSocketMessage, WebSocketPart, WebSocketPayload,
};
pub use options::{OptionsSyntax, SetSyntax};
pub use profile::{
    BuiltinMap, BuiltinSyntax, EndsSyntax, LimitsSyntax, OrderSyntax, ProfileSyntax, ReadyForm,
    ReadyLine, ReadySyntax, ReadyWord, ResetSyntax, RoleSyntax, StartMap, StartSyntax,
    TransportSyntax, WithoutSyntax,
};
pub use protocol::ProtocolSyntax;
pub use scalar::{Bound, Count, ExitSyntax, Int, Range, Rate, Share, Size, Time, Word};

pub(crate) use shape::by_shape;

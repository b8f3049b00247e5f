//! The words of the language, as types: what may be written, before it is known to make sense.
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
mod options;
mod profile;
mod protocol;
pub(crate) mod scalar;
mod shape;
mod step;

pub use bytes::{Bytes, BytesForm, FillSyntax};
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
pub use options::{OptionsSyntax, SetSyntax};
pub use profile::{
    BuiltinMap, BuiltinSyntax, LimitsSyntax, ProfileSyntax, ReadyForm, ReadyLine, ReadySyntax,
    ReadyWord, ResetSyntax, RoleSyntax, StartMap, StartSyntax, TransportSyntax, WithoutSyntax,
};
pub use protocol::ProtocolSyntax;
pub use scalar::{Bound, Count, Int, Range, Size, Time, Word};
pub use step::{
    AllWord, ClosedMap, ClosedSyntax, ConditionSyntax, ConnectMap, ConnectSyntax, HowSyntax,
    PlayExchanges, PlayMap, PlaySyntax, PortStateSyntax, QueueSyntax, RatioSyntax, ReadSizes,
    RecvMap, RecvSyntax, RepeatSyntax, SecondExpect, SecondSyntax, SendMap, SendSyntax, SignalWord,
    SilenceMap, SilenceSyntax, StartTargetSyntax, StepSyntax, StopTargetSyntax, TimedSyntax,
};

//! The words of the language, as types: what may be written, before it is known to make sense.
//!
//! These types drive everything that speaks of the language: reading, suggestions, the editors'
//! schema and the reference. A key is either `Item<T>`, and then needed, or `Option<Item<T>>`.
//! The doc comments are the reference's text.

mod bytes;
mod case;
mod exchange;
mod frame;
mod item;
mod known;
mod options;
mod profile;
pub(crate) mod scalar;
mod shape;
mod step;

pub use bytes::{Bytes, BytesForm, DigestForm, DigestWord, FillSyntax, HmacForm};
pub use case::{
    CaseSyntax, CutSyntax, DeliverSyntax, LevelSyntax, MergeSyntax, NeedSyntax, PlusSyntax,
    RandomSyntax, ScenarioSyntax,
};
pub use exchange::{ExchangeSyntax, ReplySyntax, ReplyWord};
pub use frame::{
    AlgorithmSyntax, BytesArgs, BytesExtent, CountsSyntax, DelimiterSyntax, DigestSyntax,
    FieldSyntax, FixedSyntax, FrameForm, FrameSyntax, IntArgs, IntWord, JsonArgs, JsonDigest,
    JsonHeaderSyntax, JsonSize, LengthPrefixSyntax, MessageSyntax, RestWord,
};
pub use item::{Item, Named, Names, Raw};
pub use known::{KnownFailureSyntax, KnownFailuresSyntax};
pub use options::{OptionsSyntax, SetSyntax};
pub use profile::{
    BuiltinMap, BuiltinSyntax, LimitsSyntax, OrderSyntax, ProfileSyntax, ReadyForm, ReadyLine,
    ReadySyntax, ReadyWord, ResetSyntax, RoleSyntax, StartMap, StartSyntax, TransportSyntax,
    WithoutSyntax,
};
pub use scalar::{Bound, Count, Int, Range, Size, Time, Word};
pub use step::{
    AllWord, ClosedMap, ClosedSyntax, ConditionSyntax, ConnectMap, ConnectSyntax, HowSyntax,
    PlayExchanges, PlayMap, PlaySyntax, PortStateSyntax, QueueSyntax, RatioSyntax, ReadSizes,
    RecvMap, RecvSyntax, RepeatSyntax, SecondExpect, SecondSyntax, SendMap, SendSyntax, SignalWord,
    SilenceMap, SilenceSyntax, StartTargetSyntax, StepSyntax, StopTargetSyntax, TimedSyntax,
};

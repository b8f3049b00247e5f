//! The steps of a case as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::by_shape;
use super::{Bound, Bytes, Count, Item, OptionsSyntax, SetSyntax, Size, Time};

/// One step of a case. Where a step names no connection, the one that was opened last is meant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepSyntax {
    /// Plays exchanges of the profile, under the case's deliveries. Opens the connection where it is
    /// not open.
    Play(Item<PlaySyntax>),
    /// Opens a connection.
    Connect(Item<ConnectSyntax>),
    /// Sends bytes.
    Send(Item<SendSyntax>),
    /// Receives bytes, which must be as stated.
    Recv(Item<RecvSyntax>),
    /// The peer must neither send nor close for this long.
    Silence(Item<SilenceSyntax>),
    /// Sends FIN and goes on reading (half-close).
    Shutdown(Option<Item<String>>),
    /// Closes the connection.
    Close(Option<Item<String>>),
    /// Ends the connection with RST.
    Reset(Option<Item<String>>),
    /// The peer must close.
    Closed(Item<ClosedSyntax>),
    /// Changes socket options of an open connection.
    Set(Item<SetSyntax>),
    /// A precondition. If it is not seen, the case is not judged.
    Require(Item<ConditionSyntax>),
    /// A condition that must hold. If it is not seen, the case fails.
    Expect(Item<ConditionSyntax>),
    /// Stops the target's processes with SIGSTOP, until each thread is seen stopped.
    PauseTarget,
    /// Lets the target's processes go on with SIGCONT.
    ResumeTarget,
    /// Ends the target.
    StopTarget(Option<Item<StopTargetSyntax>>),
    /// Starts the target again, on the same port.
    StartTarget(Option<Item<StartTargetSyntax>>),
    /// Starts a second instance on the same port.
    StartSecond(Item<SecondSyntax>),
    /// Steps, several times.
    Repeat(Item<RepeatSyntax>),
    /// Steps whose duration is kept under a name.
    Timed(Item<TimedSyntax>),
}

by_shape! {
    /// What is played: `all` exchanges, or a map that says more.
    pub enum PlaySyntax expecting "`all`, or a map such as `{exchanges: [read], on: a}`" {
        /// All exchanges.
        "scalar" => All(AllWord),
        /// The same with more.
        "map" | "bytes" => Map(PlayMap),
    }
}

/// All of them.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum AllWord {
    /// All exchanges of the profile, in order.
    All,
}

/// What is played, and on which connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct PlayMap {
    /// `all`, or a list of names.
    #[schemars(extend("default" = "all"))]
    pub exchanges: Option<Item<PlayExchanges>>,
    /// The connection.
    pub on: Option<Item<String>>,
}

by_shape! {
    /// Which exchanges are played.
    pub enum PlayExchanges expecting "`all`, or a list of exchanges" {
        /// All exchanges.
        "scalar" => All(AllWord),
        /// These, in this order.
        "list" => Names(Vec<Item<String>>),
    }
}

by_shape! {
    /// A connection to open: its name, or a map that says more.
    pub enum ConnectSyntax expecting "the name of a connection, or a map with `name`" {
        /// Its name.
        "scalar" => Name(String),
        /// The same with more.
        "map" | "bytes" => Map(ConnectMap),
    }
}

/// A connection to open.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ConnectMap {
    /// Its name.
    pub name: Item<String>,
    /// How many are opened, named `NAME-1`, `NAME-2` and so on.
    pub count: Option<Item<Count>>,
    /// Socket options, over those of the profile.
    pub options: Option<Item<OptionsSyntax>>,
    /// The error that must come, such as `ECONNREFUSED`. Absent: it must succeed.
    pub error: Option<Item<String>>,
}

by_shape! {
    /// Bytes to send in one write, or a map that says more.
    pub enum SendSyntax expecting "bytes, or a map such as `{parts: [\"he\", \"llo\"]}`" {
        /// The bytes.
        "scalar" | "bytes" => Whole(Bytes),
        /// How they are written.
        "map" => Map(SendMap),
    }
}

/// Bytes to send. Exactly one of `whole`, `parts`, `merged`, `writes` and `vectored`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SendMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// One write.
    pub whole: Option<Item<Bytes>>,
    /// One write each; each is proved to be read before the next is written.
    pub parts: Option<Item<Vec<Item<Bytes>>>>,
    /// One write of all together, proved to be queued together.
    pub merged: Option<Item<Vec<Item<Bytes>>>>,
    /// One write each, back to back: what merges is left to the kernel.
    pub writes: Option<Item<Vec<Item<Bytes>>>>,
    /// All in one sendmsg(2).
    pub vectored: Option<Item<Vec<Item<Bytes>>>>,
    /// True: MSG_MORE on all but the last of `writes`.
    #[schemars(extend("default" = false))]
    pub more: Option<Item<bool>>,
    /// The error that must come, such as `EMSGSIZE`. Absent: it must succeed.
    pub error: Option<Item<String>>,
}

by_shape! {
    /// Bytes that must arrive, exactly, or a map that says more.
    pub enum RecvSyntax expecting "bytes, or a map such as `{prefix: \"OK\"}`" {
        /// Exactly these bytes.
        "scalar" | "bytes" => Exact(Bytes),
        /// Something else.
        "map" => Map(RecvMap),
    }
}

/// What must arrive. Exactly one of `exact`, `prefix`, `regex`, `size`, `nothing` and `reads`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RecvMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// These bytes. Where messages keep their boundaries, one message.
    pub exact: Option<Item<Bytes>>,
    /// At least these bytes at the front.
    pub prefix: Option<Item<Bytes>>,
    /// Bytes that match from the first one on.
    pub regex: Option<Item<String>>,
    /// So many bytes.
    pub size: Option<Item<Size>>,
    /// Nothing, for this long.
    pub nothing: Option<Item<Time>>,
    /// One read for each of these, which returns exactly these bytes.
    pub reads: Option<Item<Vec<Item<Bytes>>>>,
    /// The size of each read; a list for each in turn, whose last one repeats.
    pub in_reads_of: Option<Item<ReadSizes>>,
    /// The full size of a datagram that must be seen to be truncated.
    pub truncated: Option<Item<Size>>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

by_shape! {
    /// The sizes of reads.
    pub enum ReadSizes expecting "a size, or a list of sizes" {
        /// The size of every read.
        "scalar" => One(Size),
        /// The size of each read in turn; the last one repeats.
        "list" => Several(Vec<Item<Size>>),
    }
}

by_shape! {
    /// How long the peer is silent, or a map that says more.
    pub enum SilenceSyntax expecting "a duration such as `100ms`, or a map with `for`" {
        /// How long.
        "scalar" => For(Time),
        /// The same with more.
        "map" | "bytes" => Map(SilenceMap),
    }
}

/// How long the peer is silent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SilenceMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// How long.
    #[serde(rename = "for")]
    pub duration: Item<Time>,
}

by_shape! {
    /// How the peer closes, or a map that says more.
    pub enum ClosedSyntax expecting "`fin`, `reset`, `any`, or a map with `how`" {
        /// How.
        "scalar" => How(HowSyntax),
        /// The same with more.
        "map" | "bytes" => Map(ClosedMap),
    }
}

/// How a peer closes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum HowSyntax {
    /// FIN: the end of the stream.
    Fin,
    /// RST.
    Reset,
    /// Either.
    Any,
}

/// How the peer closes, and where.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ClosedMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// How.
    pub how: Item<HowSyntax>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

/// Something that can be seen to hold.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConditionSyntax {
    /// A socket with the target's port is in this state, such as `TIME_WAIT`.
    PortState(Item<PortStateSyntax>),
    /// Data segments sent since the last `send` began, or since the connection was opened.
    Segments(Item<QueueSyntax>),
    /// Bytes that wait unread at the peer.
    PeerQueue(Item<QueueSyntax>),
    /// Bytes that wait unread here.
    OwnQueue(Item<QueueSyntax>),
    /// Bytes that wait unsent here.
    Unsent(Item<QueueSyntax>),
    /// The duration of one `timed` block over that of another.
    Ratio(Item<RatioSyntax>),
    /// The target is alive.
    TargetAlive,
    /// The target uses less than a fifth of a core while nothing is asked of it.
    TargetIdle,
    /// Every process that the target started and that has ended was waited for: there is no zombie.
    NoZombies,
    /// The process at the other end of a Unix connection is one of the target's, by SO_PEERCRED.
    PeerIsTarget(Option<Item<String>>),
}

/// The state of a TCP socket, as ss(8) names it: `TIME_WAIT`, `CLOSE_WAIT`, `LISTEN`, ...
pub type PortStateSyntax = String;

/// A number that is measured on a connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct QueueSyntax {
    /// The connection.
    pub on: Option<Item<String>>,
    /// The bound.
    pub is: Item<Bound>,
}

/// The duration of one `timed` block over that of another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RatioSyntax {
    /// The block above the line.
    pub of: Item<String>,
    /// The block below the line.
    pub to: Item<String>,
    /// The bound.
    pub is: Item<Bound>,
}

/// How the target is ended.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StopTargetSyntax {
    /// The signal.
    #[schemars(extend("default" = "TERM"))]
    pub signal: Option<Item<SignalWord>>,
}

/// A signal.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum SignalWord {
    /// SIGTERM: it is asked to end.
    Term,
    /// SIGKILL: it is ended.
    Kill,
}

/// How the target is started again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StartTargetSyntax {
    /// How long it may take to be ready.
    #[schemars(extend("default" = "5s"))]
    pub within: Option<Item<Time>>,
    /// What must become of it.
    #[schemars(extend("default" = "ready"))]
    pub expect: Option<Item<SecondExpect>>,
}

/// A second instance on the same port.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SecondSyntax {
    /// What must become of it.
    pub expect: Item<SecondExpect>,
}

/// What must become of an instance that is started.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SecondExpect {
    /// It ends with an error, since the port is taken.
    Refused,
    /// It becomes ready.
    Ready,
}

/// Steps, several times.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RepeatSyntax {
    /// How often.
    pub times: Item<Count>,
    /// The steps.
    pub steps: Item<Vec<Item<StepSyntax>>>,
}

/// Steps whose duration is kept under a name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct TimedSyntax {
    /// The name.
    pub name: Item<String>,
    /// The steps.
    pub steps: Item<Vec<Item<StepSyntax>>>,
}

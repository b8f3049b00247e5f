//! Scenarios as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Count, Item, LoadSyntax, Range, Size, StepSyntax};

/// What is done to a target.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ScenarioSyntax {
    /// Its name.
    pub scenario: Item<String>,
    /// What it is about, in a sentence or two.
    pub about: Option<Item<String>>,
    /// The name of a profile in this file, or the path of a file whose first profile is meant.
    /// Absent: the target is named when it is run.
    pub target: Option<Item<String>>,
    /// Its cases, at least one.
    pub cases: Item<Vec<Item<CaseSyntax>>>,
}

/// One case of a scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct CaseSyntax {
    /// Its name, unique in a file: lower-case words with dots, underscores or dashes between them.
    pub id: Item<String>,
    /// What is true if it passes.
    pub title: Item<String>,
    /// Why it matters.
    pub why: Option<Item<String>>,
    /// The sources of the rule.
    pub cite: Option<Item<Vec<Item<String>>>>,
    /// How much a failure weighs.
    #[schemars(extend("default" = "must"))]
    pub level: Option<Item<LevelSyntax>>,
    /// What it needs of the target. It is skipped where that is lacking.
    pub needs: Option<Item<Vec<Item<NeedSyntax>>>>,
    /// Kernel settings that it rests on, such as `net.ipv4.tcp_timestamps == 1`. It is skipped where
    /// one is otherwise.
    pub sysctl: Option<Item<Vec<Item<String>>>>,
    /// Words to choose cases by.
    pub tags: Option<Item<Vec<Item<String>>>>,
    /// Its own target, written as that of the scenario.
    pub target: Option<Item<String>>,
    /// True: it may share a running target with other cases that say so.
    #[schemars(extend("default" = false))]
    pub share: Option<Item<bool>>,
    /// True: its boundary diagram is shown even when it passes.
    #[schemars(extend("default" = false))]
    pub show: Option<Item<bool>>,
    /// How the bytes of `play` steps reach the peer. Each is tried.
    #[schemars(extend("default" = ["whole"]))]
    pub deliver: Option<Item<Vec<Item<DeliverSyntax>>>>,
    /// The load that it puts on its target, instead of `steps` and `deliver`. Load cases of a folder
    /// run only with `--load`, or where they are named.
    pub load: Option<Item<LoadSyntax>>,
    /// Bounds on the latency of its exchanges, such as `p99 < 10ms`: `pNN`, `mean` or `max`, a
    /// relation, a duration. Of a load case also `rate > 5000/s`, and `errors`, `timeouts` and
    /// `corrupt` with a relation and a count.
    pub thresholds: Option<Item<Vec<Item<String>>>>,
    /// What is done, in order.
    #[schemars(extend("default" = [{"play": "all"}]))]
    pub steps: Option<Item<Vec<Item<StepSyntax>>>>,
}

/// How much a failure weighs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LevelSyntax {
    /// A failure fails the run.
    Must,
    /// A failure is a warning.
    Should,
    /// A failure is information.
    May,
}

/// What a case needs of its target.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum NeedSyntax {
    /// TCP or a Unix stream.
    Stream,
    /// UDP or Unix datagrams.
    Datagram,
    /// UDP.
    Udp,
    /// A Unix socket of any kind.
    Unix,
    /// TCP.
    Tcp,
    /// A frame with a length field.
    LengthField,
    /// A program that was started for the run, so that it can be stopped.
    Started,
    /// A server: it is connected to.
    Server,
    /// A client: it connects.
    Client,
    /// IPv6 on the loopback interface.
    Ipv6,
    /// A second request before the first was answered.
    Pipelining,
    /// Answering after the client's FIN.
    HalfClose,
    /// Data before the server's greeting.
    EarlyData,
    /// More than one exchange a connection.
    Reuse,
    /// Several connections at once.
    Concurrency,
    /// Being stopped and started again.
    Restart,
    /// Bytes that break the protocol.
    Hostile,
}

/// How the bytes of a conversation reach the peer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliverSyntax {
    /// Each message in one write.
    Whole,
    /// Each message cut at certain offsets.
    Cut(Item<CutSyntax>),
    /// Once for each place where a message can be cut.
    EachCut,
    /// Once for each pair of cuts around the borders of fields.
    FieldPairs,
    /// Each byte by itself.
    EachByte,
    /// Cut at random, from the run's seed.
    Random(Item<RandomSyntax>),
    /// Several messages in one write.
    Merge(Item<MergeSyntax>),
}

/// Each message cut at certain offsets.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct CutSyntax {
    /// Offsets in bytes, ascending, each at least 1.
    pub at: Item<Vec<Item<Size>>>,
}

/// Cut at random.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RandomSyntax {
    /// How many times.
    pub runs: Item<Count>,
}

/// Several messages in one write.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct MergeSyntax {
    /// How many, at least 2.
    pub messages: Item<Range>,
    /// What follows in the same write.
    pub plus: Option<Item<PlusSyntax>>,
}

/// What follows merged messages in the same write.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum PlusSyntax {
    /// The first half of a further message.
    Half,
}

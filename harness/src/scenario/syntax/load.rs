//! Load as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Count, Item, Names, Rate, Share, Time};

/// Many requests over many connections. Each answer is verified, each latency recorded. What does
/// not hold without a threshold of its own: wrong answers, errors, timeouts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct LoadSyntax {
    /// When requests are sent.
    #[schemars(extend("default" = "closed"))]
    pub model: Option<Item<LoadModelSyntax>>,
    /// Connections at a time.
    #[schemars(extend("default" = 1))]
    pub connections: Option<Item<Count>>,
    /// Requests that may wait for their answer on one connection. More than 1 needs a target that
    /// allows pipelining; requests that are due together leave in one write.
    #[schemars(extend("default" = 1))]
    pub pipeline_depth: Option<Item<Count>>,
    /// Threads that generate the load.
    #[schemars(extend("default" = 1))]
    pub threads: Option<Item<Count>>,
    /// Time before the requests that count. Only good answers are left out: what goes wrong in the
    /// warm-up counts.
    pub warmup: Option<Item<Time>>,
    /// How long requests that count are sent. One of `duration` and `messages` is needed, unless
    /// the model has stages.
    pub duration: Option<Item<Time>>,
    /// How many requests that count are sent.
    pub messages: Option<Item<Count>>,
    /// Each connection is replaced by a new one after so many requests. The first response time on
    /// a connection counts from the begin of connect(2).
    pub churn: Option<Item<Count>>,
    /// The pause between an answer and the next request, in the closed model.
    pub think_time: Option<Item<Time>>,
    /// How long one answer may take: later ones are timeouts, and cost the connection. Absent: the
    /// profile's `timeout`, or 5s.
    pub timeout: Option<Item<Time>>,
    /// Exchanges of the profile with their shares, which come to 100 %. Absent: all, alike.
    pub exchanges: Option<Item<Names<Share>>>,
    /// How requests reach the peer. Absent: each in one write.
    pub delivery: Option<Item<LoadDeliverySyntax>>,
    /// True: the threads never sleep. It costs a core each, and measures the target without the
    /// time that the machine takes to wake a sleeper.
    #[schemars(extend("default" = false))]
    pub busy_poll: Option<Item<bool>>,
    /// Spreads connections over so many source addresses of 127/8, each with ephemeral ports of its
    /// own. Over TCP and UDP to an IPv4 loopback address.
    pub sources: Option<Item<Count>>,
    /// Open model: a request that leaves so much later than it could have is behind schedule. With
    /// more than 1 % of them the generator was the bottleneck, and the case cannot be judged.
    #[schemars(extend("default" = "10ms"))]
    pub lag_limit: Option<Item<Time>>,
}

/// When requests are sent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadModelSyntax {
    /// As soon as the answer to the one before has come.
    Closed,
    /// On a schedule, whatever the answers do. Latency counts from the scheduled time.
    Open(Item<OpenSyntax>),
}

/// A schedule. Either `rate` or `stages`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct OpenSyntax {
    /// Requests a second over all connections.
    pub rate: Option<Item<Rate>>,
    /// Rates one after the other; their times come to warm-up and duration together.
    pub stages: Option<Item<Vec<Item<StageSyntax>>>>,
    /// How arrivals lie in time.
    #[schemars(extend("default" = "constant"))]
    pub arrivals: Option<Item<ArrivalsSyntax>>,
}

/// A time with its rate. Either `rate` or `ramp_to`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StageSyntax {
    /// Requests a second from the begin of the stage on.
    pub rate: Option<Item<Rate>>,
    /// Requests a second at the end of the stage, reached along a straight line from where the
    /// stage before ended, or from 0.
    pub ramp_to: Option<Item<Rate>>,
    /// How long the stage takes.
    pub time: Item<Time>,
}

/// How arrivals lie in time.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalsSyntax {
    /// At equal distances.
    Constant,
    /// As independent events: exponential gaps, from the run's seed.
    Poisson,
}

/// How requests reach the peer under load, with shares that come to 100 %. Nothing is proved here.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct LoadDeliverySyntax {
    /// In one write.
    pub whole: Option<Item<Share>>,
    /// Each byte in a write of its own.
    pub each_byte: Option<Item<Share>>,
    /// In two writes, cut at random.
    pub random: Option<Item<Share>>,
}

//! Load, as a case asks for it.

use std::time::Duration;

/// The most source addresses that can be asked for: what one byte and a part of another tell apart.
pub const MAX_SOURCES: u32 = 250 * 256;

/// Load on a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// When requests are sent.
    pub model: LoadModel,
    /// Connections at a time, at least 1.
    pub connections: usize,
    /// Requests that may wait for their answer on one connection, at least 1.
    pub pipeline_depth: usize,
    /// Threads, at least 1 and at most as many as connections.
    pub threads: usize,
    /// Time before the requests that count.
    pub warmup: Duration,
    /// When it ends.
    pub end: End,
    /// Requests after which a connection is replaced by a new one, at least 1.
    pub churn: Option<u32>,
    /// The pause between an answer and the next request, in the closed model.
    pub think_time: Duration,
    /// How long one answer may take, where the user said it.
    pub timeout: Option<Duration>,
    /// Names of exchanges with their shares, which come to 1. Empty: all, alike.
    pub exchanges: Vec<(String, f64)>,
    /// How requests reach the peer, with shares, which come to 1. Empty: all whole.
    pub delivery: Vec<(LoadDelivery, f64)>,
    /// True: the threads never sleep.
    pub busy_poll: bool,
    /// Source addresses in 127/8 over which connections are spread; 0 leaves it to the kernel.
    pub sources: u32,
    /// How much later than it could have a request may leave before it counts as behind schedule.
    pub lag_limit: Duration,
}

/// When requests are sent.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadModel {
    /// As soon as the answer to the one before has come.
    Closed,
    /// On a schedule, whatever the answers do.
    Open {
        /// The rate over time. At least one stage.
        stages: Vec<Stage>,
        /// How arrivals lie in time.
        arrivals: Arrivals,
    },
}

/// A time with a rate that is constant or changes along a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// Requests a second at its begin.
    pub from: f64,
    /// Requests a second at its end.
    pub to: f64,
    /// Its length, above 0.
    pub time: Duration,
}

/// How arrivals lie in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances.
    Constant,
    /// As independent events: exponential gaps, from the run's seed.
    Poisson,
}

/// When load ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// So long after the warm-up.
    After(Duration),
    /// After so many requests that count.
    Messages(u64),
}

/// How a request reaches the peer under load, where nothing is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadDelivery {
    /// In one write, together with others that are due on the same connection.
    Whole,
    /// Each byte in a write of its own, one a turn of the loop.
    EachByte,
    /// In two writes, cut at random.
    Random,
}

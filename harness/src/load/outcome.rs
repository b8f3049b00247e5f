//! What came of a load case, and how it goes until then.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::clock::nanoseconds;
use super::counts::{Corrupt, Counts};
use crate::latency;
use crate::run::LoadWindow;

/// How a load case goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Time since the start.
    pub elapsed: Duration,
    /// How long it is to take, where that is known.
    pub of: Option<Duration>,
    /// Requests after the warm-up: begun, answered, failed in whatever way.
    pub sent: u64,
    /// Answered.
    pub answered: u64,
    /// Failed, timed out, or connections refused.
    pub errors: u64,
    /// Answers in the last full second.
    pub rate: u64,
    /// Response times of the last full second, in nanoseconds.
    pub p50_ns: u64,
    /// As above.
    pub p99_ns: u64,
}

/// Why no load was generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotBegun {
    /// The connections could not be opened: how many, and why.
    Unopened(String),
    /// The harness could not do its part.
    Broken(String),
}

/// What came of a load case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why no load was generated, where none was.
    pub not_begun: Option<NotBegun>,
    /// True where the run was to end before the load was over.
    pub interrupted: bool,
    /// True where the target ended.
    pub target_ended: bool,
    /// What was counted.
    pub counts: Counts,
    /// The first wrong answer.
    pub corrupt: Option<Corrupt>,
    /// From the intended time to the answer.
    pub response: Histogram<u64>,
    /// From the write to the answer, where that is another time.
    pub service: Option<Histogram<u64>>,
    /// How much later than they could have requests left, in the open model.
    pub lag: Option<Histogram<u64>>,
    /// One window a second, in order, the warm-up included.
    pub windows: Vec<LoadWindow>,
    /// Time in which measured requests were begun.
    pub measured: Duration,
    /// Processor time of the workers.
    pub generator_cpu: Option<Duration>,
    /// Time from the start to the end of the last worker.
    pub elapsed: Duration,
    /// Processor time of the target meanwhile.
    pub target_cpu: Option<Duration>,
    /// The most memory of the target that was seen, in bytes.
    pub target_rss: Option<u64>,
    /// TCP_INFO of the connections that were open at the end, summed.
    pub tcp_info: BTreeMap<&'static str, u64>,
}

impl Outcome {
    /// That of a case of which nothing is known yet.
    pub(super) fn empty() -> Self {
        Self {
            not_begun: None,
            interrupted: false,
            target_ended: false,
            counts: Counts::default(),
            corrupt: None,
            response: latency::empty(),
            service: None,
            lag: None,
            windows: Vec::new(),
            measured: Duration::ZERO,
            generator_cpu: None,
            elapsed: Duration::ZERO,
            target_cpu: None,
            target_rss: None,
            tcp_info: BTreeMap::new(),
        }
    }
}

impl Outcome {
    /// Measured requests that were answered, a second.
    pub fn rate(&self) -> f64 {
        per_second(self.counts.answered, self.measured)
    }
}

/// So many in this time, a second; 0 where there was no time.
pub(super) fn per_second(n: u64, time: Duration) -> f64 {
    match nanoseconds(time) {
        0 => 0.0,
        ns => n as f64 * 1e9 / ns as f64,
    }
}

//! What ties a worker to its coordinator: the stop sign, the start, windows, and the report.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use super::recorder::{Recorded, Window};

/// How a case is to end before its time.
#[derive(Debug, Default)]
pub(super) struct Stop(AtomicU8);

impl Stop {
    const GO_ON: u8 = 0;
    const INTERRUPTED: u8 = 1;
    const TARGET_ENDED: u8 = 2;

    /// The user asked for it.
    pub(super) fn interrupt(&self) {
        self.0.store(Self::INTERRUPTED, Ordering::Relaxed);
    }

    /// The target ended.
    pub(super) fn target_ended(&self) {
        self.0.store(Self::TARGET_ENDED, Ordering::Relaxed);
    }

    /// True where it is to end.
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed) != Self::GO_ON
    }

    /// True where the user asked for it.
    pub(super) fn is_interrupt(&self) -> bool {
        self.0.load(Ordering::Relaxed) == Self::INTERRUPTED
    }
}

/// What a worker shows of itself while it works.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    pub sent: AtomicU64,
    pub answered: AtomicU64,
    pub errors: AtomicU64,
}

/// What ties a worker to its coordinator.
#[derive(Debug)]
pub(super) struct Ties {
    pub stop: Arc<Stop>,
    pub gauge: Arc<Gauge>,
    /// Says whether all connections stand, and why not.
    pub ready: Sender<Result<(), String>>,
    /// The starting instant; `None` where there is none.
    pub start: Receiver<Option<Instant>>,
    /// Windows that are full, and those that come back empty.
    pub full: Sender<Box<Window>>,
    pub empty: Receiver<Box<Window>>,
}

/// What a worker brings home.
#[derive(Debug)]
pub(super) struct Report {
    pub recorded: Recorded,
    /// Nanoseconds from the start to the end, the time for late answers included.
    pub elapsed: u64,
    /// Processor time of the load itself, without opening connections at the start.
    pub cpu: Option<Duration>,
    /// TCP_INFO of the connections that were open at the end, summed.
    pub tcp_info: BTreeMap<&'static str, u64>,
}

/// Where a worker waits for its start.
#[derive(Debug)]
pub(super) struct Entrance {
    pub ready: Sender<Result<(), String>>,
    pub start: Receiver<Option<Instant>>,
}

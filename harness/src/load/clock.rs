//! The time of one worker: nanoseconds since the instant at which the load began.

use std::time::{Duration, Instant};

/// A clock that all workers of a case start at the same instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    epoch: Instant,
}

impl Clock {
    /// A clock that shows 0 at `epoch`, and before it.
    pub(super) fn starting_at(epoch: Instant) -> Self {
        Self { epoch }
    }

    /// Nanoseconds since the epoch.
    pub(super) fn now(self) -> u64 {
        nanoseconds(self.epoch.elapsed())
    }
}

/// A length of time in nanoseconds; what does not fit in 64 bits (584 years) is cut.
pub(super) fn nanoseconds(time: Duration) -> u64 {
    time.as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(time.subsec_nanos()))
}

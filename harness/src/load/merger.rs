//! The windows of several workers, put together second by second.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::outcome::{Outcome, Progress};
use super::recorder::{WINDOW, Window};
use crate::latency;
use crate::run::{Latency, LoadWindow};

/// One second of all workers, as far as they have given it away.
struct Second {
    response: Histogram<u64>,
    sent: u64,
    errors: u64,
}

/// Puts the windows of several workers together, second by second.
pub(super) struct Merger {
    /// The last second that each worker has given away, and one more.
    until: Vec<u64>,
    open: BTreeMap<u64, Second>,
    /// How the last complete second went.
    pub last: Progress,
}

impl Merger {
    /// For so many workers.
    pub(super) fn new(workers: usize) -> Self {
        Self {
            until: vec![0; workers],
            open: BTreeMap::new(),
            last: Progress::default(),
        }
    }

    /// Adds what a worker gave away; seconds that are complete go into the outcome.
    pub(super) fn take(&mut self, window: &Window, outcome: &mut Outcome) {
        let second = self.open.entry(window.second).or_insert_with(|| Second {
            response: latency::empty(),
            sent: 0,
            errors: 0,
        });
        let _ = second.response.add(&window.response);
        second.sent += window.sent;
        second.errors += window.errors;
        if let Some(until) = self.until.get_mut(window.worker) {
            *until = window.second + 1;
        }
        let all = self.until.iter().min().copied().unwrap_or(0);
        while let Some(entry) = self.open.first_entry().filter(|e| *e.key() < all) {
            let (number, second) = entry.remove_entry();
            let response = &second.response;
            self.last.rate = response.len() * 1_000_000_000 / WINDOW;
            self.last.p50_ns = response.value_at_quantile(0.5);
            self.last.p99_ns = response.value_at_quantile(0.99);
            outcome.windows.extend(close(number, &second));
        }
    }

    /// Adds the seconds that are left.
    pub(super) fn finish(self, outcome: &mut Outcome) {
        for (number, second) in self.open {
            // The last one may have been begun only to be given away.
            if second.sent > 0 || second.errors > 0 || !second.response.is_empty() {
                outcome.windows.extend(close(number, &second));
            }
        }
    }
}

/// A second as the result keeps it: compressed at once, so that long runs take little memory.
fn close(number: u64, second: &Second) -> Option<LoadWindow> {
    Some(LoadWindow {
        second: number,
        sent: second.sent,
        errors: second.errors,
        response: Latency::from_histogram("response_time", &second.response).ok()?,
    })
}

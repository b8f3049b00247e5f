//! What one worker measures: histograms of its own, one for each second, and counts.

use std::sync::mpsc::{Receiver, Sender};

use hdrhistogram::Histogram;

use super::counts::{Corrupt, Counts};
use crate::latency;

/// The length of a window in nanoseconds.
pub(super) const WINDOW: u64 = 1_000_000_000;

/// One second of one worker.
#[derive(Debug)]
pub(super) struct Window {
    /// The worker.
    pub worker: usize,
    /// The second since the load began, the warm-up included.
    pub second: u64,
    /// From the intended time to the answer, in nanoseconds: requests whose answer came, or whose
    /// time was up, in this second.
    pub response: Histogram<u64>,
    /// Requests that were begun in this second, those of the warm-up included.
    pub sent: u64,
    /// Requests that failed or timed out in this second.
    pub errors: u64,
}

impl Window {
    /// An empty window.
    pub(super) fn new(worker: usize) -> Self {
        Self {
            worker,
            second: 0,
            response: latency::empty(),
            sent: 0,
            errors: 0,
        }
    }

    /// Empties it for another second. Its memory stays.
    pub(super) fn clear(&mut self) {
        self.response.reset();
        (self.sent, self.errors) = (0, 0);
    }
}

/// The measurements of one worker. It allocates nothing as long as the coordinator gives windows
/// back in time.
#[derive(Debug)]
pub(super) struct Recorder {
    window: Box<Window>,
    window_end: u64,
    full: Sender<Box<Window>>,
    empty: Receiver<Box<Window>>,
    /// From the write to the answer; kept where the intended time can differ from that.
    service: Option<Histogram<u64>>,
    /// How much later than they could have requests were begun; kept in the open model.
    lag: Option<Histogram<u64>>,
    lag_limit: u64,
    pub counts: Counts,
    /// The first answer that was wrong.
    pub corrupt: Option<Box<Corrupt>>,
}

impl Recorder {
    pub(super) fn new(
        worker: usize,
        full: Sender<Box<Window>>,
        empty: Receiver<Box<Window>>,
        two_views: bool,
        lag_limit: Option<u64>,
    ) -> Self {
        Self {
            window: Box::new(Window::new(worker)),
            window_end: WINDOW,
            full,
            empty,
            service: two_views.then(latency::empty),
            lag: lag_limit.map(|_| latency::empty()),
            lag_limit: lag_limit.unwrap_or(u64::MAX),
            counts: Counts::default(),
            corrupt: None,
        }
    }

    /// The load begins: of what was counted before, connections and wrong answers stay.
    pub(super) fn begin(&mut self) {
        self.counts = Counts {
            connections: self.counts.connections,
            corrupt: self.counts.corrupt,
            ..Counts::default()
        };
    }

    /// A request was begun. `measured`: it counts.
    pub(super) fn sent(&mut self, measured: bool) {
        self.window.sent += 1;
        self.counts.sent += u64::from(measured);
    }

    /// A request that was begun is taken back: it never left, and is begun anew later.
    pub(super) fn unsend(&mut self, measured: bool) {
        self.window.sent = self.window.sent.saturating_sub(1);
        self.counts.sent -= u64::from(measured);
    }

    /// A measured request left so much later than it could have.
    pub(super) fn lag(&mut self, ns: u64) {
        if let Some(lag) = &mut self.lag {
            latency::record(lag, ns);
            self.counts.behind += u64::from(ns > self.lag_limit);
        }
    }

    /// A measured request was answered, so long after it was intended and after it was written.
    pub(super) fn answered(&mut self, response: u64, service: u64) {
        self.counts.answered += 1;
        self.times(response, service);
    }

    /// A request was given up after this long.
    pub(super) fn timed_out(&mut self, measured: bool, response: u64, service: u64) {
        self.include(measured);
        self.counts.timeouts += 1;
        self.window.errors += 1;
        self.times(response, service);
    }

    /// A request will get no answer, for this reason.
    pub(super) fn failed(&mut self, measured: bool, cause: &str) {
        self.include(measured);
        self.counts.failed += 1;
        self.window.errors += 1;
        self.counts.cause(cause);
    }

    fn times(&mut self, response: u64, service: u64) {
        latency::record(&mut self.window.response, response);
        if let Some(histogram) = &mut self.service {
            latency::record(histogram, service);
        }
    }

    /// Only good answers of the warm-up are left out: what goes wrong in it counts as sent, too.
    pub(super) fn include(&mut self, measured: bool) {
        self.counts.sent += u64::from(!measured);
    }

    /// Keeps the first wrong answer.
    pub(super) fn corrupt(&mut self, corrupt: impl FnOnce() -> Corrupt) {
        self.counts.corrupt += 1;
        self.corrupt.get_or_insert_with(|| Box::new(corrupt()));
    }

    /// Begins a new window where the second is over.
    pub(super) fn roll(&mut self, now: u64) {
        if now >= self.window_end {
            self.give_away(now / WINDOW);
        }
    }

    #[cold]
    fn give_away(&mut self, second: u64) {
        let worker = self.window.worker;
        let mut next = self
            .empty
            .try_recv()
            .unwrap_or_else(|_| Box::new(Window::new(worker)));
        next.second = second;
        self.window_end = (second + 1) * WINDOW;
        // Where nobody listens any more, the case is over.
        let _ = self.full.send(std::mem::replace(&mut self.window, next));
    }

    /// Gives the last window away, and hands out what was kept over the whole time.
    pub(super) fn finish(mut self) -> Recorded {
        let second = self.window.second + 1;
        self.give_away(second);
        Recorded {
            service: self.service,
            lag: self.lag,
            counts: self.counts,
            corrupt: self.corrupt.map(|c| *c),
        }
    }
}

/// What a worker kept over the whole time.
#[derive(Debug)]
pub(super) struct Recorded {
    pub service: Option<Histogram<u64>>,
    pub lag: Option<Histogram<u64>>,
    pub counts: Counts,
    pub corrupt: Option<Corrupt>,
}

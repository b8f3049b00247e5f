//! One thread of a load case: a loop over one poller, with all its connections in one table.

mod open;
mod receive;
mod send;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use harness_net::{Poller, SocketOptions, set_timer_slack, thread_cpu_time};

use super::clock::{Clock, nanoseconds};
use super::connection::{Connection, Rings, Stage};
use super::job::Job;
use super::mix::Mix;
use super::pacer::{Pacer, Schedule};
use super::recorder::Recorder;
use super::ties::{Entrance, Gauge, Report, Stop, Ties};
use crate::scenario::model::{End, LoadModel};

/// Between two looks at what is not a socket: the stop sign, the second's end, answers that are
/// overdue. It is the timeout of most waits too: one that is nearer than the kernel's own next timer
/// makes each wait dearer.
const HOUSE: u64 = 100_000_000;
/// The most bytes that one read takes.
const READ: usize = 64 << 10;
/// Sockets that one wait tells of.
const EVENTS: usize = 256;

/// One worker.
pub(super) struct Worker {
    job: Arc<Job>,
    stop: Arc<Stop>,
    gauge: Arc<Gauge>,
    clock: Clock,
    poller: Poller,
    connections: Vec<Connection>,
    rings: Rings,
    depth: u32,
    mix: Mix,
    pacer: Option<Pacer>,
    recorder: Recorder,
    /// Options for new connections, one for each source address, used in turn.
    sources: Vec<SocketOptions>,
    next_source: usize,
    /// Connections that can take a request of the schedule.
    free: VecDeque<u32>,
    /// Connections that pause between two requests, and until when.
    thinking: VecDeque<(u64, u32)>,
    /// Connections that are to be opened, and when.
    reopening: VecDeque<(u64, u32)>,
    /// Connections with a request of which the next piece is due.
    again: Vec<u32>,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    /// The turns of the load among those of the job.
    load: Range<u16>,
    /// True where some request has no answer.
    silent: bool,
    /// True until all connections are ready for the first time.
    setting_up: bool,
    ready: usize,
    connecting: usize,
    /// Requests of the load that are under way.
    in_flight: u64,
    /// Measured requests that may still be begun.
    left: u64,
    warmup: u64,
    end: u64,
    /// When the last request had been begun.
    drains_since: Option<u64>,
    timeout: u64,
    think_time: u64,
    house_at: u64,
    scan_at: u64,
}

impl Worker {
    /// Worker `index` of `workers`.
    ///
    /// # Errors
    /// Where the system has no poller for it.
    pub(super) fn new(
        job: &Arc<Job>,
        index: usize,
        workers: usize,
        ties: Ties,
    ) -> io::Result<(Self, Entrance)> {
        let share =
            |all: u64| all / workers as u64 + u64::from((index as u64) < all % workers as u64);
        let load = &job.load;
        let own = share(load.connections as u64) as usize;
        let depth = u32::try_from(load.pipeline_depth).unwrap_or(u32::MAX);
        let poller = Poller::new(EVENTS)?;
        let pacer = match &load.model {
            LoadModel::Closed => None,
            LoadModel::Open { stages, arrivals } => {
                let schedule = Schedule::new(stages);
                Some(Pacer::new(schedule, *arrivals, job.seed, index, workers))
            }
        };
        let warmup = nanoseconds(load.warmup);
        let (end, left) = match load.end {
            End::After(duration) => (warmup.saturating_add(nanoseconds(duration)), u64::MAX),
            End::Messages(messages) => (u64::MAX, share(messages)),
        };
        let open = pacer.is_some();
        let two_views = open || load.churn.is_some();
        let lag_limit = open.then(|| nanoseconds(load.lag_limit));
        let worker = Self {
            stop: ties.stop,
            gauge: ties.gauge,
            clock: Clock::starting_at(Instant::now()),
            poller,
            connections: (0..own).map(|_| Connection::CLOSED).collect(),
            rings: Rings::new(own, depth),
            depth,
            mix: Mix::new(job, index),
            pacer,
            recorder: Recorder::new(index, ties.full, ties.empty, two_views, lag_limit),
            sources: job.sources(),
            // Workers begin at different addresses.
            next_source: index * own,
            free: VecDeque::with_capacity(own),
            thinking: VecDeque::with_capacity(own),
            reopening: VecDeque::with_capacity(own),
            again: Vec::with_capacity(own),
            buffer: vec![0; READ],
            scratch: Vec::with_capacity(READ),
            load: job.opening as u16..(job.turns.len() - job.closing) as u16,
            silent: job.turns.iter().any(|t| t.reply.is_empty()),
            setting_up: true,
            ready: 0,
            connecting: 0,
            in_flight: 0,
            left,
            warmup,
            end,
            drains_since: None,
            timeout: nanoseconds(job.timeout),
            think_time: nanoseconds(load.think_time),
            house_at: 0,
            scan_at: 0,
            job: Arc::clone(job),
        };
        let entrance = Entrance {
            ready: ties.ready,
            start: ties.start,
        };
        Ok((worker, entrance))
    }

    /// Opens the connections, waits for the start, carries the load, and reports. `None` where
    /// there was no start.
    pub(super) fn work(mut self, entrance: &Entrance) -> Option<Report> {
        // Where it cannot be set, sleeps are longer, which the lag shows.
        let _ = set_timer_slack(1);
        let opened = self.set_up();
        // A coordinator that is gone gives no start either.
        let _ = entrance.ready.send(opened);
        let start = entrance.start.recv().ok().flatten()?;
        let cpu_before = thread_cpu_time();
        self.begin(start);
        while self.turn() {}
        let elapsed = self.clock.now();
        self.look_for_strays();
        self.count_what_is_left(elapsed);
        let cpu = thread_cpu_time().zip(cpu_before).map(|(a, b)| a - b);
        let tcp_info = self.tcp_info();
        self.show();
        Some(Report {
            recorded: self.recorder.finish(),
            elapsed,
            cpu,
            tcp_info,
        })
    }

    /// Sets the clock to 0 and begins.
    fn begin(&mut self, start: Instant) {
        self.setting_up = false;
        // What had to be tried twice until it stood is no error of the load.
        self.recorder.begin();
        self.clock = Clock::starting_at(start);
        (self.house_at, self.scan_at) = (0, 0);
        for c in 0..self.connections.len() {
            let connection = &mut self.connections[c];
            (connection.opened, connection.free_since) = (0, 0);
            let now = self.clock.now();
            self.go_on(c, now);
        }
    }

    /// One turn of the loop. False where the work is over.
    fn turn(&mut self) -> bool {
        let mut now = self.clock.now();
        if now >= self.house_at {
            self.keep_house(now);
            if self.is_over(now) {
                return false;
            }
        }
        self.wake(now);
        if self.pacer.is_some() {
            now = self.send_due(now);
        }
        if !self.again.is_empty() {
            self.send_pieces(now);
        }
        if self.drains_since.is_some() && self.is_over(now) {
            return false;
        }
        self.attend(now);
        true
    }

    /// Waits for sockets, and serves those that are ready.
    fn attend(&mut self, mut now: u64) {
        if self.pacer.is_some() {
            // Writing took a while, by which the wait would be too long.
            now = self.clock.now();
        }
        let timeout = Duration::from_nanos(self.rest(now));
        // A poller fails for want of memory at most; the next turn tries again.
        let ready = self.poller.wait(timeout).unwrap_or(0);
        for place in 0..ready {
            if let Some(readiness) = self.poller.ready(place) {
                self.serve(readiness);
            }
        }
    }

    /// How long nothing is due, in nanoseconds.
    fn rest(&self, now: u64) -> u64 {
        if self.job.load.busy_poll || !self.again.is_empty() {
            return 0;
        }
        let mut next = self.house_at;
        if let Some((at, _)) = self.reopening.front() {
            next = next.min(*at);
        }
        if let Some((at, _)) = self.thinking.front() {
            next = next.min(*at);
        }
        if let Some(pacer) = &self.pacer
            && let Some(at) = pacer.next()
            && !self.free.is_empty()
        {
            next = next.min(at);
        }
        next.saturating_sub(now)
    }

    /// Opens and continues what was to wait until now.
    fn wake(&mut self, now: u64) {
        while let Some((_, c)) = self.thinking.front().copied().filter(|(at, _)| *at <= now) {
            self.thinking.pop_front();
            self.fill(c as usize, now);
        }
        while let Some((_, c)) = self.reopening.front().copied().filter(|(at, _)| *at <= now) {
            self.reopening.pop_front();
            self.open(c as usize, now);
        }
    }

    fn keep_house(&mut self, now: u64) {
        self.house_at = now + HOUSE;
        if now < self.end {
            self.house_at = self.house_at.min(self.end);
        }
        self.recorder.roll(now);
        self.show();
        if now >= self.scan_at {
            self.scan_at = now + (self.timeout / 20).clamp(HOUSE / 2, 250_000_000);
            self.give_up_overdue(now);
        }
        if self.drains_since.is_none() && now >= self.end {
            self.drains_since = Some(now);
        }
    }

    fn show(&self) {
        let counts = &self.recorder.counts;
        self.gauge.sent.store(counts.sent, Ordering::Relaxed);
        self.gauge
            .answered
            .store(counts.answered, Ordering::Relaxed);
        let errors = counts.failed + counts.timeouts + counts.refused;
        self.gauge.errors.store(errors, Ordering::Relaxed);
    }

    /// True where nothing is left to be done, or no time for it.
    fn is_over(&self, now: u64) -> bool {
        if self.stop.is_set() {
            return true;
        }
        let Some(since) = self.drains_since else {
            return false;
        };
        let due = self.left > 0 && self.pacer.as_ref().is_some_and(|p| p.next().is_some());
        (self.in_flight == 0 && !due) || now >= since.saturating_add(self.timeout)
    }

    /// True where another request may be begun.
    fn may_begin(&self, now: u64) -> bool {
        self.left > 0 && now < self.end
    }

    /// Gives requests that have no end one, so that all add up.
    fn count_what_is_left(&mut self, now: u64) {
        let interrupted = self.stop.is_interrupt();
        let ended = self.stop.is_set();
        for c in 0..self.connections.len() {
            let connection = &self.connections[c];
            for nth in 0..connection.len {
                let pending = self.rings.get(c, connection, nth);
                if !self.load.contains(&pending.turn) {
                    continue;
                }
                let measured = pending.measured;
                if interrupted {
                    // What the user cut off says nothing of the target.
                    self.recorder.unsend(measured);
                } else if ended {
                    self.recorder.failed(measured, "the target ended");
                } else {
                    let (response, service) = (now - pending.intended, now - pending.sent);
                    self.recorder.timed_out(measured, response, service);
                }
            }
        }
        if let Some(pacer) = &mut self.pacer {
            let until = if self.left == 0 { 0 } else { now.min(self.end) };
            while let Some(at) = pacer.next().filter(|at| *at < until) {
                self.recorder.counts.unsent += u64::from(at >= self.warmup);
                pacer.advance();
            }
        }
    }

    fn tcp_info(&self) -> BTreeMap<&'static str, u64> {
        const SUMMED: [&str; 9] = [
            "total_retrans",
            "bytes_sent",
            "bytes_received",
            "bytes_retrans",
            "data_segs_out",
            "data_segs_in",
            "busy_time_us",
            "rwnd_limited_us",
            "sndbuf_limited_us",
        ];
        let mut sums = BTreeMap::new();
        let sockets = self.connections.iter().filter_map(|c| c.socket.as_ref());
        for info in sockets.filter_map(|s| s.tcp_info()) {
            for (name, value) in info.as_pairs() {
                if SUMMED.contains(&name) {
                    *sums.entry(name).or_default() += value;
                }
            }
        }
        sums
    }

    /// What came without being asked for, on connections on which nothing is due.
    fn look_for_strays(&mut self) {
        if self.stop.is_set() {
            return;
        }
        for c in 0..self.connections.len() {
            let connection = &self.connections[c];
            if connection.stage == Stage::Ready && connection.len == 0 {
                self.receive(c);
            }
        }
    }
}

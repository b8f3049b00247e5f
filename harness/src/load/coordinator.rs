//! Starts the workers of a load case at one instant, watches them and the target, and merges what
//! they measured.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::job::Job;
use super::merger::Merger;
use super::outcome::{NotBegun, Outcome, Progress};
use super::recorder::Window;
use super::ties::{Gauge, Report, Stop, Ties};
use super::worker::Worker;
use crate::scenario::model::End;

/// Between two looks at the target and at the user's wishes.
const LOOK: Duration = Duration::from_millis(100);

/// What the coordinator asks of those who know the target and the user.
pub struct Watch<'a> {
    /// Whether the run is to end now.
    pub interrupted: &'a dyn Fn() -> bool,
    /// Whether the target ended.
    pub target_ended: &'a dyn Fn() -> bool,
    /// The target's processor time so far and its memory in bytes, where they are known.
    pub usage: &'a dyn Fn() -> (Option<Duration>, Option<u64>),
    /// Takes how it goes, about ten times a second.
    pub progress: &'a dyn Fn(Progress),
}

/// One worker as the coordinator sees it.
struct Hand {
    thread: JoinHandle<Option<Report>>,
    ready: Receiver<Result<(), String>>,
    start: Sender<Option<Instant>>,
    empty: Sender<Box<Window>>,
    gauge: Arc<Gauge>,
}

/// Carries a load case out.
pub fn run(job: &Arc<Job>, watch: &Watch<'_>) -> Outcome {
    let stop = Arc::new(Stop::default());
    let (full, windows) = channel();
    let workers = job.load.threads.min(job.load.connections).max(1);
    let mut hands = Vec::with_capacity(workers);
    let mut trouble = None;
    for index in 0..workers {
        match hire(job, index, workers, &stop, &full) {
            Ok(hand) => hands.push(hand),
            Err(error) => {
                let why = format!("a worker could not be started: {error}");
                trouble = Some(NotBegun::Broken(why));
            }
        }
    }
    drop(full);
    for hand in &hands {
        let why = loop {
            match hand.ready.recv_timeout(LOOK) {
                Ok(ready) => break ready.err().map(NotBegun::Unopened),
                Err(RecvTimeoutError::Timeout) => heed(watch, &stop),
                Err(RecvTimeoutError::Disconnected) => break Some(a_worker_broke()),
            }
        };
        trouble = trouble.or(why);
    }
    let interrupted = (watch.interrupted)();
    if trouble.is_some() || interrupted {
        for hand in &hands {
            let _ = hand.start.send(None);
        }
        hands.into_iter().for_each(|h| drop(h.thread.join()));
        let mut outcome = Outcome::empty();
        outcome.not_begun = trouble;
        outcome.interrupted = interrupted;
        outcome.target_ended = (watch.target_ended)();
        return outcome;
    }
    let (cpu_before, _) = (watch.usage)();
    let start = Instant::now();
    for hand in &hands {
        // A worker that is gone is missed below.
        let _ = hand.start.send(Some(start));
    }
    let mut outcome = Outcome::empty();
    let mut merger = Merger::new(workers);
    attend(
        job,
        watch,
        &stop,
        &hands,
        &windows,
        &mut merger,
        &mut outcome,
        start,
    );
    outcome.interrupted = (watch.interrupted)();
    outcome.target_ended = (watch.target_ended)();
    gather(job, hands, &mut outcome);
    merger.finish(&mut outcome);
    let (cpu_after, _) = (watch.usage)();
    outcome.target_cpu = cpu_after
        .zip(cpu_before)
        .map(|(after, before)| after.saturating_sub(before));
    outcome
}

fn hire(
    job: &Arc<Job>,
    index: usize,
    workers: usize,
    stop: &Arc<Stop>,
    full: &Sender<Box<Window>>,
) -> std::io::Result<Hand> {
    let gauge = Arc::new(Gauge::default());
    let (say_ready, ready) = channel();
    let (start, told) = channel();
    let (empty, take_empty) = channel();
    let ties = Ties {
        stop: Arc::clone(stop),
        gauge: Arc::clone(&gauge),
        ready: say_ready,
        start: told,
        full: full.clone(),
        empty: take_empty,
    };
    // Two are enough: one is filled while the other is merged.
    for _ in 0..2 {
        let _ = empty.send(Box::new(Window::new(index)));
    }
    let (worker, entrance) = Worker::new(job, index, workers, ties)?;
    let thread = std::thread::Builder::new()
        .name(format!("load-{index}"))
        .spawn(move || worker.work(&entrance))?;
    Ok(Hand {
        thread,
        ready,
        start,
        empty,
        gauge,
    })
}

fn a_worker_broke() -> NotBegun {
    NotBegun::Broken("a thread of the load ended in a fault of the harness itself".to_owned())
}

/// Tells the workers where the run is to end, or the target has ended.
fn heed(watch: &Watch<'_>, stop: &Stop) {
    if (watch.interrupted)() {
        stop.interrupt();
    } else if (watch.target_ended)() {
        stop.target_ended();
    }
}

/// Takes windows and looks around until all workers are done.
#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one run, each used by itself here"
)]
fn attend(
    job: &Job,
    watch: &Watch<'_>,
    stop: &Stop,
    hands: &[Hand],
    windows: &Receiver<Box<Window>>,
    merger: &mut Merger,
    outcome: &mut Outcome,
    start: Instant,
) {
    let of = match job.load.end {
        End::After(duration) => Some(job.load.warmup + duration),
        End::Messages(_) => None,
    };
    let mut look = start;
    loop {
        let now = Instant::now();
        if now >= look {
            look = now + LOOK;
            heed(watch, stop);
            let (_, rss) = (watch.usage)();
            outcome.target_rss = outcome.target_rss.max(rss);
            let sum = |of: fn(&Gauge) -> u64| hands.iter().map(|h| of(&h.gauge)).sum();
            (watch.progress)(Progress {
                elapsed: now - start,
                of,
                sent: sum(|g| g.sent.load(Ordering::Relaxed)),
                answered: sum(|g| g.answered.load(Ordering::Relaxed)),
                errors: sum(|g| g.errors.load(Ordering::Relaxed)),
                ..merger.last
            });
        }
        match windows.recv_timeout(look.saturating_duration_since(now)) {
            Ok(mut window) => {
                let _ = outcome.response.add(&window.response);
                merger.take(&window, outcome);
                window.clear();
                if let Some(hand) = hands.get(window.worker) {
                    // A worker that is done needs it no more.
                    let _ = hand.empty.send(window);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            // All workers are done.
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Takes the workers' reports.
fn gather(job: &Job, hands: Vec<Hand>, outcome: &mut Outcome) {
    let mut cpu = Some(Duration::ZERO);
    for hand in hands {
        let Ok(Some(report)) = hand.thread.join() else {
            outcome.not_begun = Some(a_worker_broke());
            continue;
        };
        let recorded = report.recorded;
        outcome.counts.add(&recorded.counts);
        outcome.corrupt = outcome.corrupt.take().or(recorded.corrupt);
        merge(&mut outcome.service, recorded.service);
        merge(&mut outcome.lag, recorded.lag);
        outcome.elapsed = outcome.elapsed.max(Duration::from_nanos(report.elapsed));
        cpu = cpu.zip(report.cpu).map(|(a, b)| a + b);
        for (name, value) in report.tcp_info {
            *outcome.tcp_info.entry(name).or_default() += value;
        }
    }
    outcome.generator_cpu = cpu;
    let after_warmup = outcome.elapsed.saturating_sub(job.load.warmup);
    outcome.measured = match job.load.end {
        End::After(duration) => duration.min(after_warmup),
        End::Messages(_) => after_warmup,
    };
}

fn merge(into: &mut Option<Histogram<u64>>, from: Option<Histogram<u64>>) {
    match (into.as_mut(), from) {
        // All have the same bounds, so that this cannot fail.
        (Some(into), Some(from)) => drop(into.add(&from)),
        (None, from) => *into = from,
        (Some(_), None) => {}
    }
}

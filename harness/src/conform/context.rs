//! What one delivery works with: the target, the deadlines, the oracle, and the prover.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness_wire::Encoded;

use super::oracle::{Answer, Oracle, Part};
use super::prover::Prover;
use super::tally::Tally;
use crate::plan::Delivery;
use crate::scenario::model::Profile;
use crate::target::Target;

/// Says when a run is to end: because the user asked for it, or because its time is used up. Every
/// wait looks at it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    until: Option<Instant>,
}

impl Interrupt {
    /// One that also ends the run after this time.
    pub fn after(budget: Option<Duration>) -> Self {
        Self {
            until: budget.map(|b| Instant::now() + b),
            ..Self::default()
        }
    }

    /// Asks every wait to end.
    pub fn set(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// True once the user asked the run to end.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// True once the run is to end, for whatever reason.
    pub fn is_set(&self) -> bool {
        self.is_asked() || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// How long waits may take. They follow from the control exchange: a target that answers in
/// microseconds is not waited for as long as one that takes a second.
#[derive(Clone, Copy, Debug)]
pub struct Deadlines {
    /// For connecting.
    pub connect: Duration,
    /// For one answer, from the end of its request.
    pub reply: Duration,
    /// For a state to be seen.
    pub state: Duration,
    /// For the rest of an answer that is wrong already.
    pub linger: Duration,
}

impl Deadlines {
    /// Before anything is known of the target.
    pub fn unknown(timeout: Option<Duration>) -> Self {
        Self {
            connect: Duration::from_secs(5),
            reply: timeout.unwrap_or(Duration::from_secs(5)),
            state: Duration::from_secs(5),
            linger: Duration::from_millis(100),
        }
    }

    /// After a control exchange whose slowest answer took `slowest`. The factor leaves room for a
    /// machine that is busy with other work; a hang is looked at a second time with the first
    /// deadlines before it counts.
    pub fn learned(self, slowest: Duration) -> Self {
        let reply = (slowest * 20 + Duration::from_millis(500)).min(self.reply);
        Self { reply, ..self }
    }

    /// After the same failure was seen several times: enough to tell it from a right answer.
    pub fn hurried(self, slowest: Duration) -> Self {
        let reply = (slowest * 10 + Duration::from_millis(50)).min(self.reply);
        Self { reply, ..self }
    }
}

/// What one delivery works with.
pub(crate) struct Context<'a> {
    /// Its target's description.
    pub profile: &'a Profile,
    /// Its target.
    pub target: &'a Target,
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The answers that are expected.
    pub oracle: &'a Oracle,
    /// How long waits may take.
    pub deadlines: Deadlines,
    /// Set when the run is to end.
    pub interrupt: Interrupt,
    /// True for the delivery whose first connection stands for all in the result.
    pub observe: bool,
    /// When the delivery began.
    pub clock: Instant,
    /// This thread's prover.
    pub prover: &'a mut Prover,
    /// What was proved.
    pub tally: Tally,
    /// Latencies of exchanges, in nanoseconds.
    pub latencies: Vec<u64>,
    /// Answers that a control exchange brought.
    pub learned: Vec<(Part, usize, Answer)>,
    /// True where messages follow from earlier ones, so that those must be kept.
    pub remember: bool,
    /// Requests of `exchanges` whose length was not known before they were said.
    pub shapes: Vec<(usize, Encoded)>,
    /// What was noticed.
    pub notes: Vec<String>,
}

impl Context<'_> {
    /// The end of a wait that begins now.
    pub(crate) fn by(&self, wait: Duration) -> Instant {
        Instant::now() + wait
    }
}

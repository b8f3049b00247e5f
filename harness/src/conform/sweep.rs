//! Carries out many deliveries of one case, several at once, and gathers what came of them.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use harness_net::Exit;

use super::context::{Context, Deadlines, Interrupt};
use super::control;
use super::oracle::Oracle;
use super::outcome::{Gathered, Outcome};
use super::prover::Prover;
use super::scene::{Conn, Scene};
use super::steps;
use super::tally::Tally;
use crate::plan::Delivery;
use crate::run::Octets;
use crate::scenario::model::{Case, Ends, Profile, Reset, Role, Step, StepKind};
use crate::step::{Ended, Failed, Play};
use crate::target::{Target, TargetError};
use crate::verdict::{self, Deviation, Weight};

/// Failures of one kind after which the rest of a sweep waits no longer than it must.
const ENOUGH: u32 = 3;
/// The window over which a target that hangs is watched for spinning.
const SPIN_WINDOW: Duration = Duration::from_millis(50);
/// The share of a core, in percent, from which it spins.
const SPIN_SHARE: f64 = 80.0;
/// How long the end of a target is awaited once its connections broke.
const LAST_BREATH: Duration = Duration::from_millis(100);

/// What is said where a thread of the harness itself broke.
pub(super) const FAULT: &str = "a fault of the harness itself; please report it";

/// What a sweep works with. Shared between its threads.
pub(super) struct Sweep<'a> {
    /// The case.
    pub case: &'a Case,
    /// What is carried out for each delivery.
    pub steps: &'a [Step],
    /// The target's description.
    pub profile: &'a Profile,
    /// The target.
    pub target: &'a Target,
    /// The expected answers.
    pub oracle: &'a Oracle,
    /// How long waits may take.
    pub deadlines: Deadlines,
    /// The slowest answer of the control exchange.
    pub slowest: Duration,
    /// Set when the run is to end.
    pub interrupt: Interrupt,
    /// True where diagrams are wanted even of what passes.
    pub show: bool,
    /// True where each delivery is to meet a target that was just started.
    pub restart_each: bool,
    /// True once the target met a delivery of this case, its control included.
    pub used: &'a AtomicBool,
    /// Connections that broke without the target's end: after a few, its end is not awaited again.
    pub survived: &'a AtomicU32,
    /// Set by the first delivery: what the kernel says of its connection stands in the result.
    pub observed: &'a AtomicBool,
}

impl Sweep<'_> {
    /// Carries out one delivery.
    pub(super) fn deliver(
        &self,
        delivery: &Delivery,
        deadlines: Deadlines,
        prover: &mut Prover,
    ) -> Outcome {
        let mut failed = self.reset(deadlines, prover).err();
        let observe = !self.observed.swap(true, Ordering::Relaxed);
        let instance = match self.profile.role {
            Role::Server => None,
            Role::Client => match self.target.instance() {
                Ok(instance) => Some(instance),
                Err(error) => return self.not_started(&error),
            },
        };
        let target = instance.as_ref().unwrap_or(self.target);
        let mut ctx = Context {
            target,
            ..self.context(delivery, deadlines, prover, observe)
        };
        let mut scene = Scene::default();
        if failed.is_none() {
            failed = self.carry_out(&mut scene, &mut ctx).err();
        }
        if scene.conns.values().any(Conn::heard) || target.was_reached() {
            self.target.reach();
        }
        let mut excerpts = (None, None);
        if let Some(failed) = &mut failed {
            self.explain(target, &mut failed.deviation);
            // A target that floods would otherwise fill the memory, delivery by delivery.
            excerpts = octets(&mut failed.deviation);
        }
        let wanted = self.show || failed.is_some();
        let mut streams = Vec::new();
        let Scene {
            conns,
            closed,
            options,
            ..
        } = scene;
        let open = conns.into_values().map(|conn| conn.finish());
        let mut tcp_info = Vec::new();
        for trace in closed.into_iter().chain(open) {
            if let Some((before, after)) = &trace.tcp_info {
                let pairs = before.as_pairs().into_iter().zip(after.as_pairs());
                tcp_info = pairs
                    .map(|((name, before), (_, after))| (name, before, after))
                    .collect();
            }
            if wanted {
                streams.extend(trace.streams());
            }
        }
        let Context {
            tally,
            latencies,
            learned,
            shapes,
            notes,
            prover,
            ..
        } = ctx;
        let unprovable = prover
            .unavailable()
            .filter(|_| tally.missing > 0)
            .map(str::to_owned);
        if let Some(instance) = instance {
            self.target.retire(instance, failed.is_some());
        }
        Outcome {
            failed,
            tally,
            latencies,
            learned,
            shapes,
            streams,
            octets: excerpts,
            notes,
            tcp_info,
            options,
            unprovable,
        }
    }

    fn context<'c>(
        &'c self,
        delivery: &'c Delivery,
        deadlines: Deadlines,
        prover: &'c mut Prover,
        observe: bool,
    ) -> Context<'c> {
        Context {
            profile: self.profile,
            target: self.target,
            delivery,
            oracle: self.oracle,
            deadlines,
            interrupt: self.interrupt.clone(),
            observe,
            clock: Instant::now(),
            prover,
            tally: Tally::default(),
            latencies: Vec::new(),
            learned: Vec::new(),
            remember: self.profile.refers || self.case.refers,
            shapes: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Brings the target to where each delivery is to meet it.
    fn reset(&self, deadlines: Deadlines, prover: &mut Prover) -> Result<(), Failed> {
        let failed = |expected: &str, actual: String| Failed {
            step: "reset".into(),
            line: self.case.at.line,
            deviation: Deviation::inconclusive(expected, actual),
        };
        let restarted = self.renew();
        restarted.map_err(|e| {
            failed(
                "the target starts again before each delivery",
                e.to_string(),
            )
        })?;
        let Reset::Exchanges(exchanges) = &self.profile.reset else {
            return Ok(());
        };
        let names = exchanges
            .iter()
            .map(|i| self.profile.exchanges[*i].name.clone());
        let play = Step {
            at: self.profile.at.clone(),
            kind: StepKind::Play(Play {
                exchanges: Some(names.collect()),
                on: "reset".to_owned(),
            }),
        };
        let mut scene = Scene::default();
        let mut ctx = self.context(&Delivery::WHOLE, deadlines, prover, false);
        let done = steps::run(&mut scene, &mut ctx, &[play]);
        for conn in scene.conns.into_values() {
            conn.finish();
        }
        done.map_err(|f| {
            let (kind, actual) = (f.deviation.kind, &f.deviation.actual);
            let words = format!("{}: {kind} {actual}", f.step);
            failed("the exchanges of `reset` bring their answers", words)
        })
    }

    /// The case's steps, and the end of a client where none of them awaits it.
    fn carry_out(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Failed> {
        steps::run(scene, ctx, self.steps)?;
        if self.profile.role == Role::Server || control::awaits_end(self.steps) {
            return Ok(());
        }
        let end = StepKind::Ended(Ended {
            ends: Ends::default(),
            within: None,
        });
        let at = self.case.at.clone();
        steps::run(scene, ctx, &[Step { at, kind: end }])
    }

    /// A client that could not even be started.
    fn not_started(&self, error: &TargetError) -> Outcome {
        let deviation = Deviation::inconclusive("the client is started", error.to_string());
        Outcome::of(Failed {
            step: "start".into(),
            line: self.case.at.line,
            deviation,
        })
    }

    /// A broken connection has a better name where the target ended, or spins.
    fn explain(&self, target: &Target, deviation: &mut Deviation) {
        let broken = deviation.is_cut_off();
        if self.profile.role == Role::Client {
            return self.explain_client(target, deviation);
        }
        if broken && self.target.never_reached() {
            let nobody = format!("; nobody was met at {}", self.target.endpoint());
            deviation.weight = Weight::Inconclusive;
            deviation.kind = verdict::NOT_REACHED;
            deviation.actual.push_str(&nobody);
            return;
        }
        let exit = match deviation.kind {
            _ if broken => self.last_breath(),
            // Over UDP nothing tells a client that nobody is there any more.
            verdict::HANG => self.target.exited(),
            _ => None,
        };
        if let Some(exit) = exit {
            deviation.kind = verdict::CRASH;
            let told = format!("; the target ended with {exit}");
            deviation.actual.push_str(&told);
        }
    }

    /// What a client's own end says. One that was never met at all cannot be judged.
    fn explain_client(&self, target: &Target, deviation: &mut Deviation) {
        let unmet = [verdict::NOT_REACHED, verdict::HANG].contains(&deviation.kind);
        if unmet && !self.target.was_reached() && deviation.weight == Weight::Fail {
            deviation.weight = Weight::Inconclusive;
        } else if deviation.is_cut_off()
            && let Some(end) = target.await_end(Instant::now() + LAST_BREATH)
        {
            deviation.kind = verdict::ENDED;
            let told = format!("; the client ended with {}", end.exit);
            deviation.actual.push_str(&told);
        }
    }

    fn last_breath(&self) -> Option<Exit> {
        let patient = self.survived.load(Ordering::Relaxed) < ENOUGH;
        let deadline = Instant::now() + if patient { LAST_BREATH } else { Duration::ZERO };
        while self.target.is_started() {
            let exit = self.target.exited();
            if exit.is_some() {
                return exit;
            }
            if Instant::now() >= deadline {
                self.survived.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }

    /// Carries out these deliveries on `workers` threads, and tells `progress` of each. A target
    /// that ended is started again, and what broke with it is delivered once more, one by one.
    pub(super) fn all(
        &self,
        deliveries: &[Delivery],
        workers: usize,
        progress: &(dyn Fn(bool) + Sync),
    ) -> Gathered {
        let mut gathered = Gathered::default();
        let next = AtomicUsize::new(0);
        let slow = AtomicU32::new(0);
        let work = |prover: &mut Prover| {
            let mut mine = Gathered::default();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(delivery) = deliveries.get(index) else {
                    break;
                };
                if self.interrupt.is_set() {
                    break;
                }
                if self.dead() && !self.restart_each {
                    break;
                }
                let hurry = slow.load(Ordering::Relaxed) >= ENOUGH;
                let deadlines = if hurry {
                    self.deadlines.hurried(self.slowest)
                } else {
                    self.deadlines
                };
                let outcome = self.deliver(delivery, deadlines, prover);
                if outcome
                    .failed
                    .as_ref()
                    .is_some_and(|f| f.deviation.may_be_slowness())
                {
                    slow.fetch_add(1, Ordering::Relaxed);
                }
                progress(outcome.failed.is_some());
                mine.add(index, delivery.class, outcome);
            }
            mine
        };
        if workers <= 1 {
            gathered.merge(work(&mut Prover::new()));
        } else {
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..workers)
                    .map(|_| scope.spawn(|| work(&mut Prover::new())))
                    .collect();
                for thread in threads {
                    match thread.join() {
                        Ok(mine) => gathered.merge(mine),
                        // Its deliveries are lost, which must show.
                        Err(_) => gathered.cut_short = Some(FAULT.to_owned()),
                    }
                }
            });
        }
        if !self.restart_each && self.died(&gathered) && !self.interrupt.is_set() {
            self.after_a_crash(deliveries, &mut gathered, progress);
        }
        if self.interrupt.is_set() {
            gathered.cut_short = Some("the run was interrupted".to_owned());
        }
        gathered.failed.sort_by_key(|(index, _)| *index);
        gathered.delivered.sort_unstable();
        gathered
    }

    /// Brings a target that a step left paused, stopped or dead back to where cases begin.
    pub(super) fn make_ready(&self) {
        if self.target.is_started() {
            // One that is not paused takes no harm, and one that is gone is started below.
            let _ = self.target.resume();
            if !self.target.runs() {
                // Where it does not start, the delivery that follows says so.
                let _ = self.restart();
            }
        }
    }

    /// The share of a core, in percent, that the target uses while nothing is asked of it, where
    /// that is most of one.
    pub(super) fn spins(&self) -> Option<f64> {
        let (began, before) = (Instant::now(), self.target.cpu_time()?);
        // The window is the measurement: CPU time has no meaning but over a time.
        std::thread::sleep(SPIN_WINDOW);
        let used = self.target.cpu_time()?.saturating_sub(before);
        let share = used.as_secs_f64() / began.elapsed().as_secs_f64() * 100.0;
        (share >= SPIN_SHARE).then_some(share)
    }

    /// True where the target is gone after the sweep. Its end may show later than those of its
    /// connections: where some broke, it is awaited.
    fn died(&self, gathered: &Gathered) -> bool {
        let deadline = Instant::now() + LAST_BREATH * 5;
        let broke = gathered.failed.iter().any(|(_, o)| cut_off(o));
        while broke && self.target.is_started() && !self.dead() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.dead()
    }

    /// True where a started target is gone though no step of the case ends it.
    fn dead(&self) -> bool {
        self.target.is_started() && self.target.exited().is_some()
    }

    /// Starts the target again where each delivery is to meet a fresh one, and this one is not.
    fn renew(&self) -> Result<(), TargetError> {
        if self.restart_each && self.used.swap(true, Ordering::Relaxed) {
            return self.restart();
        }
        Ok(())
    }

    fn restart(&self) -> Result<(), TargetError> {
        // It may be gone already; what matters is that it starts.
        let _ = self.target.stop(false);
        self.target
            .start_again(Duration::from_secs(10), &|| self.interrupt.is_set())
    }

    /// One by one: what broke while the target died, and what was not delivered at all. After
    /// `ENOUGH` deaths the rest is left out, and so shows as not delivered. A death that no delivery
    /// brings about alone stays a failure of those that saw it.
    fn after_a_crash(
        &self,
        deliveries: &[Delivery],
        gathered: &mut Gathered,
        progress: &(dyn Fn(bool) + Sync),
    ) {
        let (mut saw, others): (Vec<_>, Vec<_>) = std::mem::take(&mut gathered.failed)
            .into_iter()
            .partition(|(_, o)| broken(o) || cut_off(o));
        gathered.failed = others;
        if saw.is_empty() {
            saw.extend(self.between_deliveries(gathered));
        }
        gathered
            .delivered
            .retain(|(i, _)| !saw.iter().any(|(s, _)| s == i));
        let mut again: Vec<usize> = (0..deliveries.len())
            .filter(|i| !gathered.delivered.iter().any(|(d, _)| d == i))
            .collect();
        again.sort_by_key(|i| !saw.iter().any(|(s, _)| s == i));
        let mut prover = Prover::new();
        let mut deaths = 0;
        for index in again {
            if self.interrupt.is_set() {
                break;
            }
            if deaths >= ENOUGH {
                let why = format!(
                    "after the target had ended {deaths} times more, the rest was left out"
                );
                gathered.notes.push(why.clone());
                gathered.cut_short = Some(why);
                break;
            }
            if self.dead()
                && let Err(error) = self.restart()
            {
                gathered.cut_short = Some(error.to_string());
                break;
            }
            let outcome = self.deliver(&deliveries[index], self.deadlines, &mut prover);
            deaths += u32::from(broken(&outcome));
            if !saw.iter().any(|(i, _)| *i == index) {
                progress(outcome.failed.is_some());
            }
            gathered.add(index, deliveries[index].class, outcome);
        }
        saw.retain(|(i, _)| !gathered.failed.iter().any(|(f, _)| f == i));
        if deaths == 0 && !saw.is_empty() {
            gathered.notes.push(
                "the target ended during the sweep, and not when the same deliveries were repeated alone"
                    .to_owned(),
            );
            for (index, _) in &saw {
                if !gathered.delivered.iter().any(|(i, _)| i == index) {
                    gathered.delivered.push((*index, false));
                }
            }
            gathered.failed.extend(saw);
        }
        if self.dead() {
            // Left running for the steps of other cases that share it.
            let _ = self.restart();
        }
    }

    /// The death of a target that no connection saw, told of the last delivery before it.
    fn between_deliveries(&self, gathered: &mut Gathered) -> Option<(usize, Outcome)> {
        let exit = self.target.exited()?;
        if exit.is_success() {
            // A server that serves one client and goes did what it was made for.
            let note =
                "the target ended with exit status 0 after a delivery, and was started again";
            gathered.notes.push(note.to_owned());
            return None;
        }
        let index = gathered
            .delivered
            .iter()
            .map(|(i, _)| *i)
            .max()
            .unwrap_or(0);
        let failed = Failed {
            step: "after the last step".into(),
            line: self.case.at.line,
            deviation: Deviation::fail(
                verdict::CRASH,
                "the target goes on running",
                format!("the target ended with {exit}"),
            ),
        };
        Some((index, Outcome::of(failed)))
    }
}

fn cut_off(outcome: &Outcome) -> bool {
    outcome
        .failed
        .as_ref()
        .is_some_and(|f| f.deviation.is_cut_off())
}

fn broken(outcome: &Outcome) -> bool {
    outcome
        .failed
        .as_ref()
        .is_some_and(|f| f.deviation.kind == verdict::CRASH)
}

/// The excerpts that a report shows of both sides, around their first difference, in place of the
/// bytes themselves.
fn octets(deviation: &mut Deviation) -> (Option<Octets>, Option<Octets>) {
    match (
        deviation.expected_bytes.take(),
        deviation.actual_bytes.take(),
    ) {
        (Some(expected), Some(actual)) => {
            let (expected, actual) = Octets::pair(&expected, &actual);
            (Some(expected), Some(actual))
        }
        (expected, actual) => {
            let of = |bytes: Option<Box<[u8]>>| bytes.as_deref().map(Octets::of);
            (of(expected), of(actual))
        }
    }
}

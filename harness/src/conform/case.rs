//! The controller of one case: it starts the target, learns the answers, sweeps, looks a second
//! time where slowness could be the cause, and puts the result together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::{Duration, Instant};

use super::conclusion::{blank, conclude, with_reason};
use super::context::{Deadlines, Interrupt};
use super::control;
use super::doubt::{check_oracle, second_look};
use super::loaded::Loaded;
use super::oracle::Oracle;
use super::outcome::{Gathered, Outcome};
use super::prover::Prover;
use super::runner::Settings;
use super::sweep::{FAULT, Sweep};
use crate::load;
use crate::plan::{CasePlan, Class, Delivery, Fate, complete};
use crate::run::{CaseResult, Verdict};
use crate::scenario::model::{Capability, Case, Profile, Reset, Role, Step};
use crate::target::Target;

/// Who is told how a case goes.
pub(super) struct Progress<'a> {
    /// A delivery was carried out; whether it failed.
    pub delivered: &'a (dyn Fn(bool) + Sync),
    /// Load goes on.
    pub load: &'a (dyn Fn(load::Progress) + Sync),
}

/// Runs one case.
pub(super) fn run(
    plan: &CasePlan,
    settings: &Settings,
    interrupt: &Interrupt,
    shared: Option<Arc<Target>>,
    progress: &Progress<'_>,
) -> CaseResult {
    let began = Instant::now();
    let mut result = blank(plan);
    let profile = match (&plan.profile, &plan.fate) {
        (_, Fate::Skip(why)) => return with_reason(result, Verdict::Skip, why),
        (_, Fate::Unsupported(why)) => return with_reason(result, Verdict::Unsupported, why),
        (None, Fate::Run) => return with_reason(result, Verdict::Error, "the case has no target"),
        (Some(_), Fate::Run) if interrupt.is_set() => {
            let why = "the budget of the run was used up before this case";
            return with_reason(result, Verdict::Inconclusive, why);
        }
        (Some(profile), Fate::Run) => profile,
    };
    let target = match shared {
        Some(target) => target,
        None => match Target::start(profile, &settings.launcher, &|| interrupt.is_set()) {
            Ok(target) => Arc::new(target),
            Err(error) => return with_reason(result, Verdict::Inconclusive, &error.to_string()),
        },
    };
    judge(
        plan,
        profile,
        &target,
        settings,
        interrupt,
        progress,
        &mut result,
    );
    let troubled = !result.failures.is_empty() || result.verdict == Verdict::Inconclusive;
    result.target = target.info(troubled);
    result.elapsed_us = began.elapsed().as_micros() as u64;
    result
}

/// The result of a case during which the harness itself broke.
pub(super) fn faulty(plan: &CasePlan) -> CaseResult {
    with_reason(blank(plan), Verdict::Error, FAULT)
}

/// The profile, with the requests as a control exchange showed them.
fn shaped(profile: &Profile, control: &Outcome) -> Profile {
    let mut profile = profile.clone();
    for (index, encoded) in &control.shapes {
        let exchange = profile.exchanges.get_mut(*index);
        if let Some(request) = exchange.and_then(|e| e.request.as_mut()) {
            *request = request.clone().shaped(encoded.clone());
        }
    }
    profile
}

/// What all deliveries of a case have in common.
struct Bench<'a> {
    case: &'a Case,
    profile: &'a Profile,
    target: &'a Target,
    interrupt: &'a Interrupt,
    survived: &'a AtomicU32,
    observed: &'a AtomicBool,
    used: &'a AtomicBool,
}

impl<'a> Bench<'a> {
    fn sweep(
        &self,
        oracle: &'a Oracle,
        steps: &'a [Step],
        deadlines: Deadlines,
        slowest: Duration,
    ) -> Sweep<'a> {
        Sweep {
            case: self.case,
            steps,
            profile: self.profile,
            target: self.target,
            oracle,
            deadlines,
            slowest,
            interrupt: self.interrupt.clone(),
            show: self.case.show,
            survived: self.survived,
            observed: self.observed,
            restart_each: self.profile.reset == Reset::Restart,
            used: self.used,
        }
    }
}

fn judge(
    plan: &CasePlan,
    profile: &Profile,
    target: &Target,
    settings: &Settings,
    interrupt: &Interrupt,
    progress: &Progress<'_>,
    result: &mut CaseResult,
) {
    let case = &*plan.case;
    let (survived, observed) = (AtomicU32::new(0), AtomicBool::new(false));
    let bench = Bench {
        case,
        profile,
        target,
        interrupt,
        survived: &survived,
        observed: &observed,
        used: &AtomicBool::new(false),
    };
    let first = Deadlines::unknown(profile.timeout);
    let mut oracle = Oracle::given(profile);
    let mut slowest = Duration::ZERO;
    let mut deadlines = first;
    let swept = plan.open || plan.deliveries.iter().any(|d| d.class != Class::Whole);
    let mut completed = None;
    let loaded = case.load.as_deref();
    let goal = if loaded.is_some() { "load" } else { "sweep" };
    let learns = swept || loaded.is_some() || oracle.is_incomplete();
    if control::helps(case, profile) && learns {
        let control_steps = control::steps(case, profile);
        let control = |oracle: Oracle| {
            // What stands in the result is a delivery of the plan, not its control.
            let observed = &AtomicBool::new(true);
            let sweep = Sweep {
                observed,
                ..bench.sweep(&oracle, &control_steps, first, Duration::ZERO)
            };
            let outcome = sweep.deliver(&Delivery::WHOLE, first, &mut Prover::new());
            let mut learned = oracle.clone();
            for (part, i, answer) in &outcome.learned {
                learned.learn(*part, *i, answer.clone());
            }
            (outcome, learned)
        };
        let (outcome, learned) = control(oracle.clone());
        let mut no_sweep = |mut outcome: Outcome, why: &str| {
            outcome.notes.push(why.to_owned());
            let mut gathered = Gathered::default();
            gathered.add(0, Class::Whole, outcome);
            (progress.delivered)(true);
            conclude(
                plan,
                profile,
                &[Delivery::WHOLE],
                gathered,
                settings,
                result,
            );
        };
        if outcome.failed.is_some() {
            let why = format!("the control exchange, sent whole, failed already: no {goal}");
            return no_sweep(outcome, &why);
        }
        slowest = outcome
            .latencies
            .iter()
            .max()
            .map_or(Duration::ZERO, |ns| Duration::from_nanos(*ns));
        deadlines = first.learned(slowest);
        if plan.open {
            completed = Some(complete(plan, Arc::new(shaped(profile, &outcome))));
        }
        if oracle.is_incomplete() {
            let (outcome, again) = control(oracle.clone());
            if outcome.failed.is_some() {
                let why = format!(
                    "a second control exchange, sent whole, failed: no {goal}; a server for one \
                     client only needs `reset: restart`"
                );
                return no_sweep(outcome, &why);
            }
            if let Some(why) = learned.disagreement(&again, profile) {
                *result = with_reason(blank(plan), Verdict::Inconclusive, &why);
                return;
            }
            oracle = learned;
        }
    }
    if let Some(load) = loaded {
        let put = Loaded {
            plan,
            profile,
            target,
            settings,
            interrupt,
            oracle: &oracle,
        };
        return put.carry_out(load, progress.load, result);
    }
    let plan = completed.as_ref().unwrap_or(plan);
    if plan.deliveries.is_empty() {
        // Only now is it known that nothing could be cut.
        let why = "no delivery of this case fits the target's exchanges";
        *result = with_reason(blank(plan), Verdict::Unsupported, why);
        return;
    }
    let profile = plan.profile.as_deref().unwrap_or(profile);
    result.notes.clone_from(&plan.notes);
    let sweep = Sweep {
        profile,
        ..bench.sweep(&oracle, &case.steps, deadlines, slowest)
    };
    let alone =
        !matches!(profile.reset, Reset::None) || profile.without.contains(&Capability::Concurrency);
    let workers = match profile.role {
        _ if alone || plan.deliveries.len() < 8 => 1,
        Role::Server => settings.sweep_threads,
        // Much of a client's delivery is the start of its process, which is waited for.
        Role::Client => settings.sweep_threads * 2,
    };
    let mut gathered = sweep.all(&plan.deliveries, workers, progress.delivered);
    second_look(&sweep, &plan.deliveries, first, &mut gathered);
    check_oracle(&sweep, profile, first, &mut gathered);
    conclude(plan, profile, &plan.deliveries, gathered, settings, result);
}

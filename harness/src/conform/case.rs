//! The controller of one case: it starts the target, learns the answers, sweeps, looks a second
//! time where slowness could be the cause, and puts the result together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::{Duration, Instant};

use super::context::{Deadlines, Interrupt};
use super::oracle::{Oracle, Part};
use super::pattern;
use super::prover::Prover;
use super::runner::Settings;
use super::steps::Failed;
use super::sweep::{FAULT, Gathered, Outcome, Sweep};
use crate::latency;
use crate::plan::{CasePlan, Class, Delivery, Fate};
use crate::quote;
use crate::run::{
    BeforeAfter, CaseResult, ClassCoverage, Coverage, Diagram, Failure, TargetInfo,
    ThresholdResult, Verdict,
};
use crate::scenario::model::{
    Capability, Case, Level, Location, Metric, Profile, Reply, Reset, Step, StepKind, Threshold,
};
use crate::target::{Target, describe};
use crate::verdict::{self, Deviation, Weight};

/// Distinct failures that are kept.
const FAILURES: usize = 20;
/// Suspected hangs of one kind that are looked at a second time.
const SECOND_LOOKS: usize = 3;

/// Runs one case.
pub(super) fn run(
    plan: &CasePlan,
    settings: &Settings,
    interrupt: &Interrupt,
    shared: Option<Arc<Target>>,
    progress: &(dyn Fn(bool) + Sync),
) -> CaseResult {
    let began = Instant::now();
    let mut result = blank(plan);
    let profile = match (&plan.profile, &plan.fate) {
        (_, Fate::Skip(why)) => return with_reason(result, Verdict::Skip, why),
        (_, Fate::Unsupported(why)) => return with_reason(result, Verdict::Unsupported, why),
        (None, Fate::Run) => return with_reason(result, Verdict::Error, "the case has no target"),
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
    progress: &(dyn Fn(bool) + Sync),
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
    let swept = plan.deliveries.iter().any(|d| d.class != Class::Whole);
    if plays(&case.steps) && (swept || oracle.is_incomplete()) {
        let control_steps = [Step {
            at: case.at.clone(),
            kind: play_all(),
        }];
        let control = |oracle: Oracle| {
            // What stands in the result is a delivery of the plan, not its control.
            let observed = &AtomicBool::new(true);
            let sweep = Sweep {
                observed,
                ..bench.sweep(&oracle, &control_steps, first, Duration::ZERO)
            };
            let outcome = sweep.deliver(&Delivery::WHOLE, first, &mut Prover::new());
            let mut learned = oracle.clone();
            for (part, i, bytes) in &outcome.learned {
                learned.learn(*part, *i, bytes.clone());
            }
            (outcome, learned)
        };
        let (outcome, learned) = control(oracle.clone());
        let mut no_sweep = |mut outcome: Outcome, why: &str| {
            outcome.notes.push(why.to_owned());
            let mut gathered = Gathered::default();
            gathered.add(0, Class::Whole, outcome);
            progress(true);
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
            let why = "the control exchange, sent whole, failed already: no sweep";
            return no_sweep(outcome, why);
        }
        slowest = outcome
            .latencies
            .iter()
            .max()
            .map_or(Duration::ZERO, |ns| Duration::from_nanos(*ns));
        deadlines = first.learned(slowest);
        if oracle.is_incomplete() {
            let (outcome, again) = control(oracle.clone());
            if outcome.failed.is_some() {
                let why = "a second control exchange, sent whole, failed: no sweep; a server for \
                           one client only needs `reset: restart`";
                return no_sweep(outcome, why);
            }
            if let Some((name, a, b)) = learned.disagreement(&again, profile) {
                let why = format!(
                    "two control exchanges of `{name}` brought different answers, {} and {}; \
                     give its reply, or leave it out",
                    quote::bytes(a),
                    quote::bytes(b)
                );
                *result = with_reason(blank(plan), Verdict::Inconclusive, &why);
                return;
            }
            oracle = learned;
        }
    }
    let sweep = bench.sweep(&oracle, &case.steps, deadlines, slowest);
    let alone = sweep.restart_each || profile.without.contains(&Capability::Concurrency);
    let workers = if alone || plan.deliveries.len() < 8 {
        1
    } else {
        settings.sweep_threads
    };
    let mut gathered = sweep.all(&plan.deliveries, workers, progress);
    second_look(&sweep, &plan.deliveries, first, &mut gathered);
    check_oracle(&sweep, profile, first, &mut gathered);
    conclude(plan, profile, &plan.deliveries, gathered, settings, result);
}

/// Looks again at what slowness alone could have caused, with nothing else going on and with long
/// deadlines. What then is right was late, not wrong.
fn second_look(
    sweep: &Sweep<'_>,
    deliveries: &[Delivery],
    first: Deadlines,
    gathered: &mut Gathered,
) {
    let doubtful: Vec<usize> = gathered
        .failed
        .iter()
        .filter(|(_, o)| {
            o.failed
                .as_ref()
                .is_some_and(|f| f.deviation.may_be_slowness())
        })
        .map(|(i, _)| *i)
        .collect();
    let mut confirmed = 0;
    let mut late = 0;
    let mut prover = Prover::new();
    for index in doubtful {
        if confirmed >= SECOND_LOOKS || sweep.interrupt.is_set() {
            break;
        }
        let again = sweep.deliver(&deliveries[index], first, &mut prover);
        let Some(place) = gathered.failed.iter().position(|(i, _)| *i == index) else {
            continue;
        };
        if again.failed.is_some() {
            confirmed += 1;
            gathered.failed[place].1 = again;
        } else {
            late += 1;
            gathered.failed.remove(place);
            if let Some(seen) = gathered.delivered.iter_mut().find(|(i, _)| *i == index) {
                seen.1 = again.tally.complete();
            }
        }
    }
    if late > 0 {
        gathered.notes.push(format!(
            "{late} deliveries were late at first, and right when repeated alone"
        ));
    }
}

/// Learned answers are checked once more before anything is accused because of them.
fn check_oracle(sweep: &Sweep<'_>, profile: &Profile, first: Deadlines, gathered: &mut Gathered) {
    let learned = |part: Part| {
        part.of(profile)
            .iter()
            .any(|e| matches!(e.reply, Reply::Learned { .. }))
    };
    let any = [Part::Opening, Part::Exchanges, Part::Closing]
        .into_iter()
        .any(learned);
    if !any || gathered.failed.is_empty() || sweep.interrupt.is_set() {
        return;
    }
    let steps = [Step {
        at: sweep.case.at.clone(),
        kind: play_all(),
    }];
    let control = Sweep {
        steps: &steps,
        interrupt: sweep.interrupt.clone(),
        ..*sweep
    };
    let outcome = control.deliver(&Delivery::WHOLE, first, &mut Prover::new());
    let Some(now) = outcome.failed else { return };
    // Only another answer says that the target remembers. One that does not answer any more was
    // brought to that by the sweep.
    if ![verdict::WRONG, verdict::INVALID].contains(&now.deviation.kind) {
        gathered.notes.push(format!(
            "after the sweep a control exchange, sent whole, fails too: {}: {}",
            now.deviation.kind, now.deviation.actual
        ));
        return;
    }
    for (_, outcome) in &mut gathered.failed {
        if let Some(failed) = &mut outcome.failed {
            failed.deviation = Deviation::inconclusive(
                "a control exchange brings the same answer before and after the sweep",
                "another answer came after it: the target remembers",
            );
        }
    }
}

fn conclude(
    plan: &CasePlan,
    profile: &Profile,
    deliveries: &[Delivery],
    gathered: Gathered,
    settings: &Settings,
    result: &mut CaseResult,
) {
    let case = &*plan.case;
    result.coverage = coverage(deliveries, &gathered, plan.deliveries.len());
    result.thresholds = case
        .thresholds
        .iter()
        .map(|t| threshold(t, &gathered))
        .collect();
    let broken = result
        .thresholds
        .iter()
        .any(|t| t.measured.is_some() && !t.holds);
    let unmeasured = result.thresholds.iter().any(|t| t.measured.is_none());
    let left_out = result
        .coverage
        .planned
        .saturating_sub(result.coverage.delivered);
    let weights = gathered
        .failed
        .iter()
        .filter_map(|(_, o)| o.failed.as_ref())
        .map(|f| f.deviation.weight)
        .chain(broken.then_some(Weight::Fail))
        .chain(unmeasured.then_some(Weight::Inconclusive))
        .chain((left_out > 0).then_some(Weight::Inconclusive));
    result.verdict = verdict::of_case(case.level, weights);
    for (class, histogram) in &gathered.latency {
        match crate::run::Latency::from_histogram(class.name(), histogram) {
            Ok(latency) => result.latency.push(latency),
            Err(error) => result.notes.push(format!("{}: {error}", class.name())),
        }
    }
    result.notes.extend(gathered.notes.iter().cloned());
    result.tcp_info = gathered
        .tcp_info
        .iter()
        .map(|(name, before, after)| {
            let (before, after) = (*before, *after);
            ((*name).to_owned(), BeforeAfter { before, after })
        })
        .collect();
    result.socket_options = gathered
        .options
        .iter()
        .map(|(k, v)| ((*k).to_owned(), v.clone()))
        .collect();
    for (index, streams) in &gathered.shown {
        let title = deliveries[*index].words(profile);
        result.diagrams.push(Diagram {
            title,
            streams: streams.clone(),
        });
    }
    failures(
        case.level, profile, deliveries, &gathered, settings, case, result,
    );
    if broken && result.failures.is_empty() {
        result
            .failures
            .extend(threshold_failure(result, case, settings));
    }
    result.unproved = verdict::rests_on_unproved(result);
    result.reason = match result.verdict {
        Verdict::Inconclusive | Verdict::Error => Some(unjudged_reason(&gathered, left_out)),
        Verdict::Pass if result.unproved => Some(unproved_reason(&gathered)),
        _ => None,
    };
}

fn unjudged_reason(gathered: &Gathered, left_out: u64) -> String {
    let seen = gathered
        .failed
        .iter()
        .filter_map(|(_, o)| o.failed.as_ref())
        .find(|f| f.deviation.weight != Weight::Fail);
    match (seen, gathered.delivered.len()) {
        (Some(f), _) => format!(
            "{}: {}, but: {}",
            f.step, f.deviation.expected, f.deviation.actual
        ),
        (None, done) if left_out > 0 => {
            let why = gathered.cut_short.as_deref().unwrap_or("the target ended");
            let planned = done as u64 + left_out;
            format!("{left_out} of {planned} deliveries were not carried out: {why}")
        }
        (None, _) => "a threshold could not be measured".to_owned(),
    }
}

fn unproved_reason(gathered: &Gathered) -> String {
    let open = gathered
        .delivered
        .iter()
        .filter(|(_, proved)| !proved)
        .count();
    format!(
        "{open} of {} deliveries are not proved",
        gathered.delivered.len()
    )
}

fn coverage(deliveries: &[Delivery], gathered: &Gathered, planned: usize) -> Coverage {
    let mut classes: BTreeMap<String, ClassCoverage> = BTreeMap::new();
    for delivery in deliveries {
        classes
            .entry(delivery.class.name().to_owned())
            .or_default()
            .planned += 1;
    }
    for (index, proved) in &gathered.delivered {
        let class = classes
            .entry(deliveries[*index].class.name().to_owned())
            .or_default();
        class.delivered += 1;
        class.proved += u64::from(*proved);
    }
    for (index, _) in &gathered.failed {
        classes
            .entry(deliveries[*index].class.name().to_owned())
            .or_default()
            .failed += 1;
    }
    Coverage {
        planned: planned as u64,
        delivered: gathered.delivered.len() as u64,
        proved: gathered
            .delivered
            .iter()
            .filter(|(_, proved)| *proved)
            .count() as u64,
        failed: gathered.failed.len() as u64,
        proofs: gathered
            .tally
            .proofs
            .iter()
            .map(|(p, n)| (p.to_string(), *n))
            .collect(),
        classes,
    }
}

/// One failure for each kind, step and class, the smallest delivery first: fewest pieces, earliest
/// cut, as the plan lists them.
fn failures(
    level: Level,
    profile: &Profile,
    deliveries: &[Delivery],
    gathered: &Gathered,
    settings: &Settings,
    case: &Case,
    result: &mut CaseResult,
) {
    type Alike<'a> = (Class, &'a str, &'a str);
    let mut groups: BTreeMap<Alike<'_>, Vec<(usize, &Failed, &Outcome)>> = BTreeMap::new();
    for (index, outcome) in &gathered.failed {
        if let Some(failed) = &outcome.failed {
            let accuses = failed.deviation.weight == Weight::Fail;
            if accuses || level != Level::Must {
                let key = (
                    deliveries[*index].class,
                    failed.deviation.kind,
                    &*failed.step,
                );
                groups
                    .entry(key)
                    .or_default()
                    .push((*index, failed, outcome));
            }
        }
    }
    for ((class, kind, step), members) in groups {
        let Some((index, failed, outcome)) = members.first() else {
            continue;
        };
        if result.failures.len() >= FAILURES {
            result.failures_dropped += 1;
            continue;
        }
        let indices: Vec<usize> = members.iter().map(|(i, ..)| *i).collect();
        let delivery = &deliveries[*index];
        let octets = outcome.octets.clone();
        result.failures.push(Failure {
            delivery: delivery.words(profile),
            class: class.name().to_owned(),
            step: step.to_owned(),
            line: failed.line,
            kind: kind.to_owned(),
            expected: failed.deviation.expected.to_string(),
            expected_bytes: octets.0,
            actual: failed.deviation.actual.clone(),
            actual_bytes: octets.1,
            count: members.len() as u64,
            pattern: pattern::of_cuts(profile, deliveries, &indices),
            rerun: rerun(&case.at, &case.id, Some(&delivery.id(profile)), settings),
            diagram: Some(Diagram {
                title: delivery.words(profile),
                streams: outcome.streams.clone(),
            }),
        });
    }
}

fn rerun(at: &Location, id: &str, delivery: Option<&str>, settings: &Settings) -> String {
    let mut command = format!("harness run {} --filter '{id}'", at.file.display());
    if let Some(delivery) = delivery.filter(|d| *d != "whole") {
        command.push_str(&format!(" --delivery '{delivery}'"));
    }
    if !settings.rerun_with.is_empty() {
        command.push(' ');
        command.push_str(&settings.rerun_with);
    }
    command
}

fn threshold(threshold: &Threshold, gathered: &Gathered) -> ThresholdResult {
    let mut all = latency::empty();
    for histogram in gathered.latency.values() {
        // All have the same bounds, so that this cannot fail.
        let _ = all.add(histogram);
    }
    let measured = (!all.is_empty()).then(|| match threshold.metric {
        Metric::Quantile(q) => all.value_at_quantile(q) as f64,
        Metric::Mean => all.mean(),
        Metric::Max => all.max() as f64,
    });
    let holds = measured.is_some_and(|m| verdict::holds(threshold.is, m));
    ThresholdResult {
        text: threshold.text.clone(),
        holds,
        measured,
    }
}

fn threshold_failure(result: &CaseResult, case: &Case, settings: &Settings) -> Option<Failure> {
    let broken = result.thresholds.iter().find(|t| !t.holds)?;
    let measured = broken.measured.map_or_else(
        || "nothing was measured".to_owned(),
        |ns| verdict::time(Duration::from_nanos(ns as u64)),
    );
    Some(Failure {
        delivery: "all deliveries together".to_owned(),
        class: "threshold".to_owned(),
        step: "thresholds".to_owned(),
        line: case.at.line,
        kind: "threshold".to_owned(),
        expected: broken.text.clone(),
        expected_bytes: None,
        actual: measured,
        actual_bytes: None,
        count: 1,
        pattern: None,
        rerun: rerun(&case.at, &case.id, None, settings),
        diagram: None,
    })
}

fn blank(plan: &CasePlan) -> CaseResult {
    let case = &plan.case;
    CaseResult {
        id: case.id.clone(),
        title: case.title.clone(),
        line: case.at.line,
        why: case.why.clone(),
        cite: case.cite.clone(),
        level: match case.level {
            Level::Must => "must",
            Level::Should => "should",
            Level::May => "may",
        }
        .to_owned(),
        target: plan
            .profile
            .as_deref()
            .map_or_else(TargetInfo::default, describe),
        verdict: Verdict::Error,
        reason: None,
        unproved: false,
        coverage: Coverage {
            planned: plan.deliveries.len() as u64,
            ..Coverage::default()
        },
        failures: Vec::new(),
        failures_dropped: 0,
        diagrams: Vec::new(),
        latency: Vec::new(),
        thresholds: Vec::new(),
        notes: plan.notes.clone(),
        socket_options: BTreeMap::new(),
        tcp_info: BTreeMap::new(),
        elapsed_us: 0,
    }
}

fn with_reason(mut result: CaseResult, verdict: Verdict, why: &str) -> CaseResult {
    result.verdict = verdict;
    result.reason = Some(why.to_owned());
    result
}

fn plays(steps: &[Step]) -> bool {
    steps.iter().any(|s| match &s.kind {
        StepKind::Play { .. } => true,
        StepKind::Repeat { steps, .. } | StepKind::Timed { steps, .. } => plays(steps),
        _ => false,
    })
}

fn play_all() -> StepKind {
    StepKind::Play {
        exchanges: None,
        on: "main".to_owned(),
    }
}

//! The result of a case, put together from what its deliveries brought.

use std::collections::BTreeMap;
use std::time::Duration;

use super::outcome::{Gathered, Outcome};
use super::pattern;
use super::runner::Settings;
use super::steps::Failed;
use crate::latency;
use crate::plan::{CasePlan, Class, Delivery};
use crate::run::{
    BeforeAfter, CaseResult, ClassCoverage, Coverage, Diagram, Failure, TargetInfo,
    ThresholdResult, Verdict,
};
use crate::scenario::model::{Case, Level, Metric, Profile, Threshold};
use crate::target::describe;
use crate::verdict::{self, Weight};

/// Distinct failures that are kept.
const FAILURES: usize = 20;

pub(super) fn conclude(
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
            .extend(threshold_failure(result, case, profile, settings));
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
    // All failures make the pattern, whatever their kind. A crash takes the deliveries around it
    // with it, so that those have no pattern of their own.
    let crashed = |o: &Outcome| {
        o.failed
            .as_ref()
            .is_some_and(|f| f.deviation.kind == verdict::CRASH)
    };
    let failing: Vec<usize> = match gathered.failed.iter().any(|(_, o)| crashed(o)) {
        true => Vec::new(),
        false => gathered.failed.iter().map(|(i, _)| *i).collect(),
    };
    for ((class, kind, step), members) in groups {
        let Some((index, failed, outcome)) = members.first() else {
            continue;
        };
        if result.failures.len() >= FAILURES {
            result.failures_dropped += 1;
            continue;
        }
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
            pattern: pattern::of_cuts(profile, deliveries, &failing, *index),
            rerun: rerun(case, profile, Some(&delivery.id(profile)), settings),
            diagram: Some(Diagram {
                title: delivery.words(profile),
                streams: outcome.streams.clone(),
            }),
        });
    }
}

fn rerun(case: &Case, profile: &Profile, delivery: Option<&str>, settings: &Settings) -> String {
    let at = if case.shipped { &profile.at } else { &case.at };
    let mut command = format!("harness run {} --filter '{}'", at.file.display(), case.id);
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

fn threshold_failure(
    result: &CaseResult,
    case: &Case,
    profile: &Profile,
    settings: &Settings,
) -> Option<Failure> {
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
        rerun: rerun(case, profile, None, settings),
        diagram: None,
    })
}

pub(super) fn blank(plan: &CasePlan) -> CaseResult {
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

pub(super) fn with_reason(mut result: CaseResult, verdict: Verdict, why: &str) -> CaseResult {
    result.verdict = verdict;
    result.reason = Some(why.to_owned());
    result
}

//! The result of a load case, put together from what its workers measured.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::nanoseconds;
use super::job::Job;
use super::outcome::{NotBegun, Outcome, per_second};
use super::pacer::Schedule;
use super::words;
use crate::latency;
use crate::run::{CaseResult, Failure, Latency, LoadResult, Octets, ThresholdResult, Verdict};
use crate::scenario::model::{Case, LoadModel, Metric, Threshold};
use crate::verdict::{self, Weight};

/// The share of requests behind schedule from which on the generator was the bottleneck.
const BEHIND: f64 = 0.01;

/// What must hold where a case does not bound it itself.
const HOLDS_ANYWAY: [(Metric, &str); 3] = [
    (Metric::Corrupt, "corrupt == 0"),
    (Metric::Errors, "errors == 0"),
    (Metric::Timeouts, "timeouts == 0"),
];

/// Judges what a load case measured. `rerun` is the command that runs it again.
pub fn conclude(case: &Case, job: &Job, outcome: &Outcome, rerun: &str, result: &mut CaseResult) {
    let failure = |kind: &str, expected: &str, actual: String| Failure {
        delivery: "under load".to_owned(),
        class: "load".to_owned(),
        step: "load".to_owned(),
        line: case.at.line,
        kind: kind.to_owned(),
        expected: expected.to_owned(),
        expected_bytes: None,
        actual,
        actual_bytes: None,
        count: 1,
        pattern: None,
        rerun: rerun.to_owned(),
        diagram: None,
    };
    let mut weights = Vec::new();
    if outcome.target_ended {
        let after = verdict::time(outcome.elapsed);
        let actual =
            format!("it ended within {after} of load; what was measured until then stands");
        result
            .failures
            .push(failure(verdict::CRASH, "a target that lives", actual));
        weights.push(Weight::Fail);
    }
    match &outcome.not_begun {
        Some(NotBegun::Unopened(why)) => {
            let all = format!("{} connections", job.load.connections);
            result
                .failures
                .push(failure(verdict::NOT_REACHED, &all, why.clone()));
            weights.push(Weight::Fail);
        }
        Some(NotBegun::Broken(why)) => {
            result.reason = Some(why.clone());
            weights.push(Weight::Error);
        }
        None => {}
    }
    if outcome.interrupted {
        result.reason = Some("the run ended before the load was over".to_owned());
        weights.push(Weight::Inconclusive);
    }
    let begun = outcome.not_begun.is_none();
    if begun {
        let void = void(job, outcome);
        thresholds(case, outcome, result);
        for (metric, threshold) in bounds(case).zip(&result.thresholds) {
            let times = !HOLDS_ANYWAY.iter().any(|(m, _)| *m == metric);
            weights.extend(match threshold {
                t if t.measured.is_none() => Some(Weight::Inconclusive),
                t if t.holds => None,
                _ if times && void.is_some() => Some(Weight::Inconclusive),
                _ => Some(Weight::Fail),
            });
        }
        if let Some(corrupt) = &outcome.corrupt {
            let (expected, actual) = Octets::pair(&corrupt.expected, &corrupt.actual);
            result.failures.push(Failure {
                step: match &corrupt.exchange {
                    Some(name) => format!("exchange `{name}`"),
                    None => "load".to_owned(),
                },
                expected_bytes: corrupt.exchange.as_ref().map(|_| expected),
                actual_bytes: Some(actual),
                count: outcome.counts.corrupt,
                ..failure(verdict::WRONG, "nothing", corrupt.what.to_owned())
            });
        }
        for why in void.into_iter().chain(out_of_ports(job, outcome)) {
            weights.push(Weight::Inconclusive);
            result.reason.get_or_insert(why);
        }
        let broken = result.thresholds.iter().find(|t| !t.holds);
        if let Some(threshold) = broken.filter(|_| result.failures.is_empty()) {
            let metric = bounds(case)
                .zip(&result.thresholds)
                .find(|(_, t)| !t.holds)
                .map(|(metric, _)| metric);
            let actual = in_words(metric, threshold.measured);
            result
                .failures
                .push(failure("threshold", &threshold.text, actual));
        }
        latencies(outcome, result);
        result.load = Some(Box::new(measured(job, outcome)));
        notes(outcome, result);
    }
    result.verdict = verdict::of_case(case.level, weights);
    if result.verdict != Verdict::Inconclusive && result.verdict != Verdict::Error {
        result.reason = None;
    } else if result.reason.is_none() {
        result.reason = Some("a threshold could not be measured".to_owned());
    }
}

/// Why the latencies are not to be believed, if so.
fn void(job: &Job, outcome: &Outcome) -> Option<String> {
    let counts = &outcome.counts;
    let share = counts.behind as f64 / counts.sent.max(1) as f64;
    (share > BEHIND).then(|| {
        let lag = outcome
            .lag
            .as_ref()
            .map_or(0, |lag| lag.value_at_quantile(0.99));
        format!(
            "the generator fell behind: {:.1} % of the requests left more than {} late (p99 of the \
             lag {}); lower the rate, add `threads`, or free a core",
            share * 100.0,
            verdict::time(job.load.lag_limit),
            verdict::time(Duration::from_nanos(lag)),
        )
    })
}

/// What is to be known where this machine had no port left for a connection.
fn out_of_ports(job: &Job, outcome: &Outcome) -> Option<String> {
    let counts = &outcome.counts;
    let rate = per_second(counts.connections, outcome.elapsed);
    let addresses = job.load.sources.max(1);
    let s = if addresses == 1 { "" } else { "es" };
    (counts.out_of_ports > 0).then(|| {
        format!(
            "ephemeral ports ran out {} times: {addresses} source address{s} to one destination \
             gave {rate:.0} connections a second; a port stays in TIME_WAIT after its connection \
             (net.ipv4.ip_local_port_range, tcp_tw_reuse); spread them with `sources: 64`",
            counts.out_of_ports
        )
    })
}

/// The metrics of the case's thresholds, and then those of what must hold anyway.
fn bounds(case: &Case) -> impl Iterator<Item = Metric> {
    let own = case.thresholds.iter().map(|t| t.metric);
    own.chain(unbounded(case).map(|(metric, _)| metric))
}

fn unbounded(case: &Case) -> impl Iterator<Item = (Metric, &'static str)> {
    HOLDS_ANYWAY
        .into_iter()
        .filter(|(metric, _)| case.thresholds.iter().all(|t| t.metric != *metric))
}

fn thresholds(case: &Case, outcome: &Outcome, result: &mut CaseResult) {
    let value = |metric: Metric| match metric {
        Metric::Rate => Some(outcome.rate()),
        Metric::Errors => Some(outcome.counts.errors() as f64),
        Metric::Timeouts => Some(outcome.counts.timeouts as f64),
        Metric::Corrupt => Some(outcome.counts.corrupt as f64),
        other => latency::measure(&outcome.response, other),
    };
    let own = case.thresholds.iter().map(|threshold: &Threshold| {
        let measured = value(threshold.metric);
        ThresholdResult {
            text: threshold.text.clone(),
            holds: measured.is_some_and(|m| verdict::holds(threshold.is, m)),
            measured,
        }
    });
    let anyway = unbounded(case).map(|(metric, text)| {
        let measured = value(metric);
        ThresholdResult {
            text: text.to_owned(),
            holds: measured == Some(0.0),
            measured,
        }
    });
    result.thresholds = own.chain(anyway).collect();
}

/// A measured value in words.
fn in_words(metric: Option<Metric>, value: Option<f64>) -> String {
    match (metric, value) {
        (_, None) => "nothing was measured".to_owned(),
        (Some(Metric::Rate), Some(rate)) => format!("{rate:.0} a second"),
        (Some(Metric::Errors | Metric::Timeouts | Metric::Corrupt), Some(n)) => format!("{n:.0}"),
        (_, Some(ns)) => verdict::time(Duration::from_nanos(ns as u64)),
    }
}

fn latencies(outcome: &Outcome, result: &mut CaseResult) {
    let views = [
        ("response_time", Some(&outcome.response)),
        ("service_time", outcome.service.as_ref()),
    ];
    for (class, histogram) in views {
        match histogram.map(|h| Latency::from_histogram(class, h)) {
            Some(Ok(latency)) => result.latency.push(latency),
            Some(Err(error)) => result.notes.push(format!("{class}: {error}")),
            None => {}
        }
    }
}

fn measured(job: &Job, outcome: &Outcome) -> LoadResult {
    let load = &job.load;
    let us = |time: Duration| time.as_micros() as u64;
    let offered = match &load.model {
        LoadModel::Closed => None,
        LoadModel::Open { stages, .. } => {
            let from = nanoseconds(load.warmup);
            let to = from + nanoseconds(outcome.measured);
            let arrived = Schedule::new(stages).arrivals(from, to);
            let seconds = outcome.measured.as_secs_f64();
            (seconds > 0.0).then(|| arrived / seconds)
        }
    };
    let text = |name: &&str| (*name).to_owned();
    LoadResult {
        model: words::model(load).to_owned(),
        connections: load.connections as u64,
        pipeline_depth: load.pipeline_depth as u64,
        threads: load.threads as u64,
        busy_poll: load.busy_poll,
        warmup_us: us(load.warmup),
        measured_us: us(outcome.measured),
        offered_rate: offered,
        rate: outcome.rate(),
        counts: counts(outcome),
        causes: outcome.counts.causes.clone(),
        lag: outcome
            .lag
            .as_ref()
            .and_then(|lag| Latency::from_histogram("lag", lag).ok()),
        lag_limit_us: outcome.lag.as_ref().map(|_| us(load.lag_limit)),
        windows: outcome.windows.clone(),
        generator_cpu_us: outcome.generator_cpu.map(us),
        target_cpu_us: outcome.target_cpu.map(us),
        target_rss_bytes: outcome.target_rss,
        tcp_info: outcome
            .tcp_info
            .iter()
            .map(|(name, value)| (text(name), *value))
            .collect(),
    }
}

fn counts(outcome: &Outcome) -> BTreeMap<String, u64> {
    let counts = &outcome.counts;
    let [whole, each_byte, random] = counts.deliveries;
    [
        ("sent", counts.sent),
        ("answered", counts.answered),
        ("corrupt", counts.corrupt),
        ("timeouts", counts.timeouts),
        ("failed", counts.failed),
        ("unsent", counts.unsent),
        ("behind", counts.behind),
        ("whole", whole),
        ("each_byte", each_byte),
        ("random", random),
        ("connections", counts.connections),
        ("refused", counts.refused),
        ("out_of_ports", counts.out_of_ports),
        ("dropped", counts.dropped),
        ("bytes_sent", counts.bytes_sent),
        ("bytes_received", counts.bytes_received),
    ]
    .into_iter()
    .map(|(name, n)| (name.to_owned(), n))
    .collect()
}

fn notes(outcome: &Outcome, result: &mut CaseResult) {
    let counts = &outcome.counts;
    if counts.failed + counts.timeouts > 0 {
        result.notes.push(format!(
            "the percentiles hold {} answered and {} timed-out requests; {} failed ones have no \
             latency",
            counts.answered, counts.timeouts, counts.failed
        ));
    }
    if counts.dropped > 0 {
        result.notes.push(format!(
            "the target closed {} connections on which nothing was asked",
            counts.dropped
        ));
    }
}

//! Load cases, run as a user would: what is counted adds up, what is wrong is found, and latencies
//! are those that a known schedule of stalls makes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::process::Output;

use common::{cases, run, text};
use harness::run::{CaseResult, LoadResult, Verdict};

const ECHO: &str = "target: t
builtin: echo
timeout: 2s
frames: {any: raw}
exchanges:
  - record: {request: {any: hello}, reply: {any: hello}}";
const LINES: &str = "target: t
builtin: upper
timeout: 2s
frames: {line: {delimiter: {bytes: \"\\n\"}}}
exchanges:
  - hello: {request: {line: hello}}
  - words: {request: {line: some words}, reply: {line: SOME WORDS}}";

struct Ran {
    output: Output,
    case: CaseResult,
    told: String,
}

impl Ran {
    fn load(&self) -> &LoadResult {
        self.case
            .load
            .as_ref()
            .unwrap_or_else(|| panic!("{}", self.told))
    }

    fn count(&self, name: &str) -> u64 {
        self.load().counts[name]
    }

    /// Every request that was begun has an end, whatever happened.
    fn adds_up(&self) -> &Self {
        let ends = self.count("answered") + self.count("timeouts") + self.count("failed");
        assert_eq!(self.count("sent"), ends, "{}", self.told);
        let recorded = self.count("answered") + self.count("timeouts");
        assert_eq!(self.case.latency[0].count, recorded, "{}", self.told);
        let windows: u64 = self.load().windows.iter().map(|w| w.response.count).sum();
        assert_eq!(windows, recorded, "{}", self.told);
        self
    }

    fn passes(&self) -> &Self {
        assert_eq!(self.case.verdict, Verdict::Pass, "{}", self.told);
        assert!(self.count("answered") > 0, "{}", self.told);
        assert_eq!(self.count("sent"), self.count("answered"), "{}", self.told);
        self.adds_up()
    }
}

/// Runs one load case against a profile.
fn load(profile: &str, load: &str, more: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("load.yaml");
    let scenario = "scenario: s\ntarget: t\ncases:\n  - id: a.b\n    title: A case";
    std::fs::write(
        &file,
        format!("{profile}\n---\n{scenario}\n    load: {load}\n"),
    )
    .unwrap();
    let mut args = vec![file.to_str().unwrap(), "--seed", "1"];
    args.extend(more);
    let (output, result) = run(&args);
    let told = text(&output);
    let result = result.unwrap_or_else(|| panic!("{told}"));
    let case = cases(&result).next().unwrap_or_else(|| panic!("{told}"));
    Ran {
        case: case.clone(),
        output,
        told,
    }
}

#[test]
fn every_way_to_send_gets_every_answer() {
    let udp = ECHO.replace("builtin: echo", "builtin: udp-echo");
    let unix = format!("{ECHO}\ntransport: unix");
    let opening = format!(
        "{LINES}\nopening:\n  - hi: {{request: {{line: hi}}}}\nclosing:\n  - bye: {{request: {{line: bye}}}}"
    );
    for (profile, spec) in [
        (ECHO, "{messages: 500}"),
        (ECHO, "{messages: 1000, connections: 8, threads: 2}"),
        (ECHO, "{messages: 2000, connections: 4, pipeline_depth: 16}"),
        (
            ECHO,
            "{messages: 300, connections: 4, churn: 1, sources: 8}",
        ),
        (
            ECHO,
            "{messages: 300, connections: 3, churn: 7, pipeline_depth: 3}",
        ),
        (ECHO, "{messages: 100, connections: 4, think_time: 1ms}"),
        (
            ECHO,
            "{duration: 100ms, warmup: 50ms, connections: 4, busy_poll: true}",
        ),
        (
            ECHO,
            "{model: {open: {rate: 1000/s}}, messages: 300, connections: 4, lag_limit: 10s}",
        ),
        (
            ECHO,
            "{model: {open: {rate: 2k/s, arrivals: poisson}}, duration: 200ms, warmup: 50ms, \
             connections: 4, pipeline_depth: 4, threads: 2, lag_limit: 10s}",
        ),
        (
            ECHO,
            "{model: {open: {stages: [{rate: 100/s, time: 100ms}, {ramp_to: 1000/s, time: 100ms}]}}, \
             connections: 4, churn: 3, lag_limit: 10s}",
        ),
        (
            LINES,
            "{messages: 500, connections: 4, exchanges: {hello: 80%, words: 20%}}",
        ),
        (
            LINES,
            "{messages: 500, connections: 4, pipeline_depth: 4, \
             delivery: {whole: 60%, each_byte: 20%, random: 20%}}",
        ),
        (&opening, "{messages: 200, connections: 4, churn: 5}"),
        (&udp, "{messages: 500, connections: 4}"),
        (&unix, "{messages: 500, connections: 4, pipeline_depth: 4}"),
    ] {
        let ran = load(profile, spec, &[]);
        ran.passes();
        for n in ["500", "1000", "2000", "300", "200"] {
            if spec.contains(&format!("messages: {n},")) {
                assert_eq!(ran.count("sent").to_string(), *n, "{spec}\n{}", ran.told);
            }
        }
        if spec.contains("delivery") {
            assert!(
                ran.count("each_byte") > 0 && ran.count("random") > 0,
                "{}",
                ran.told
            );
        }
        if spec.contains("churn: 1,") {
            assert!(ran.count("connections") >= 300, "{}", ran.told);
        }
    }
}

#[test]
fn a_constant_rate_is_kept_to_the_last_request() {
    let spec = "{model: {open: {rate: 1000/s}}, duration: 300ms, warmup: 100ms, connections: 4, lag_limit: 10s}";
    let ran = load(ECHO, spec, &[]);
    ran.passes();
    assert_eq!(ran.count("sent"), 300, "{}", ran.told);
    assert_eq!(ran.load().offered_rate, Some(1000.0));
    let lag = ran.load().lag.as_ref().unwrap();
    assert_eq!(lag.count, 300);
}

#[test]
fn answers_that_do_not_come_are_timeouts_and_stay_in_the_percentiles() {
    let profile = ECHO.replace("timeout: 2s", "timeout: 300ms");
    let spec = "{connections: 48, duration: 100ms}";
    let ran = load(&profile, spec, &["--fault", "echo:forty_clients_at_most"]);
    ran.adds_up();
    assert_eq!(ran.case.verdict, Verdict::Fail, "{}", ran.told);
    assert!(ran.count("timeouts") >= 8, "{}", ran.told);
    assert!(ran.case.latency[0].max_ns >= 300_000_000, "{}", ran.told);
    assert!(ran.told.contains("timed-out"), "{}", ran.told);
}

#[test]
fn wrong_answers_are_found_and_shown() {
    let spec = "{messages: 500, connections: 4, delivery: {each_byte: 100%}}";
    let ran = load(LINES, spec, &["--fault", "upper:one_read_one_message"]);
    ran.adds_up();
    assert_eq!(ran.case.verdict, Verdict::Fail, "{}", ran.told);
    assert!(ran.count("corrupt") > 0, "{}", ran.told);
    let failure = &ran.case.failures[0];
    assert_eq!(failure.kind, "wrong answer", "{}", ran.told);
    assert!(failure.actual_bytes.is_some(), "{}", ran.told);
    assert_eq!(ran.output.status.code(), Some(1));
}

#[test]
fn a_target_that_dies_ends_the_case_with_what_was_measured() {
    let spec = "{connections: 4, duration: 60s}";
    let ends = ECHO.replace(
        "builtin: echo",
        &format!(
            "start: [sh, -c, '{} serve echo --listen tcp://127.0.0.1:{{port}} & sleep 1; kill $!']",
            common::HARNESS
        ),
    );
    let ran = load(&ends, spec, &[]);
    ran.adds_up();
    assert_eq!(ran.case.verdict, Verdict::Fail, "{}", ran.told);
    assert!(ran.count("answered") > 0, "{}", ran.told);
    assert!(ran.case.target.exit.is_some(), "{}", ran.told);
    let kinds: Vec<&str> = ran.case.failures.iter().map(|f| f.kind.as_str()).collect();
    assert!(kinds.contains(&"crash"), "{}", ran.told);
}

#[test]
fn a_run_that_is_cut_short_keeps_what_it_has() {
    let ran = load(
        ECHO,
        "{connections: 4, duration: 60s}",
        &["--budget", "1500ms"],
    );
    ran.adds_up();
    assert_eq!(ran.case.verdict, Verdict::Inconclusive, "{}", ran.told);
    assert!(ran.count("answered") > 0, "{}", ran.told);
    assert_eq!(ran.output.status.code(), Some(3), "{}", ran.told);
}

#[test]
fn a_generator_that_falls_behind_voids_the_case() {
    let spec = "{model: {open: {rate: 1000/s}}, messages: 200, connections: 4, lag_limit: 1ns}";
    let ran = load(ECHO, spec, &[]);
    ran.adds_up();
    assert_eq!(ran.case.verdict, Verdict::Inconclusive, "{}", ran.told);
    assert!(ran.case.reason.unwrap().contains("fell behind"));
    assert_eq!(ran.output.status.code(), Some(3));
}

/// The server serves nobody in the first 200 ms of every 2 s. At a constant rate over whole periods
/// a tenth of the requests are due in a stall, evenly spread: whatever the phase, the response times
/// of the slowest 10 % are those of a straight line from 0 to 200 ms.
#[test]
fn a_stall_shows_in_response_times_as_computed_and_hides_from_service_times() {
    let spec = "{model: {open: {rate: 1000/s}}, connections: 2, duration: 4s, lag_limit: 10s}";
    let ran = load(ECHO, spec, &["--fault", "echo:stalls"]);
    ran.adds_up();
    assert_eq!(ran.count("sent"), 4_000, "{}", ran.told);
    let response = ran.case.latency[0].histogram().unwrap();
    let service = ran.case.latency[1].histogram().unwrap();
    let stall = 200e6;
    for q in [0.92, 0.95, 0.99, 0.999] {
        let truth = stall * (1.0 - (1.0 - q) / 0.1);
        let found = response.value_at_quantile(q) as f64;
        // A request is a thousandth of a second from the next one. Noise only ever adds.
        assert!(found >= truth - 2e6, "{q}: {found} {truth}\n{}", ran.told);
        assert!(found <= truth + 100e6, "{q}: {found} {truth}\n{}", ran.told);
    }
    // Two connections: at most a few of 2,000 requests a period are under way when it stalls.
    assert!(response.value_at_quantile(0.5) < 50_000_000, "{}", ran.told);
    assert!(
        service.value_at_quantile(0.98) < response.value_at_quantile(0.98) / 2,
        "{}",
        ran.told
    );
}

//! Clients under test that do not behave: the run ends, and says what they did.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use common::{HARNESS, cases, command, text};
use harness::run::{CaseResult, Verdict};

/// Runs `client.yaml` with one target: this shell command, and these cases.
fn judge(script: &str, cases_yaml: &str) -> (CaseResult, String) {
    let dir = tempfile::tempdir().unwrap();
    let (file, report) = (dir.path().join("client.yaml"), dir.path().join("run.json"));
    let script = script.replace("HARNESS", HARNESS);
    let yaml = format!(
        "target: t
role: client
start: {{argv: [sh, -c, {script:?}, \"{{port}}\"], within: 1s}}
frames: {{command: {{length_prefix: {{type: u32be}}}}}}
exchanges:
  - one: {{request: {{command: one}}, reply: {{command: {{hex: \"00 41\"}}}}}}
---
scenario: s
target: t
cases:
{cases_yaml}"
    );
    std::fs::write(&file, yaml).unwrap();
    let output = command(&["run"])
        .arg(&file)
        .args(["--report", &format!("json={}", report.display())])
        .output()
        .unwrap();
    let run = harness::report::read(&report).unwrap_or_else(|e| panic!("{e} {}", text(&output)));
    let case = cases(&run).next().unwrap().clone();
    (case, text(&output))
}

const PLAY: &str = "  - {id: c.play, title: t}\n";
const ASK: &str = "HARNESS client exec --connect tcp://127.0.0.1:$0";

#[test]
fn a_client_of_any_kind_is_judged_by_its_end() {
    let (case, text) = judge(&format!("exec {ASK} one"), PLAY);
    assert_eq!(case.verdict, Verdict::Pass, "{text}");
    assert!(!case.unproved, "{text}");
    let (case, text) = judge(&format!("{ASK} one; exit 9"), PLAY);
    assert_eq!(case.verdict, Verdict::Fail, "{text}");
    assert_eq!(case.failures[0].kind, "wrong exit");
    assert!(text.contains("exit status 9"), "{text}");
}

#[test]
fn a_client_that_never_connects_is_not_judged() {
    for (script, why) in [
        (
            "echo no server >&2; exit 3 # $0",
            "it ended with exit status 3",
        ),
        ("sleep 1000 # $0", "it did not within 1.0 s"),
    ] {
        let (case, text) = judge(script, PLAY);
        assert_eq!(case.verdict, Verdict::Inconclusive, "{text}");
        let reason = case.reason.unwrap_or_default();
        assert!(reason.contains(why), "{reason}");
    }
}

#[test]
fn a_client_that_asks_something_else_is_told_so() {
    let (case, text) = judge(&format!("exec {ASK} two"), PLAY);
    assert_eq!(case.verdict, Verdict::Fail, "{text}");
    assert_eq!(case.failures[0].kind, "wrong request");
}

#[test]
fn what_differs_from_run_to_run_is_not_accused() {
    let (case, text) = judge(&format!("echo $$; exec {ASK} one"), PLAY);
    assert_eq!(case.verdict, Verdict::Inconclusive, "{text}");
    let reason = case.reason.unwrap_or_default();
    assert!(
        reason.contains("wrote different things to stdout"),
        "{reason}"
    );
    // The exit status alone can still be judged.
    let alone = "  - {id: c.alone, title: t, steps: [play: all, {ended: {exit: 0}}]}\n";
    let (case, text) = judge(&format!("echo $$; exec {ASK} one"), alone);
    assert_eq!(case.verdict, Verdict::Pass, "{text}");
}

#[test]
fn a_client_that_does_not_pipeline_is_no_case_for_merges() {
    let merge = "  - {id: c.merge, title: t, deliver: [{merge: {messages: 1, plus: half}}]}\n";
    let (case, text) = judge(&format!("exec {ASK} one"), merge);
    // With one exchange there is nothing to merge.
    assert_eq!(case.verdict, Verdict::Unsupported, "{text}");
}

#[test]
fn a_client_that_stays_is_stopped_and_leaves_nothing() {
    let marker = format!("left-by-{}", std::process::id());
    let script = format!("(exec -a {marker} sleep 1000) & {ASK} one; sleep 1000");
    let script = script
        .replace("(exec -a", "bash -c 'exec -a")
        .replace("1000) &", "1000' &");
    let (case, text) = judge(&script, PLAY);
    assert_eq!(case.verdict, Verdict::Fail, "{text}");
    assert_eq!(case.failures[0].kind, "hang");
    assert!(text.contains("it still runs after"), "{text}");
    common::await_none_with(&marker, std::time::Duration::from_secs(10));
}

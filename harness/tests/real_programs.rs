//! Programs that were not written for the harness: those under `targets/examples`, each swept, or
//! skipped where it is not installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use common::{cases, run, text};
use harness::run::Verdict;

#[test]
fn good_programs_pass_or_are_absent() {
    let (output, result) = run(&["targets/examples/"]);
    let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let mut skipped = Vec::new();
    for case in cases(&result) {
        match case.verdict {
            Verdict::Pass => assert!(!case.unproved, "{}: {:?}", case.id, case.reason),
            Verdict::Skip => {
                let reason = case.reason.clone().unwrap();
                common::skip(&case.id, &reason);
                skipped.push(reason);
            }
            // Cases of the suite that the profile's transport or `without` rules out.
            Verdict::Unsupported => {
                let reason = case.reason.as_deref().unwrap_or_default();
                assert!(reason.starts_with("the target "), "{}: {reason}", case.id);
            }
            other => panic!("{}: {other:?}\n{}", case.id, text(&output)),
        }
    }
    assert!(
        skipped.iter().all(|s| s.ends_with("is not installed")),
        "{skipped:?}"
    );
}

#[test]
fn a_tutorial_server_is_caught_with_the_cuts_at_fault() {
    let target = "python3 targets/examples/upper_server_naive.py {port}";
    let filter = [
        "scenarios/sticky.yaml",
        "--filter",
        "sticky.cut",
        "--target",
        target,
    ];
    if !common::has_python("the tutorial server") {
        return;
    }
    let (output, result) = run(&filter);
    let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let case = cases(&result).next().unwrap();
    let patterns: Vec<&str> = case
        .failures
        .iter()
        .filter_map(|f| f.pattern.as_deref())
        .collect();
    let named = patterns.iter().any(|p| p.contains("cuts of `hello`"));
    assert!(named, "no failure names the cuts: {patterns:?}");
}

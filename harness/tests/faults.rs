//! Every shipped scenario passes against the correct references, and every planted fault turns red
//! the scenarios that are said to catch it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{cases, run, text};
use harness::run::Verdict;

/// The shipped scenarios by name: `scenarios/NAME.yaml`.
fn shipped() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(common::root().join("scenarios"))
        .unwrap()
        .filter_map(|e| {
            e.unwrap()
                .file_name()
                .into_string()
                .unwrap()
                .strip_suffix(".yaml")
                .map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

#[test]
fn references_pass_every_shipped_scenario() {
    let (output, result) = run(&["scenarios/"]);
    let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let names: Vec<&str> = result.scenarios.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, shipped(), "each file holds the scenario of its name");
    for case in cases(&result) {
        let passed = matches!(case.verdict, Verdict::Pass | Verdict::Skip);
        assert!(passed, "{}: {:?} {:?}", case.id, case.verdict, case.reason);
        assert!(
            case.verdict == Verdict::Skip || case.coverage.delivered > 0,
            "{} did nothing",
            case.id
        );
        assert!(!case.unproved, "{}: {:?}", case.id, case.reason);
    }
}

#[test]
fn each_planted_fault_is_caught_by_the_scenarios_that_say_so() {
    let mut jobs = Vec::new();
    let mut uncaught = Vec::new();
    for service in harness_targets::services() {
        for fault in service.faults {
            if fault.caught_by.is_empty() {
                uncaught.push(format!("{} {}", service.name, fault.name));
            }
            jobs.extend(
                fault
                    .caught_by
                    .iter()
                    .map(|s| (service.name, fault.name, *s)),
            );
        }
    }
    assert!(
        uncaught.is_empty(),
        "no scenario is said to catch: {uncaught:?}"
    );
    let next = AtomicUsize::new(0);
    let missed: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((service, fault, scenario)) =
                    jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let file = format!("scenarios/{scenario}.yaml");
                    let planted = format!("{service}:{fault}");
                    let (output, result) = run(&[&file, "--fault", &planted]);
                    let red = result
                        .as_ref()
                        .is_some_and(|r| cases(r).any(|c| c.verdict == Verdict::Fail));
                    if !red || output.status.code() != Some(1) {
                        missed
                            .lock()
                            .unwrap()
                            .insert(format!("{service} {fault} by {scenario}"), text(&output));
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    let names: Vec<&String> = missed.keys().collect();
    assert!(
        missed.is_empty(),
        "{} of {} not caught: {names:#?}\n{:#?}",
        missed.len(),
        jobs.len(),
        missed.values().next()
    );
}

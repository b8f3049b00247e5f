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
fn a_server_that_hopes_for_whole_frames_is_caught() {
    if !common::has_python("the WebSocket server") {
        return;
    }
    let examples = common::root().join("targets/examples");
    let profile = std::fs::read_to_string(examples.join("websocket.yaml")).unwrap();
    let server = examples.join("websocket_server.py");
    let naive = profile
        .replace("websocket_server.py,", &format!("{},", server.display()))
        .replace("\"{port}\"]", "\"{port}\", naive]");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("naive.yaml");
    std::fs::write(&file, naive).unwrap();
    for case in ["framing.cut", "framing.merge"] {
        let (output, result) = run(&[file.to_str().unwrap(), "--filter", case]);
        let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
        let seen = cases(&result).map(|c| c.verdict).collect::<Vec<_>>();
        assert_eq!(seen, [Verdict::Fail], "{}", text(&output));
    }
}

/// Runs one case against a program that takes a read for a message, and looks for the cuts that
/// fail.
fn tutorial(file: &str, case: &str, target: &str) {
    if !common::has_python("the tutorial programs") {
        return;
    }
    let (output, result) = run(&[file, "--filter", case, "--target", target]);
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

#[test]
fn a_tutorial_server_is_caught_with_the_cuts_at_fault() {
    let target = "python3 targets/examples/upper_server_naive.py {port}";
    tutorial("scenarios/sticky.yaml", "sticky.cut", target);
}

#[test]
fn a_tutorial_client_is_caught_with_the_cuts_at_fault() {
    let target = "python3 targets/examples/upper_client_naive.py {port} hello 'some words'";
    let file = "targets/examples/python_client.yaml";
    tutorial(file, "python.client_cut", target);
}

//! Known failures, from the file to the exit code and to every report.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::path::Path;

use common::{cases, run, text};
use harness::run::Verdict;

const SCENARIO: &str = "\
target: t
builtin: upper
frames: {line: {delimiter: {bytes: \"\\n\"}}}
exchanges:
  - right: {request: {line: a}, reply: {line: A}}
  - wrong: {request: {line: b}, reply: {line: C}}
---
scenario: s
target: t
cases:
  - {id: s.right, title: t, steps: [{play: {exchanges: [right]}}]}
  - {id: s.wrong, title: t, steps: [{play: {exchanges: [wrong]}}]}
";

/// A folder with the scenario and this list beside it.
fn folder(known: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("s.yaml"), SCENARIO).unwrap();
    std::fs::write(
        dir.path().join("known.yaml"),
        format!("known_failures:\n{known}"),
    )
    .unwrap();
    dir
}

fn path(dir: &Path, name: &str) -> String {
    dir.join(name).display().to_string()
}

/// Exit code, and verdicts by id.
fn verdicts(args: &[&str]) -> (Option<i32>, Vec<(String, Verdict)>) {
    let (output, run) = run(args);
    let run = run.unwrap_or_else(|| panic!("{}", text(&output)));
    let all = cases(&run).map(|c| (c.id.clone(), c.verdict)).collect();
    (output.status.code(), all)
}

const HOLDS: &str = "  - {case: s.wrong, reason: it says C, issue: \"#7\", expires: 2999-01-01}\n";

#[test]
fn what_fails_as_known_does_not_fail_the_run() {
    let dir = folder(HOLDS);
    let all = path(dir.path(), "");
    let expected = vec![
        ("s.right".to_owned(), Verdict::Pass),
        ("s.wrong".to_owned(), Verdict::Xfail),
    ];
    assert_eq!(
        verdicts(&[&all]),
        (Some(0), expected.clone()),
        "found beside it"
    );
    let (scenario, known) = (path(dir.path(), "s.yaml"), path(dir.path(), "known.yaml"));
    let args = [&*scenario, "--known-failures", &known];
    assert_eq!(verdicts(&args), (Some(0), expected.clone()), "named");
    let args = [&*all, "--known-failures", &known];
    assert_eq!(verdicts(&args), (Some(0), expected), "named twice is named");
    assert_eq!(verdicts(&[&scenario]).0, Some(1), "not given");
    let args = [&*all, "--filter", "s.right"];
    assert_eq!(verdicts(&args).0, Some(0), "a filter makes no entry wrong");
}

#[test]
fn entries_that_do_not_hold_fail_the_run() {
    let passes = HOLDS.replace("s.wrong", "s.*");
    let (code, all) = verdicts(&[&path(folder(&passes).path(), "")]);
    assert_eq!(code, Some(1));
    assert_eq!(all[0], ("s.right".to_owned(), Verdict::Xpass));
    let expired = HOLDS.replace("2999", "2001");
    let (code, all) = verdicts(&[&path(folder(&expired).path(), "")]);
    assert_eq!(code, Some(1));
    assert_eq!(all[1].1, Verdict::Fail, "it is no longer known");
    assert_eq!(all[2], ("known_failures.1".to_owned(), Verdict::Fail));
    let unmatched = format!("{HOLDS}{}", HOLDS.replace("s.wrong", "s.gone"));
    let (code, all) = verdicts(&[&path(folder(&unmatched).path(), "")]);
    assert_eq!(code, Some(1));
    assert_eq!(all[1].1, Verdict::Xfail);
    assert_eq!(all[2], ("known_failures.2".to_owned(), Verdict::Fail));
}

#[test]
fn every_report_tells_them() {
    let gone = HOLDS.replace("s.wrong", "s.gone");
    let dir = folder(&format!("{HOLDS}{gone}"));
    let (_, run) = run(&[&path(dir.path(), "")]);
    let run = run.unwrap();
    for format in harness::report::registry() {
        let mut out = Vec::new();
        (format.render)(&run, &mut out, &harness::report::Options::default()).unwrap();
        let told = String::from_utf8_lossy(&out);
        let name = format.name;
        assert!(told.contains("s.gone"), "{name}: {told}");
        // Annotations are for what asks to be mended.
        let known = told.contains("it says C") || name == "github";
        assert!(known, "{name}: {told}");
    }
}

#[test]
fn a_file_without_any_is_refused() {
    let dir = folder(HOLDS);
    let (scenario, known) = (path(dir.path(), "s.yaml"), path(dir.path(), "known.yaml"));
    for (file, says) in [
        (&scenario, "no known failures"),
        (&path(dir.path(), "none.yaml"), "none.yaml"),
    ] {
        let (output, _) = run(&[&scenario, "--known-failures", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output).contains(says), "{}", text(&output));
    }
    let (output, _) = run(&[&known]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}

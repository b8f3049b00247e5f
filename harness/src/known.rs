//! Known failures: what they make of verdicts, and which of them are wrong themselves.
//!
//! A case that fails as an entry says is `xfail`; one that passes all the same is `xpass`, and fails
//! the run. So does an entry that matches no case, or whose day is past: its cases count as they are
//! then. What was not tried or not judged stays what it is.

use jiff::civil::Date;

use crate::plan::glob;
use crate::run::{CaseResult, Coverage, Failure, TargetInfo, Verdict};
use crate::scenario::model::KnownFailure;

/// The name under which wrong entries are told, one scenario a file.
pub const SCENARIO: &str = "known_failures";

/// What is known of one entry, for a run on a certain day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// It counts.
    Counts,
    /// Its day is past.
    Expired,
    /// No case has such an id.
    Unmatched,
}

/// Gives a case the verdict that an entry makes of it.
pub fn apply(result: &mut CaseResult, known: &[KnownFailure], today: Date) {
    let counts = |k: &&KnownFailure| k.expires >= today && glob(&k.case, &result.id);
    let Some(entry) = known.iter().find(counts) else {
        return;
    };
    let words = match &entry.issue {
        Some(issue) => format!("{} ({issue})", entry.reason),
        None => entry.reason.clone(),
    };
    match result.verdict {
        Verdict::Fail | Verdict::Warn | Verdict::Info => {
            result.verdict = Verdict::Xfail;
            result.reason = Some(format!("known until {}: {words}", entry.expires));
        }
        Verdict::Pass => {
            result.verdict = Verdict::Xpass;
            let (file, line) = (entry.at.file.display(), entry.at.line);
            result.reason = Some(format!(
                "{file}:{line} knows it to fail: {words}; take it out of there"
            ));
        }
        _ => {}
    }
}

/// A failing result for each entry that is wrong itself. `ids` are those of all cases that were
/// read, also of those that a filter left out.
pub fn wrong(known: &[KnownFailure], ids: &[&str], today: Date) -> Vec<(KnownFailure, CaseResult)> {
    let state = |entry: &KnownFailure| {
        if !ids.iter().any(|id| glob(&entry.case, id)) {
            State::Unmatched
        } else if entry.expires < today {
            State::Expired
        } else {
            State::Counts
        }
    };
    let mut all = Vec::new();
    for (n, entry) in known.iter().enumerate() {
        let (expected, actual) = match state(entry) {
            State::Counts => continue,
            State::Expired => (
                format!("`{}` is mended, or given another day", entry.case),
                format!(
                    "it was known to fail until {}: {}",
                    entry.expires, entry.reason
                ),
            ),
            State::Unmatched => (
                format!("a case whose id matches `{}`", entry.case),
                "there is none in what was given".to_owned(),
            ),
        };
        all.push((entry.clone(), failing(n, entry, expected, actual)));
    }
    all
}

fn failing(n: usize, entry: &KnownFailure, expected: String, actual: String) -> CaseResult {
    let failure = Failure {
        delivery: format!("`{}`", entry.case),
        class: SCENARIO.to_owned(),
        step: String::new(),
        line: entry.at.line,
        kind: "known failure".to_owned(),
        expected,
        expected_bytes: None,
        actual,
        actual_bytes: None,
        count: 1,
        pattern: None,
        rerun: String::new(),
        diagram: None,
    };
    CaseResult {
        id: format!("{SCENARIO}.{}", n + 1),
        title: format!("What is known to fail, fails: `{}`", entry.case),
        line: entry.at.line,
        why: Some("What is known must stay true, or the list hides new failures.".to_owned()),
        cite: entry.issue.iter().cloned().collect(),
        level: "must".to_owned(),
        target: TargetInfo::default(),
        verdict: Verdict::Fail,
        reason: None,
        unproved: false,
        coverage: Coverage::default(),
        failures: vec![failure],
        failures_dropped: 0,
        diagrams: Vec::new(),
        load: None,
        latency: Vec::new(),
        thresholds: Vec::new(),
        notes: Vec::new(),
        socket_options: std::collections::BTreeMap::new(),
        tcp_info: std::collections::BTreeMap::new(),
        elapsed_us: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::model::Location;
    use jiff::civil::date;

    fn entry(case: &str, expires: Date) -> KnownFailure {
        KnownFailure {
            case: case.to_owned(),
            reason: "slow".to_owned(),
            issue: Some("#1".to_owned()),
            expires,
            at: Location {
                file: std::path::Path::new("k.yaml").into(),
                line: 2,
                column: 1,
            },
        }
    }

    fn case(id: &str, verdict: Verdict) -> CaseResult {
        let day = date(2026, 1, 1);
        CaseResult {
            id: id.to_owned(),
            verdict,
            ..failing(0, &entry("x", day), String::new(), String::new())
        }
    }

    #[test]
    fn an_entry_turns_failures_and_passes_and_nothing_else() {
        let today = date(2026, 6, 1);
        let known = [
            entry("a.*", date(2026, 6, 1)),
            entry("b", date(2026, 5, 31)),
        ];
        let of = |id: &str, verdict| {
            let mut result = case(id, verdict);
            apply(&mut result, &known, today);
            result.verdict
        };
        assert_eq!(of("a.x", Verdict::Fail), Verdict::Xfail);
        assert_eq!(of("a.x", Verdict::Warn), Verdict::Xfail);
        assert_eq!(of("a.x", Verdict::Pass), Verdict::Xpass);
        for verdict in [
            Verdict::Skip,
            Verdict::Unsupported,
            Verdict::Inconclusive,
            Verdict::Error,
        ] {
            assert_eq!(of("a.x", verdict), verdict);
        }
        assert_eq!(of("b", Verdict::Fail), Verdict::Fail, "its day is past");
        assert_eq!(of("c", Verdict::Fail), Verdict::Fail);
    }

    #[test]
    fn entries_that_are_past_or_match_nothing_fail() {
        let known = [
            entry("a.*", date(2026, 6, 1)),
            entry("b", date(2026, 5, 31)),
            entry("gone", date(2030, 1, 1)),
        ];
        let wrong = wrong(&known, &["a.x", "b"], date(2026, 6, 1));
        let told: Vec<_> = wrong
            .iter()
            .map(|(entry, result)| (&*entry.case, result.verdict, &*result.failures[0].actual))
            .collect();
        assert_eq!(
            told,
            [
                (
                    "b",
                    Verdict::Fail,
                    "it was known to fail until 2026-05-31: slow"
                ),
                ("gone", Verdict::Fail, "there is none in what was given"),
            ]
        );
    }
}

//! The sign before a case: what its verdict is, at one glance and without colour.

use crate::report::options::Options;
use crate::report::standing::{Standing, word};
use crate::report::text::{Line, Role};
use crate::run::{CaseResult, Verdict};

/// Columns of a sign.
pub(crate) fn columns(options: &Options) -> usize {
    if options.unicode { 1 } else { 5 }
}

/// The sign of a case.
pub(crate) fn of_case(case: &CaseResult, options: &Options) -> Line {
    let broken =
        Standing::of_case(case) == Standing::Broken && Standing::of(case.verdict) == Standing::Held;
    let verdict = if broken { Verdict::Fail } else { case.verdict };
    let mut line = of(verdict, case.unproved, options);
    line.pad_to(columns(options));
    line
}

/// The sign of something that holds or does not.
pub(crate) fn holds(holds: bool, options: &Options) -> Line {
    let mut line = of(
        if holds { Verdict::Pass } else { Verdict::Fail },
        false,
        options,
    );
    line.pad_to(columns(options));
    line
}

fn of(verdict: Verdict, unproved: bool, options: &Options) -> Line {
    let (role, unicode, ascii) = match verdict {
        Verdict::Pass if unproved => (Role::Doubtful, "✓", "ok ?"),
        Verdict::Pass => (Role::Good, "✓", "ok"),
        Verdict::Fail => (Role::Bad, "✗", "FAIL"),
        Verdict::Xpass => (Role::Bad, "⊕", "XPASS"),
        Verdict::Error => (Role::Bad, "E", "ERROR"),
        Verdict::Inconclusive => (Role::Doubtful, "?", "?"),
        Verdict::Warn => (Role::Doubtful, "!", "warn"),
        Verdict::Info => (Role::Dim, "i", "info"),
        Verdict::Xfail => (Role::Dim, "⊗", "xfail"),
        Verdict::Skip => (Role::Dim, "○", "skip"),
        Verdict::Unsupported => (Role::Dim, "–", "n/a"),
    };
    Line::of(role, options.pick(unicode, ascii))
}

/// The verdict in words where its sign does not say it; empty for proved passes and failures.
pub(crate) fn words(case: &CaseResult) -> &'static str {
    match case.verdict {
        Verdict::Pass | Verdict::Fail if case.unproved => "unproved",
        Verdict::Pass | Verdict::Fail => "",
        Verdict::Warn => "should hold, does not",
        Verdict::Info => "may hold, does not",
        Verdict::Skip => "skipped",
        Verdict::Xfail => "fails, as known",
        Verdict::Xpass => "passes, though known to fail",
        Verdict::Unsupported | Verdict::Inconclusive | Verdict::Error => word(case.verdict),
    }
}

/// The role of the words beside the sign.
pub(crate) fn role(case: &CaseResult) -> Role {
    match Standing::of_case(case) {
        Standing::Broken => Role::Bad,
        Standing::Unjudged => Role::Doubtful,
        Standing::Held if case.unproved || case.verdict == Verdict::Warn => Role::Doubtful,
        Standing::Held | Standing::Untried => Role::Dim,
    }
}

//! A case's failures in words, for the formats that carry text only.

use super::diagram;
use super::options::Options;
use super::standing::{Standing, word};
use super::terminal::coverage;
use super::text::{clean, difference, elide_middle, measured, show_octets};
use crate::run::{CaseResult, Failure, Octets, ScenarioResult, Verdict};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Everything that was kept, with diagrams.
    Full,
    /// The first failure, without its diagram.
    Short,
}

/// What an unexpected pass asks for.
pub(crate) const XPASS: &str = "listed as a known failure, but it passes: remove the entry";

/// Columns of bytes and diagrams.
const COLUMNS: usize = 96;

/// One line that says what happened: the first failure, or the reason.
pub(crate) fn headline(case: &CaseResult) -> String {
    let thresholds: Vec<&str> = case
        .thresholds
        .iter()
        .filter(|t| !t.holds)
        .map(|t| t.text.as_str())
        .collect();
    let untold = matches!(
        Standing::of_case(case),
        Standing::Untried | Standing::Unjudged
    );
    let text = match (&case.reason, case.failures.first()) {
        (Some(reason), _) if untold => format!("{}: {reason}", word(case.verdict)),
        (_, Some(failure)) => format!("{}: {}", failure.kind, failure.delivery),
        _ if case.verdict == Verdict::Xpass => XPASS.to_owned(),
        _ if !thresholds.is_empty() => format!("does not hold: {}", thresholds.join(", ")),
        (Some(reason), None) => reason.clone(),
        (None, None) => word(case.verdict).to_owned(),
    };
    elide_middle(&clean(&text), 300)
}

/// The title, the reason and the failures of a case, in plain text.
pub(crate) fn failure_text(scenario: &ScenarioResult, case: &CaseResult, block: Block) -> String {
    let mut out = Vec::new();
    out.push(clean(&case.title));
    if case.verdict == Verdict::Xpass {
        field(&mut out, "verdict", Some(XPASS));
    }
    field(&mut out, "reason", case.reason.as_deref());
    for threshold in case.thresholds.iter().filter(|threshold| !threshold.holds) {
        let value = threshold.measured.map_or_else(
            || "nothing was measured".to_owned(),
            |value| measured(&threshold.text, value),
        );
        field(
            &mut out,
            "threshold",
            Some(&format!("{} does not hold: {value}", threshold.text)),
        );
    }
    field(&mut out, "why", case.why.as_deref());
    field(&mut out, "spec", Some(case.cite.join("; ")).as_deref());
    field(
        &mut out,
        "coverage",
        Some(coverage(&case.coverage))
            .filter(|_| case.coverage.planned > 0)
            .as_deref(),
    );
    let shown = if block == Block::Full {
        case.failures.len()
    } else {
        1
    };
    for failure in case.failures.iter().take(shown) {
        out.push(String::new());
        one(&mut out, scenario, failure, block);
    }
    let more = (case.failures.len() - shown.min(case.failures.len())) as u64
        + u64::from(case.failures_dropped);
    if more > 0 {
        out.push(String::new());
        out.push(format!("and {more} more distinct failures"));
    }
    if let Some(exit) = &case.target.exit {
        out.push(String::new());
        field(
            &mut out,
            "target",
            Some(&format!("{}: {exit}", case.target.name)),
        );
    }
    out.join("\n")
}

fn one(out: &mut Vec<String>, scenario: &ScenarioResult, failure: &Failure, block: Block) {
    let times = if failure.count > 1 {
        format!(", and {} more like it", failure.count - 1)
    } else {
        String::new()
    };
    out.push(clean(&format!(
        "{}: {}{times}",
        failure.kind, failure.delivery
    )));
    let both = failure
        .expected_bytes
        .as_ref()
        .zip(failure.actual_bytes.as_ref());
    let found = both.and_then(|(expected, actual)| difference(expected, actual));
    let focus = found.as_ref().map(|(at, _)| *at);
    side(
        out,
        "expected",
        &failure.expected,
        failure.expected_bytes.as_ref(),
        focus,
    );
    side(
        out,
        "actual",
        &failure.actual,
        failure.actual_bytes.as_ref(),
        focus,
    );
    if let Some((_, words)) = found {
        out.push(format!("          {words}"));
    }
    field(out, "pattern", failure.pattern.as_deref());
    field(out, "step", Some(&failure.step));
    field(
        out,
        "at",
        Some(&format!("{}:{}", scenario.file, failure.line)),
    );
    field(out, "rerun", Some(&failure.rerun));
    if let Some(diagram) = failure.diagram.as_ref().filter(|_| block == Block::Full) {
        out.push(String::new());
        let options = Options::default();
        out.extend(
            diagram::lines(diagram, &options, COLUMNS)
                .iter()
                .map(|line| line.plain()),
        );
    }
}

fn side(
    out: &mut Vec<String>,
    name: &str,
    words: &str,
    octets: Option<&Octets>,
    focus: Option<u64>,
) {
    let mut name = name;
    if !words.is_empty() {
        field(out, name, Some(&elide_middle(words, 600)));
        name = "";
    }
    for shown in octets.map_or(Vec::new(), |octets| show_octets(octets, focus, COLUMNS)) {
        out.push(format!("{name:<9} {}", shown.text));
        name = "";
    }
}

fn field(out: &mut Vec<String>, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
        out.push(format!("{name:<9} {}", clean(value)));
    }
}

//! The tree of a scenario: a line for each case, and beneath it what needs to be said.

use super::{load, mark};
use crate::report::diagram;
use crate::report::options::Options;
use crate::report::standing::Standing;
use crate::report::text::{
    Line, Role, clean, count, duration_us, elide_middle, grouped, width, wrap,
};
use crate::run::{CaseResult, Coverage, ScenarioResult, TargetInfo, Verdict};

/// The widest id that has a column of its own.
const MAX_ID: usize = 32;
/// The narrowest title that is worth a column of its own.
const MIN_TITLE: usize = 24;

/// Columns of a scenario's cases.
struct Columns {
    /// Where ids begin.
    id: usize,
    /// Where titles begin; `None` where they stand on lines of their own.
    title: Option<usize>,
    /// Where coverage begins.
    facts: usize,
    /// Where times end.
    end: usize,
}

/// One scenario.
pub(crate) fn lines(scenario: &ScenarioResult, options: &Options) -> Vec<Line> {
    let mut out = Vec::new();
    let target = shared_target(scenario);
    let mut head = Line::of(Role::Bold, clean(&scenario.name));
    if let Some(target) = target {
        let text = format!("   against {}", describe(target));
        if head.width() + width(&text) <= options.columns() {
            head.push(Role::Dim, text);
        } else {
            out.push(std::mem::take(&mut head));
            let lines = wrap(text.trim_start(), options.columns() - 2);
            out.extend(
                lines
                    .into_iter()
                    .map(|line| Line::of(Role::Dim, line).indented(2)),
            );
        }
    }
    if head != Line::blank() {
        out.push(head);
    }
    let columns = columns(scenario, options);
    for case in &scenario.cases {
        case_lines(&mut out, case, &columns, target.is_none(), options);
    }
    out
}

/// The target that all cases of a scenario have in common.
fn shared_target(scenario: &ScenarioResult) -> Option<&TargetInfo> {
    let first = &scenario.cases.first()?.target;
    let same = |case: &CaseResult| case.target.name == first.name && case.target.how == first.how;
    (!first.name.is_empty() && scenario.cases.iter().all(same)).then_some(first)
}

fn describe(target: &TargetInfo) -> String {
    let how = clean(&target.how);
    if how.is_empty() {
        clean(&target.name)
    } else {
        format!("{} ({how})", clean(&target.name))
    }
}

fn columns(scenario: &ScenarioResult, options: &Options) -> Columns {
    let widest =
        |of: &dyn Fn(&CaseResult) -> usize| scenario.cases.iter().map(of).max().unwrap_or(0);
    let id = 2 + mark::columns(options) + 1;
    let end = options.columns();
    let ids = widest(&|case| width(&clean(&case.id)));
    let time = widest(&|case| width(&elapsed(case)));
    let facts = widest(&|case| width(&facts(case)));
    let facts = (end - time).saturating_sub(2 + facts);
    let title = id + ids + 2;
    let room = facts.saturating_sub(title + 2);
    let title = (ids <= MAX_ID && room >= MIN_TITLE).then_some(title);
    Columns {
        id,
        title,
        facts,
        end,
    }
}

/// What was carried out.
pub(crate) fn facts(case: &CaseResult) -> String {
    if let Some(load) = &case.load {
        return load::facts(case, load);
    }
    let tried = Standing::of(case.verdict) != Standing::Untried || case.coverage.delivered > 0;
    if tried && (case.coverage.planned > 0 || case.coverage.delivered > 0) {
        return coverage(&case.coverage);
    }
    String::new()
}

/// The time that a case took; empty where it was not tried.
pub(crate) fn elapsed(case: &CaseResult) -> String {
    if case.elapsed_us == 0 {
        String::new()
    } else {
        duration_us(case.elapsed_us)
    }
}

/// Deliveries carried out and proved, and failed where any did.
pub(crate) fn coverage(coverage: &Coverage) -> String {
    let mut text = if coverage.delivered < coverage.planned {
        format!(
            "{} of {}",
            grouped(coverage.delivered),
            count(coverage.planned, "delivery", "deliveries")
        )
    } else {
        count(coverage.delivered, "delivery", "deliveries")
    };
    text.push_str(&format!(", {} proved", grouped(coverage.proved)));
    if coverage.failed > 0 {
        text.push_str(&format!(", {} failed", grouped(coverage.failed)));
    }
    text
}

fn case_lines(
    out: &mut Vec<Line>,
    case: &CaseResult,
    at: &Columns,
    own_target: bool,
    options: &Options,
) {
    let mut line = mark::of_case(case, options).indented(2);
    line.push(Role::Plain, " ");
    line.push(Role::Plain, clean(&case.id));
    let time = elapsed(case);
    let facts = facts(case);
    if let Some(title) = at.title {
        let mut texts = wrap(&case.title, at.facts - title - 2).into_iter();
        line.pad_to(title);
        line.push(Role::Dim, texts.next().unwrap_or_default());
        line.pad_to(at.facts);
        line.push(mark::role(case), facts);
        line.pad_to(at.end - width(&time));
        line.push(Role::Dim, time);
        out.push(line);
        out.extend(texts.map(|text| Line::of(Role::Dim, text).indented(title)));
    } else {
        // Narrow: the sign and the time on the id's line, everything else beneath.
        if line.width() + 2 + width(&time) <= at.end {
            line.pad_to(at.end - width(&time));
            line.push(Role::Dim, time);
        }
        out.push(line);
        beneath(out, &case.title, Role::Dim, at);
        if !facts.is_empty() {
            beneath(out, &facts, mark::role(case), at);
        }
    }
    if own_target && !case.target.name.is_empty() {
        beneath(
            out,
            &format!("against {}", describe(&case.target)),
            Role::Dim,
            at,
        );
    }
    details(out, case, at, options);
}

/// Reasons, remarks and diagrams.
fn details(out: &mut Vec<Line>, case: &CaseResult, at: &Columns, options: &Options) {
    let told_below = matches!(
        Standing::of_case(case),
        Standing::Broken | Standing::Unjudged
    );
    let words = mark::words(case);
    let reason = case
        .reason
        .as_deref()
        .filter(|_| !told_below)
        .unwrap_or_default();
    let joint = if words.is_empty() || reason.is_empty() {
        ""
    } else {
        ": "
    };
    let role = if case.unproved {
        Role::Doubtful
    } else {
        mark::role(case)
    };
    if !words.is_empty() || !reason.is_empty() {
        beneath(out, &format!("{words}{joint}{reason}"), role, at);
    }
    if matches!(case.verdict, Verdict::Info | Verdict::Xfail) {
        for failure in case.failures.iter().take(1) {
            let text = format!("{}: {}", failure.kind, elide_middle(&failure.actual, 200));
            beneath(out, &text, Role::Dim, at);
        }
    }
    if !case.diagrams.is_empty() || case.load.is_some() || case.verdict != Verdict::Pass {
        for note in &case.notes {
            beneath(out, note, Role::Dim, at);
        }
    }
    for text in case.load.iter().flat_map(|load| load::lines(load)) {
        beneath(out, &text, Role::Dim, at);
    }
    for diagram in &case.diagrams {
        out.push(Line::blank());
        let lines = diagram::lines(diagram, options, at.end - at.id);
        out.extend(lines.into_iter().map(|line| line.indented(at.id)));
    }
    if !case.diagrams.is_empty() {
        out.push(Line::blank());
    }
}

fn beneath(out: &mut Vec<Line>, text: &str, role: Role, at: &Columns) {
    let from = at.title.unwrap_or(at.id);
    out.extend(
        wrap(text, at.end - from)
            .into_iter()
            .map(|line| Line::of(role, line).indented(from)),
    );
}

//! The summary of a finished run, for people.
//!
//! Order: what is unusual about the run, thresholds, the tree of cases, diagrams under the cases
//! that demonstrate something, failures in full, totals. The last screen is the one that is
//! read: so failures and totals come last.

use std::io::{self, Write};

use super::options::Options;
use super::text::{Line, Role, write_lines};
use super::{Format, Standing};
use crate::run::{CaseResult, Run, ScenarioResult, Verdict};

mod failure;
mod load;
mod mark;
mod thresholds;
mod totals;
mod tree;

pub(crate) use totals::{cases as totals_cases, deliveries as totals_deliveries};
pub(crate) use tree::{coverage, elapsed, facts};

/// The registry's entry.
pub(crate) const FORMAT: Format = Format {
    name: "terminal",
    extension: "txt",
    about: "the summary for people: a tree of cases, failures in full, totals",
    render,
};

fn render(run: &Run, out: &mut dyn Write, options: &Options) -> io::Result<()> {
    let mut lines = head(run, options);
    lines.extend(thresholds::lines(run, options));
    for scenario in &run.scenarios {
        lines.push(Line::blank());
        lines.extend(tree::lines(scenario, options));
    }
    for (title, role, wanted) in SECTIONS {
        let chosen: Vec<_> = cases(run).filter(|(_, case)| wanted(case)).collect();
        if chosen.is_empty() {
            continue;
        }
        lines.push(Line::blank());
        lines.push(rule(title, role, options));
        for (i, (scenario, case)) in chosen.into_iter().enumerate() {
            lines.push(Line::blank());
            lines.extend(failure::lines(i + 1, scenario, case, options));
        }
    }
    lines.push(Line::blank());
    lines.push(rule("Totals", Role::Bold, options));
    lines.extend(totals::lines(run, options));
    // Blocks end and begin with blank lines of their own: one is enough, and none at the top.
    lines.dedup_by(|line, before| *line == Line::blank() && *before == Line::blank());
    if lines.first().is_some_and(|line| *line == Line::blank()) {
        lines.remove(0);
    }
    write_lines(&lines, out, options.colour)
}

/// A section's title, its role, and which cases belong to it.
type Section = (&'static str, Role, fn(&CaseResult) -> bool);

/// What is told in full, and in which order.
const SECTIONS: [Section; 3] = [
    ("Warnings", Role::Doubtful, |case| {
        case.verdict == Verdict::Warn && Standing::of_case(case) == Standing::Held
    }),
    ("Not judged", Role::Doubtful, |case| {
        Standing::of_case(case) == Standing::Unjudged
    }),
    ("Failures", Role::Bad, |case| {
        Standing::of_case(case) == Standing::Broken
    }),
];

/// All cases with their scenarios.
fn cases(run: &Run) -> impl Iterator<Item = (&ScenarioResult, &CaseResult)> {
    run.scenarios
        .iter()
        .flat_map(|scenario| scenario.cases.iter().map(move |case| (scenario, case)))
}

/// What must be known before anything below is believed.
fn head(run: &Run, options: &Options) -> Vec<Line> {
    let mut out = Vec::new();
    if run.partial {
        let text = "PARTIAL: the run was interrupted. What follows is what was known then; cases \
                    that are not listed were not run.";
        let lines = super::text::wrap(text, options.columns());
        out.extend(lines.into_iter().map(|line| Line::of(Role::Doubtful, line)));
    }
    if cases(run).next().is_none() {
        out.push(Line::of(Role::Doubtful, "No case was run."));
    }
    out
}

/// A title with a line to the right edge.
fn rule(title: &str, role: Role, options: &Options) -> Line {
    let rest = options
        .columns()
        .saturating_sub(super::text::width(title) + 1);
    Line::of(role, title).and(
        Role::Dim,
        format!(" {}", options.pick("─", "-").repeat(rest)),
    )
}

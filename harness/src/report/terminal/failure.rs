//! A case that failed, warned or could not be judged, in full: all that is needed to act.

use super::mark;
use crate::report::Standing;
use crate::report::diagram;
use crate::report::options::Options;
use crate::report::text::{
    Line, Role, clean, count, difference, elide_middle, show_octets, width, wrap,
};
use crate::report::words::XPASS;
use crate::run::{CaseResult, Failure, Octets, ScenarioResult, TargetInfo, Verdict};

/// Failures of one case that are told in full; the others get a line each.
const IN_FULL: usize = 3;
/// Last lines of a target's stderr.
const STDERR_LINES: usize = 12;
/// Characters of words about what was expected or came.
const WORDS: usize = 600;
/// The column of values, counted from the block's indent.
const VALUE: usize = 10;
const INDENT: usize = 3;

/// One case of a section, with its number.
pub(crate) fn lines(
    number: usize,
    scenario: &ScenarioResult,
    case: &CaseResult,
    options: &Options,
) -> Vec<Line> {
    let mut block = Block {
        out: Vec::new(),
        options,
    };
    block.head(number, case);
    if let Some(reason) = &case.reason {
        block.field("reason", reason, Role::Plain);
    }
    block.verdict_words(case);
    for threshold in case.thresholds.iter().filter(|threshold| !threshold.holds) {
        let value = threshold.measured.map_or_else(
            || "nothing was measured".to_owned(),
            |value| crate::report::text::measured(&threshold.text, value),
        );
        block.field(
            "threshold",
            &format!("{} does not hold: {value}", threshold.text),
            Role::Bad,
        );
    }
    if let Some(why) = &case.why {
        block.field("why", why, Role::Plain);
    }
    if !case.cite.is_empty() {
        block.field("spec", &case.cite.join("; "), Role::Plain);
    }
    if case.failures.is_empty() {
        block.field(
            "at",
            &format!("{}:{}", scenario.file, case.line),
            Role::Copy,
        );
    }
    for failure in case.failures.iter().take(IN_FULL) {
        block.failure(scenario, failure);
    }
    block.others(case);
    block.target(case);
    block.out
}

struct Block<'a> {
    out: Vec<Line>,
    options: &'a Options,
}

impl Block<'_> {
    fn head(&mut self, number: usize, case: &CaseResult) {
        let title = wrap(&case.title, self.options.columns() - INDENT - 1);
        let number = format!("{number})");
        let mut line = Line::of(Role::Bold, &number);
        line.pad_to(INDENT);
        line.push(mark::role(case), clean(&case.id));
        let level = if case.level.is_empty() {
            String::new()
        } else {
            format!("   {}", clean(&case.level))
        };
        line.push(Role::Dim, level);
        self.out.push(line);
        self.out.extend(
            title
                .into_iter()
                .map(|line| Line::of(Role::Bold, line).indented(INDENT)),
        );
        self.out.push(Line::blank());
    }

    /// What a verdict asks of the reader, where the failures do not say it.
    fn verdict_words(&mut self, case: &CaseResult) {
        if case.verdict == Verdict::Xpass {
            self.field("verdict", XPASS, Role::Plain);
        } else if Standing::of_case(case) == Standing::Unjudged && case.reason.is_none() {
            self.field("reason", "none was given", Role::Plain);
        }
    }

    /// A name and its value, wrapped.
    fn field(&mut self, name: &str, value: &str, role: Role) {
        let room = self.options.columns() - INDENT - VALUE;
        for (i, text) in wrap(value, room).into_iter().enumerate() {
            self.labelled(if i == 0 { name } else { "" }, Line::of(role, text));
        }
    }

    /// A name and a line that is not wrapped: to be copied whole.
    fn copied(&mut self, name: &str, value: &str) {
        self.labelled(name, Line::of(Role::Copy, clean(value)));
    }

    fn labelled(&mut self, name: &str, value: Line) {
        let mut line = Line::of(Role::Dim, name).indented(INDENT);
        line.pad_to(INDENT + VALUE);
        line.append(value);
        self.out.push(line);
    }

    fn failure(&mut self, scenario: &ScenarioResult, failure: &Failure) {
        if self.out.last() != Some(&Line::blank()) {
            self.out.push(Line::blank());
        }
        let columns = self.options.columns() - INDENT;
        let times = if failure.count > 1 {
            format!(", and {} more like it", failure.count - 1)
        } else {
            String::new()
        };
        let text = format!("{}: {}{times}", failure.kind, failure.delivery);
        self.out.extend(
            wrap(&text, columns)
                .into_iter()
                .map(|line| Line::of(Role::Bad, line).indented(INDENT)),
        );
        self.out.push(Line::blank());
        self.compared(failure);
        if let Some(pattern) = &failure.pattern {
            self.field("pattern", pattern, Role::Plain);
        }
        if !failure.step.is_empty() {
            self.field("step", &failure.step, Role::Plain);
        }
        self.copied("at", &format!("{}:{}", scenario.file, failure.line));
        if !failure.rerun.is_empty() {
            self.copied("rerun", &failure.rerun);
        }
        if let Some(diagram) = &failure.diagram {
            self.out.push(Line::blank());
            let lines = diagram::lines(diagram, self.options, columns);
            self.out
                .extend(lines.into_iter().map(|line| line.indented(INDENT)));
        }
    }

    /// What should have come, what came, and where they differ.
    fn compared(&mut self, failure: &Failure) {
        let both = failure
            .expected_bytes
            .as_ref()
            .zip(failure.actual_bytes.as_ref());
        let found = both.and_then(|(expected, actual)| difference(expected, actual));
        let focus = found.as_ref().map(|(at, _)| *at);
        self.side(
            "expected",
            &failure.expected,
            failure.expected_bytes.as_ref(),
            focus,
            None,
        );
        let words = found.map(|(_, words)| words);
        self.side(
            "actual",
            &failure.actual,
            failure.actual_bytes.as_ref(),
            focus,
            words,
        );
    }

    fn side(
        &mut self,
        name: &str,
        words: &str,
        octets: Option<&Octets>,
        focus: Option<u64>,
        pointed: Option<String>,
    ) {
        let mut name = name;
        if !words.is_empty() || octets.is_none() {
            self.field(name, &elide_middle(words, WORDS), Role::Plain);
            name = "";
        }
        let Some(octets) = octets else { return };
        let room = self.options.columns() - INDENT - VALUE;
        for shown in show_octets(octets, focus, room) {
            self.labelled(name, Line::of(Role::Plain, shown.text));
            name = "";
            if let Some((column, words)) = shown.mark.zip(pointed.as_ref()) {
                self.pointer(column, words, room);
            }
        }
    }

    /// A caret under a column, with words on a side of it where they fit, else beneath.
    fn pointer(&mut self, column: usize, words: &str, room: usize) {
        let caret = self.options.pick("▲", "^");
        let long = width(words);
        let right = column + 2 + long <= room;
        let left = !right && long < column;
        let mut line = Line::blank();
        line.pad_to(if left { column - long - 1 } else { column });
        if left {
            line.push(Role::Bad, format!("{words} "));
        }
        line.push(Role::Bad, caret);
        if right {
            line.push(Role::Bad, format!(" {words}"));
        }
        self.labelled("", line);
        if !right && !left {
            self.field("", words, Role::Bad);
        }
    }

    /// Failures that are not told in full.
    fn others(&mut self, case: &CaseResult) {
        let rest = case.failures.get(IN_FULL..).unwrap_or_default();
        let dropped = u64::from(case.failures_dropped);
        if rest.is_empty() && dropped == 0 {
            return;
        }
        self.out.push(Line::blank());
        for failure in rest {
            let text = format!("{}: {}", failure.kind, failure.delivery);
            self.field("also", &text, Role::Plain);
        }
        if dropped > 0 {
            let text = count(dropped, "more distinct failure", "more distinct failures");
            self.field("", &format!("and {text}, not kept"), Role::Dim);
        }
    }

    /// How the target ended, and what it said last.
    fn target(&mut self, case: &CaseResult) {
        let TargetInfo {
            name, exit, stderr, ..
        } = &case.target;
        if exit.is_none() && stderr.is_empty() {
            return;
        }
        self.out.push(Line::blank());
        if let Some(exit) = exit {
            self.field("target", &format!("{name}: {exit}"), Role::Plain);
        }
        let skipped = stderr.len().saturating_sub(STDERR_LINES);
        let bar = self.options.pick("│ ", "| ");
        let room = self.options.columns() - INDENT - VALUE - 2;
        let mut name = "stderr";
        if skipped > 0 {
            let text = format!("{} before", count(skipped as u64, "line", "lines"));
            self.labelled(name, Line::of(Role::Dim, format!("{bar}... {text}")));
            name = "";
        }
        for text in stderr.iter().skip(skipped) {
            for part in wrap(&elide_middle(text, WORDS), room) {
                self.labelled(name, Line::of(Role::Dim, bar).and(Role::Plain, part));
                name = "";
            }
        }
    }
}

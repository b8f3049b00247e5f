//! Workflow commands that GitHub shows as annotations at a scenario's lines.
//!
//! GitHub shows at most 10 of a kind in a step, so at most 10 are written; the last one then says
//! how many are missing. Broken cases come first, then what could not be judged, then warnings.

use std::io::{self, Write};

use super::Format;
use super::options::Options;
use super::standing::Standing;
use super::text::{clean, elide_middle};
use super::words::{Block, failure_text, headline};
use crate::run::{CaseResult, Run, ScenarioResult, Verdict};

/// The registry's entry.
pub(crate) const FORMAT: Format = Format {
    name: "github",
    extension: "txt",
    about: "GitHub annotations at the scenario's lines; write it to the step's stdout",
    render,
};

/// Annotations that GitHub shows.
const MAX: usize = 10;
/// Characters of a message.
const MAX_TEXT: usize = 4_000;

fn render(run: &Run, out: &mut dyn Write, _: &Options) -> io::Result<()> {
    let mut found: Vec<(usize, &str, &ScenarioResult, &CaseResult)> = Vec::new();
    for scenario in &run.scenarios {
        for case in &scenario.cases {
            match Standing::of_case(case) {
                Standing::Broken => found.push((0, "error", scenario, case)),
                Standing::Unjudged => found.push((1, "error", scenario, case)),
                Standing::Held if case.verdict == Verdict::Warn => {
                    found.push((2, "warning", scenario, case));
                }
                Standing::Held | Standing::Untried => {}
            }
        }
    }
    found.sort_by_key(|(rank, ..)| *rank);
    let shown = if found.len() > MAX {
        MAX - 1
    } else {
        found.len()
    };
    for (_, command, scenario, case) in found.iter().take(shown) {
        annotation(out, command, scenario, case)?;
    }
    if found.len() > shown {
        let text = format!(
            "{} more cases failed, warned or could not be judged; GitHub shows {MAX} annotations a step",
            found.len() - shown
        );
        writeln!(out, "::{} title=harness::{}", found[shown].1, data(&text))?;
    }
    Ok(())
}

fn annotation(
    out: &mut dyn Write,
    command: &str,
    scenario: &ScenarioResult,
    case: &CaseResult,
) -> io::Result<()> {
    let line = case
        .failures
        .first()
        .map_or(case.line, |failure| failure.line);
    let text = elide_middle(&failure_text(scenario, case, Block::Short), MAX_TEXT);
    writeln!(
        out,
        "::{command} file={},line={},title={}::{}",
        property(&clean(&scenario.file)),
        line.max(1),
        property(&clean(&format!("{}: {}", case.id, headline(case)))),
        data(&text)
    )
}

/// Escapes a command's message: a raw line feed would end it.
pub(crate) fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a command's property, in which `:` and `,` also have a meaning.
pub(crate) fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_would_end_a_command() {
        assert_eq!(data("50%\r\na: b, c"), "50%25%0D%0Aa: b, c");
        assert_eq!(property("50%\r\na: b, c"), "50%25%0D%0Aa%3A b%2C c");
    }
}

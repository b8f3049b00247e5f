//! TAP version 14, for the tools that read it.
//!
//! Untried cases are `# SKIP`; known failures `# TODO`. What could not be judged is `not ok`.

use std::io::{self, Write};

use super::Format;
use super::names::unique;
use super::options::Options;
use super::standing::{Standing, word};
use super::text::{clean, elide_middle};
use super::words::{Block, failure_text, headline};
use crate::run::{Run, Verdict};

/// The registry's entry.
pub(crate) const FORMAT: Format = Format {
    name: "tap",
    extension: "tap",
    about: "TAP version 14, a line for each case",
    render,
};

/// Characters of one case's text.
const MAX_TEXT: usize = 16 * 1024;

fn render(run: &Run, out: &mut dyn Write, _: &Options) -> io::Result<()> {
    let named = unique(run);
    let total: usize = named.iter().map(|(_, _, cases)| cases.len()).sum();
    writeln!(out, "TAP version 14")?;
    writeln!(out, "1..{total}")?;
    let mut number = 0;
    for (suite, scenario, cases) in named {
        for (name, case) in cases {
            number += 1;
            let standing = Standing::of_case(case);
            let ok = standing < Standing::Unjudged && case.verdict != Verdict::Xfail;
            let directive = match case.verdict {
                Verdict::Skip | Verdict::Unsupported => {
                    format!(" # SKIP {}", escape(&headline(case)))
                }
                Verdict::Xfail => format!(" # TODO {}", escape(&headline(case))),
                _ => String::new(),
            };
            let label = escape(&clean(&format!("{suite}: {name}: {}", case.title)));
            writeln!(
                out,
                "{} {number} - {label}{directive}",
                if ok { "ok" } else { "not ok" }
            )?;
            let plain =
                case.verdict == Verdict::Pass && standing == Standing::Held && !case.unproved;
            if plain || standing == Standing::Untried {
                continue;
            }
            writeln!(out, "  ---")?;
            writeln!(out, "  verdict: {}", word(case.verdict))?;
            writeln!(out, "  unproved: {}", case.unproved)?;
            writeln!(out, "  text: |+2")?;
            let text = elide_middle(&failure_text(scenario, case, Block::Full), MAX_TEXT);
            for line in text.lines() {
                writeln!(out, "    {line}")?;
            }
            writeln!(out, "  ...")?;
        }
    }
    if run.partial {
        writeln!(out, "Bail out! the run was interrupted")?;
    }
    Ok(())
}

/// A description or a directive's reason: `#` begins a directive (TAP 14, Test Points).
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_title_begins_no_directive() {
        assert_eq!(escape("a # SKIP b\\"), "a \\# SKIP b\\\\");
    }
}

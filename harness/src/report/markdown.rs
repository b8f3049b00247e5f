//! Markdown, for a step summary or a comment on a pull request.

use std::io::{self, Write};

use super::Format;
use super::options::Options;
use super::standing::{Standing, exit_words, word};
use super::terminal::{elapsed, facts, totals_cases, totals_deliveries};
use super::text::{clean, duration_us, elide_middle, measured};
use super::words::{Block, failure_text};
use crate::run::{CaseResult, Run, ScenarioResult, Verdict};

/// The registry's entry.
pub(crate) const FORMAT: Format = Format {
    name: "markdown",
    extension: "md",
    about: "Markdown for a step summary or a pull request: totals, failures, a table of cases",
    render,
};

/// GitHub refuses a step summary of more than 1 MiB.
const MAX_BYTES: usize = 1 << 20;
/// Kept back for the words that say what is missing.
const RESERVE: usize = 512;
/// Characters of one case's failures.
const MAX_TEXT: usize = 16 * 1024;

fn render(run: &Run, out: &mut dyn Write, _: &Options) -> io::Result<()> {
    let mut page = Page {
        text: String::new(),
        dropped: 0,
    };
    page.head(run);
    let broken = [Standing::Broken, Standing::Unjudged];
    let titles = ["Failures", "Not judged"];
    for (standing, title) in broken.into_iter().zip(titles) {
        let mut chosen = cases(run)
            .filter(|(_, case)| Standing::of_case(case) == standing)
            .peekable();
        if chosen.peek().is_some() {
            page.add(&format!("\n### {title}\n"));
        }
        for (scenario, case) in chosen {
            page.add(&details(scenario, case));
        }
    }
    for scenario in &run.scenarios {
        page.table(scenario);
    }
    out.write_all(page.finish().as_bytes())
}

fn cases(run: &Run) -> impl Iterator<Item = (&ScenarioResult, &CaseResult)> {
    run.scenarios
        .iter()
        .flat_map(|scenario| scenario.cases.iter().map(move |case| (scenario, case)))
}

/// A text that stays within its bound: a piece that does not fit is counted instead.
struct Page {
    text: String,
    dropped: usize,
}

impl Page {
    fn add(&mut self, piece: &str) -> bool {
        // Nothing after the first missing piece: a page with holes would mislead.
        let fits = self.dropped == 0 && self.text.len() + piece.len() <= MAX_BYTES - RESERVE;
        if fits {
            self.text.push_str(piece);
        } else {
            self.dropped += 1;
        }
        fits
    }

    fn finish(mut self) -> String {
        if self.dropped > 0 {
            self.text.push_str(&format!(
                "\n**{} more entries were left out** to stay below 1 MiB; run.json has them all.\n",
                self.dropped
            ));
        }
        self.text
    }

    fn head(&mut self, run: &Run) {
        let sign = match run.exit {
            0 => "✅",
            1 | 2 => "❌",
            _ => "⚠️",
        };
        let mut text = format!("## {sign} harness: {}\n\n", exit_words(run.exit));
        if run.partial {
            text.push_str(
                "**Partial**: the run was interrupted; what follows is what was known then.\n\n",
            );
        }
        text.push_str(&format!("- Cases: {}\n", totals_cases(&run.totals)));
        if run.totals.planned > 0 {
            text.push_str(&format!(
                "- Deliveries: {}\n",
                totals_deliveries(&run.totals)
            ));
        }
        text.push_str(&format!(
            "- Seed {}, {}, exit code {}\n",
            run.seed,
            duration_us(run.elapsed_us),
            run.exit
        ));
        let mut rows = String::new();
        for (_, case) in cases(run) {
            for threshold in &case.thresholds {
                let value = threshold
                    .measured
                    .map_or_else(|| "-".to_owned(), |value| measured(&threshold.text, value));
                rows.push_str(&format!(
                    "| {} | {} | {} | {} |\n",
                    if threshold.holds { "✅" } else { "❌" },
                    cell(&case.id),
                    code_cell(&threshold.text),
                    cell(&value)
                ));
            }
        }
        if !rows.is_empty() {
            text.push_str(&format!(
                "\n| | Case | Threshold | Measured |\n|---|---|---|---|\n{rows}"
            ));
        }
        self.add(&text);
    }

    fn table(&mut self, scenario: &ScenarioResult) {
        let head = format!(
            "\n### {}\n\n| | Case | Title | Deliveries | Time |\n|---|---|---|---|---|\n",
            cell(&scenario.name)
        );
        self.add(&head);
        for case in &scenario.cases {
            let mut title = cell(&case.title);
            if let Some(reason) = case
                .reason
                .as_ref()
                .filter(|_| case.verdict != Verdict::Pass)
            {
                title.push_str(&format!("<br>{}", cell(reason)));
            }
            self.add(&format!(
                "| {} | {} | {title} | {} | {} |\n",
                verdict(case),
                code_cell(&case.id),
                facts(case),
                elapsed(case)
            ));
        }
    }
}

fn verdict(case: &CaseResult) -> String {
    let sign = match Standing::of_case(case) {
        Standing::Held if case.verdict == Verdict::Pass => "✅",
        Standing::Held => "❕",
        Standing::Untried => "➖",
        Standing::Unjudged => "❔",
        Standing::Broken => "❌",
    };
    let unproved = if case.unproved { " (unproved)" } else { "" };
    format!("{sign} {}{unproved}", word(case.verdict))
}

/// A case's failures, folded away.
fn details(scenario: &ScenarioResult, case: &CaseResult) -> String {
    let mut text = elide_middle(&failure_text(scenario, case, Block::Full), MAX_TEXT);
    if !case.target.stderr.is_empty() {
        let stderr: Vec<String> = case.target.stderr.iter().map(|line| clean(line)).collect();
        text.push_str("\n\nstderr\n");
        text.push_str(&elide_middle(&stderr.join("\n"), MAX_TEXT));
    }
    let fence = fence(&text);
    format!(
        "\n<details open><summary><b>{}</b> {}</summary>\n\n{fence}text\n{text}\n{fence}\n\n</details>\n",
        html(&case.id),
        html(&case.title)
    )
}

/// A code fence that the text cannot close.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

/// Text in a table: nothing in it means anything to Markdown or HTML.
fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A mention would notify someone; a number sign would link an issue.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '~' => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Code in a table. Tables split at `|` even inside code, so that is escaped.
fn code_cell(text: &str) -> String {
    let text = clean(text);
    if text.contains('`') {
        cell(&text)
    } else {
        format!("`{}`", text.replace('|', "\\|"))
    }
}

fn html(text: &str) -> String {
    clean(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_cell_ends_the_cell() {
        assert_eq!(
            cell("a|b <i> *x* `c`\n@you"),
            "a\\|b &lt;i&gt; \\*x\\* \\`c\\`\\\\n&#64;you"
        );
        assert_eq!(code_cell("a|b"), "`a\\|b`");
    }

    #[test]
    fn no_text_closes_its_fence() {
        assert_eq!(fence("none"), "```");
        assert_eq!(fence("a ```` b"), "`````");
    }

    #[test]
    fn the_page_is_bounded() {
        let mut page = Page {
            text: String::new(),
            dropped: 0,
        };
        let added = (0..2_000)
            .take_while(|_| page.add(&"x".repeat(1_000)))
            .count();
        assert_eq!(added, (MAX_BYTES - RESERVE) / 1_000);
        assert!(!page.add("y"));
        let text = page.finish();
        assert!(
            text.len() <= MAX_BYTES && text.ends_with("run.json has them all.\n"),
            "{}",
            text.len()
        );
        assert!(text.contains("**2 more entries"));
    }
}

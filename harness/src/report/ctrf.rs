//! CTRF, the common test report format, for the tools that read it.
//!
//! What could not be judged is `other`: neither passed nor failed.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Format;
use super::names::unique;
use super::options::Options;
use super::standing::{Standing, word};
use super::text::elide_middle;
use super::words::{Block, failure_text, headline};
use crate::run::{CaseResult, Run, ScenarioResult, Verdict};

/// The registry's entry.
pub(crate) const FORMAT: Format = Format {
    name: "ctrf",
    extension: "json",
    about: "CTRF 1.0 JSON, the common test report format",
    render,
};

/// Characters of one case's text.
const MAX_TEXT: usize = 16 * 1024;

fn render(run: &Run, out: &mut dyn Write, _: &Options) -> io::Result<()> {
    let named = unique(run);
    let mut tests = Vec::new();
    for (suite, scenario, cases) in &named {
        tests.extend(
            cases
                .iter()
                .map(|(name, case)| test(suite, name, scenario, case)),
        );
    }
    let sum = |wanted: &str| tests.iter().filter(|test| test["status"] == wanted).count();
    let start = run
        .started
        .parse::<jiff::Timestamp>()
        .map_or(0, |at| at.as_millisecond().max(0));
    let duration = i64::try_from(run.elapsed_us / 1_000).unwrap_or(i64::MAX);
    let report = json!({
        "reportFormat": "CTRF",
        "specVersion": "1.0.0",
        "generatedBy": "harness",
        "results": {
            "tool": {"name": "harness", "version": run.harness},
            "summary": {
                "tests": tests.len(),
                "passed": sum("passed"),
                "failed": sum("failed"),
                "pending": 0,
                "skipped": sum("skipped"),
                "other": sum("other"),
                "suites": named.len(),
                "start": start,
                "stop": start.saturating_add(duration),
            },
            "environment": {
                "osPlatform": run.environment.arch,
                "osRelease": run.environment.kernel,
            },
            // As text: readers in JavaScript keep 53 bits of a number.
            "extra": {"seed": run.seed.to_string(), "partial": run.partial, "exit": run.exit},
            "tests": tests,
        },
    });
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

fn test(suite: &str, name: &str, scenario: &ScenarioResult, case: &CaseResult) -> Value {
    let standing = Standing::of_case(case);
    let status = match standing {
        Standing::Held => "passed",
        Standing::Untried => "skipped",
        Standing::Unjudged => "other",
        Standing::Broken => "failed",
    };
    let mut test = json!({
        "name": name,
        "status": status,
        "rawStatus": word(case.verdict),
        "duration": case.elapsed_us / 1_000,
        "suite": [suite],
        "filePath": scenario.file,
        "line": case.line.max(1),
        "extra": {
            "title": case.title,
            "unproved": case.unproved,
            "target": case.target.name,
            "delivered": case.coverage.delivered,
            "proved": case.coverage.proved,
        },
    });
    if standing != Standing::Held || case.verdict != Verdict::Pass {
        test["message"] = headline(case).into();
    }
    if standing > Standing::Untried {
        test["trace"] = elide_middle(&failure_text(scenario, case, Block::Full), MAX_TEXT).into();
    }
    test
}

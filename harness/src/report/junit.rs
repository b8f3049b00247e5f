//! JUnit XML, which CI servers read.
//!
//! A suite is a scenario. `fail`, `xpass` and broken thresholds are failures. `inconclusive` and
//! `error` are errors: what could not be judged must not look green, and the run's exit code is 3.
//! `skip`, `unsupported` and `xfail` are skipped. `warn` and `info` pass, with a property.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::names::unique;
use super::options::Options;
use super::standing::{Standing, word};
use super::words::{Block, failure_text, headline};
use super::{Format, text};
use crate::run::{CaseResult, Run, ScenarioResult};

/// The registry's entry.
pub(crate) const FORMAT: Format = Format {
    name: "junit",
    extension: "xml",
    about: "JUnit XML, for CI servers",
    render,
};

/// Characters of one failure's text: keeps a report of many failures under 30 MB.
const MAX_TEXT: usize = 16 * 1024;

fn render(run: &Run, out: &mut dyn Write, _: &Options) -> io::Result<()> {
    let mut report = Report::new("harness");
    report.set_time(Duration::from_micros(run.elapsed_us));
    for (name, scenario, cases) in unique(run) {
        let mut suite = TestSuite::new(name.as_str());
        suite.set_time(Duration::from_micros(
            cases.iter().map(|(_, case)| case.elapsed_us).sum(),
        ));
        suite.add_property(Property::new("file", scenario.file.as_str()));
        suite.add_property(Property::new("digest", scenario.digest.as_str()));
        suite.add_property(Property::new("seed", run.seed.to_string()));
        suite.add_property(Property::new("harness", run.harness.as_str()));
        suite.add_property(Property::new("started", run.started.as_str()));
        if run.partial {
            suite.add_property(Property::new("partial", "true"));
        }
        for (case_name, case) in cases {
            suite.add_test_case(test_case(&name, &case_name, scenario, case));
        }
        report.add_test_suite(suite);
    }
    report.serialize(&mut *out).map_err(io::Error::other)?;
    out.flush()
}

fn test_case(suite: &str, name: &str, scenario: &ScenarioResult, case: &CaseResult) -> TestCase {
    let mut test = TestCase::new(name, status(scenario, case));
    test.set_classname(suite);
    test.set_time(Duration::from_micros(case.elapsed_us));
    test.extra
        .insert("file".into(), scenario.file.as_str().into());
    test.extra
        .insert("line".into(), case.line.to_string().into());
    let mut property = |name: &str, value: &str| {
        test.add_property(Property::new(name, value));
    };
    property("title", &case.title);
    property("verdict", word(case.verdict));
    property("level", &case.level);
    property("unproved", if case.unproved { "true" } else { "false" });
    property("target", &case.target.name);
    property("deliveries.planned", &case.coverage.planned.to_string());
    property("deliveries.delivered", &case.coverage.delivered.to_string());
    property("deliveries.proved", &case.coverage.proved.to_string());
    if let Some(reason) = &case.reason {
        property("reason", reason);
    }
    for cite in &case.cite {
        property("cite", cite);
    }
    if !case.target.stderr.is_empty() {
        test.set_system_err(text::elide_middle(&case.target.stderr.join("\n"), MAX_TEXT));
    }
    if Standing::of_case(case) == Standing::Held && !case.failures.is_empty() {
        test.set_system_out(text::elide_middle(
            &failure_text(scenario, case, Block::Full),
            MAX_TEXT,
        ));
    }
    test
}

fn status(scenario: &ScenarioResult, case: &CaseResult) -> TestCaseStatus {
    let kind = match Standing::of_case(case) {
        Standing::Held => return TestCaseStatus::success(),
        Standing::Untried => {
            let mut status = TestCaseStatus::skipped();
            status.set_type(word(case.verdict));
            status.set_message(headline(case));
            return status;
        }
        Standing::Unjudged => NonSuccessKind::Error,
        Standing::Broken => NonSuccessKind::Failure,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(
        case.failures
            .first()
            .map_or(word(case.verdict), |failure| &failure.kind),
    );
    status.set_message(headline(case));
    status.set_description(text::elide_middle(
        &failure_text(scenario, case, Block::Full),
        MAX_TEXT,
    ));
    status
}

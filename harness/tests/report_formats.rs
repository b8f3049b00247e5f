//! The formats that machines read: registered, well-formed, escaped, bounded.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails with the test"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use harness::report::{self, Options};
use harness::run::{Run, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};

mod report_samples;
use report_samples as samples;

fn render(name: &str, run: &Run) -> String {
    let mut out = Vec::new();
    let format = report::find(name).unwrap_or_else(|| panic!("no format {name}"));
    (format.render)(run, &mut out, &Options::default()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_format_file_is_registered_under_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report");
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && fs::read_to_string(&path)
                .unwrap()
                .contains("const FORMAT: Format")
        {
            files.insert(path.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    // mod.rs names the constant in its own first lines.
    files.remove("mod");
    let names: Vec<&str> = report::registry()
        .iter()
        .map(|format| format.name)
        .collect();
    assert_eq!(names, files.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(
        report::registry()
            .iter()
            .all(|f| !f.extension.is_empty() && !f.about.is_empty())
    );
}

#[test]
fn every_format_renders_every_sample() {
    for format in report::registry() {
        for (name, run) in samples::all() {
            for options in [
                Options::default(),
                Options {
                    colour: true,
                    width: 1,
                    unicode: false,
                },
                Options {
                    colour: true,
                    width: usize::MAX,
                    unicode: true,
                },
            ] {
                let mut out = Vec::new();
                (format.render)(&run, &mut out, &options).unwrap();
                let text = String::from_utf8(out).unwrap();
                // GitHub annotations of a passing run are the one report that may be empty.
                assert!(
                    !text.is_empty() || format.name == "github",
                    "{} of {name}",
                    format.name
                );
            }
        }
    }
}

#[test]
fn no_report_lets_control_characters_through() {
    for format in report::registry() {
        let text = render(format.name, &samples::hostile());
        for c in ['\x1b', '\0', '\r'] {
            assert!(!text.contains(c), "{} contains {c:?}:\n{text}", format.name);
        }
    }
}

#[test]
fn colour_is_written_only_when_asked_for() {
    let terminal = report::find("terminal").unwrap();
    let mut plain = Vec::new();
    let mut coloured = Vec::new();
    let run = samples::every_verdict();
    (terminal.render)(&run, &mut plain, &Options::default()).unwrap();
    let options = Options {
        colour: true,
        ..Options::default()
    };
    (terminal.render)(&run, &mut coloured, &options).unwrap();
    assert!(!plain.contains(&0x1b));
    assert!(coloured.contains(&0x1b));
    // Without its escape sequences it is the same text.
    let stripped = anstream::adapter::strip_bytes(&coloured).into_vec();
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8(bytes.to_vec())
            .unwrap()
            .lines()
            .map(|l| l.trim_end().into())
            .collect()
    };
    assert_eq!(lines(&stripped), lines(&plain));
}

#[test]
fn junit_can_be_read_back() {
    for (name, run) in samples::all() {
        let xml = render("junit", &run);
        let read =
            Report::deserialize_from_str(&xml).unwrap_or_else(|e| panic!("{name}: {e}\n{xml}"));
        let cases: usize = run.scenarios.iter().map(|s| s.cases.len()).sum();
        assert_eq!(read.tests, cases, "{name}");
        let suites: BTreeSet<&str> = read.test_suites.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(
            suites.len(),
            run.scenarios.len(),
            "{name}: suite names are unique"
        );
        for suite in &read.test_suites {
            let names: BTreeSet<&str> = suite.test_cases.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(
                names.len(),
                suite.test_cases.len(),
                "{name}: case names are unique"
            );
        }
    }
}

#[test]
fn junit_verdicts_are_as_documented() {
    let xml = render("junit", &samples::every_verdict());
    let read = Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((read.failures, read.errors, read.skipped), (2, 2, 3));
    let status = |id: &str| {
        let cases = read.test_suites.iter().flat_map(|suite| &suite.test_cases);
        cases
            .into_iter()
            .find(|case| case.name.as_str() == id)
            .unwrap()
    };
    let kind = |id: &str| match &status(id).status {
        TestCaseStatus::Success { .. } => "success",
        TestCaseStatus::NonSuccess {
            kind: NonSuccessKind::Failure,
            ..
        } => "failure",
        TestCaseStatus::NonSuccess {
            kind: NonSuccessKind::Error,
            ..
        } => "error",
        TestCaseStatus::Skipped { .. } => "skipped",
    };
    for (id, wanted) in [
        ("framing.bytes", "success"),
        ("framing.cut", "failure"),
        ("close.half", "success"),
        ("close.linger", "success"),
        ("restart.time_wait", "skipped"),
        ("pipelining", "skipped"),
        ("limits.bomb", "skipped"),
        ("limits.negative", "failure"),
        ("proof.idle", "error"),
        ("load.steady", "error"),
    ] {
        assert_eq!(kind(id), wanted, "{id}");
    }
    let case = status("framing.bytes");
    assert!(
        case.properties
            .iter()
            .any(|p| p.name.as_str() == "unproved" && p.value.as_str() == "true")
    );
    assert_eq!(
        case.extra.get("file").unwrap().as_str(),
        "scenarios/framing.yaml"
    );
    assert_eq!(case.extra.get("line").unwrap().as_str(), "12");
    insta::assert_snapshot!(xml);
}

#[test]
fn annotations_are_escaped_and_few() {
    insta::assert_snapshot!(render("github", &samples::every_verdict()));
    let hostile = render("github", &samples::hostile());
    assert_eq!(hostile.lines().count(), 4, "{hostile}");
    for line in hostile.lines() {
        let (properties, message) = line
            .strip_prefix("::error ")
            .unwrap()
            .split_once("::")
            .unwrap();
        assert_eq!(
            properties.matches(',').count(),
            2,
            "file, line and title: {properties}"
        );
        assert!(!message.is_empty());
    }
    let many = (0..25)
        .map(|i| samples::case(&format!("c{i}"), "t", Verdict::Xpass))
        .collect();
    let text = render("github", &samples::run(vec![samples::scenario("s", many)]));
    assert_eq!(text.lines().count(), 10);
    assert!(
        text.lines().last().unwrap().contains("16 more cases"),
        "{text}"
    );
}

#[test]
fn a_passing_run_annotates_nothing() {
    assert_eq!(render("github", &samples::passing()), "");
}

#[test]
fn markdown_is_bounded_and_whole() {
    insta::assert_snapshot!(render("markdown", &samples::every_verdict()));
    insta::assert_snapshot!(
        "markdown_thresholds",
        render("markdown", &samples::thresholds())
    );
    let title = "t".repeat(1_000);
    let many = (0..3_000)
        .map(|i| samples::case(&format!("c{i}"), &title, Verdict::Xpass))
        .collect();
    let text = render(
        "markdown",
        &samples::run(vec![samples::scenario("s", many)]),
    );
    assert!(text.len() <= 1 << 20, "{}", text.len());
    assert!(text.contains("more entries were left out"));
}

#[test]
fn tap_counts_its_points() {
    let text = render("tap", &samples::every_verdict());
    insta::assert_snapshot!(text);
    for (name, run) in samples::all() {
        let text = render("tap", &run);
        let points = text
            .lines()
            .filter(|l| l.starts_with("ok ") || l.starts_with("not ok "))
            .count();
        assert!(
            text.contains(&format!("\n1..{points}\n")),
            "{name}:\n{text}"
        );
    }
    let hostile = render("tap", &samples::hostile());
    let skipped = hostile
        .lines()
        .filter(|line| line.contains("ok ") && line.contains(" # "))
        .count();
    assert_eq!(skipped, 0, "a title begins no directive:\n{hostile}");
}

#[test]
fn ctrf_sums_are_right() {
    let report: serde_json::Value =
        serde_json::from_str(&render("ctrf", &samples::every_verdict())).unwrap();
    let summary = &report["results"]["summary"];
    for (key, wanted) in [
        ("tests", 10),
        ("passed", 3),
        ("failed", 2),
        ("skipped", 3),
        ("other", 2),
        ("pending", 0),
    ] {
        assert_eq!(summary[key], wanted, "{key}");
    }
    assert_eq!(summary["start"], 1_795_176_000_000_i64);
    assert_eq!(summary["stop"], 1_795_176_003_412_i64);
}

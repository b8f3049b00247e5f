//! The reference servers answer alike however they divide their attention among clients, also
//! where the harness starts them as it starts any user's program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::path::{Path, PathBuf};

use common::{HARNESS, cases, run, text};
use harness::run::{CaseResult, Run, Verdict};
use harness_targets::Model;

/// The scenarios that ask for nothing that depends on a model, except where they say so.
const SCENARIOS: [&str; 5] = ["echo", "sticky", "exec-framing", "json-header", "http"];

/// The shipped scenario with each of its reference servers started by a command line, in this
/// model, with only the capabilities that the model has.
fn started_by_command(scenario: &str, model: Model, dir: &Path) -> PathBuf {
    let text =
        std::fs::read_to_string(common::root().join(format!("scenarios/{scenario}.yaml"))).unwrap();
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("builtin: ") {
            None => lines.push(line.to_owned()),
            Some(service) => {
                assert!(harness_targets::find(service).is_ok(), "{scenario}: {line}");
                lines.push(format!(
                    "start: ['{HARNESS}', serve, {service}, --model, {model}, --listen, 'tcp://127.0.0.1:{{port}}']"
                ));
                if !model.is_concurrent() {
                    lines.push("without: [concurrency]".to_owned());
                }
            }
        }
    }
    let file = dir.join(format!("{scenario}.yaml"));
    std::fs::write(&file, lines.join("\n")).unwrap();
    file
}

/// Every case passes, but those that the model cannot serve. Gives the ids of the latter.
fn passes(run: &Run, model: Model, told: &str) -> Vec<String> {
    let fits = |case: &&CaseResult| case.verdict != Verdict::Unsupported;
    for case in cases(run).filter(fits) {
        let passed = matches!(case.verdict, Verdict::Pass | Verdict::Skip);
        assert!(
            passed,
            "{model}: {}: {:?} {:?}\n{told}",
            case.id, case.verdict, case.reason
        );
        assert!(
            case.target.how.contains(model.name()),
            "{} ran against {}",
            case.id,
            case.target.how
        );
    }
    cases(run)
        .filter(|c| !fits(c))
        .map(|c| c.id.clone())
        .collect()
}

fn every_scenario_under(model: Model) {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = SCENARIOS
        .iter()
        .map(|s| started_by_command(s, model, dir.path()))
        .collect();
    let files: Vec<&str> = files.iter().map(|f| f.to_str().unwrap()).collect();
    let (output, result) = run(&files);
    let told = text(&output);
    let result = result.unwrap_or_else(|| panic!("{told}"));
    let left_out = passes(&result, model, &told);
    assert_eq!(output.status.code(), Some(0), "{told}");
    if model.is_concurrent() {
        assert!(
            left_out.is_empty(),
            "{model} serves many clients: {left_out:?}"
        );
    } else {
        let clients = ["second_client", "many_clients", "two_clients"];
        let alone = |id: &String| clients.iter().any(|c| id.ends_with(c));
        assert!(
            left_out.len() >= SCENARIOS.len() && left_out.iter().all(alone),
            "{left_out:?}"
        );
    }
}

#[test]
fn the_thread_model_passes() {
    every_scenario_under(Model::Thread);
}

#[test]
fn the_process_model_passes() {
    every_scenario_under(Model::Process);
}

#[test]
fn the_async_model_passes() {
    every_scenario_under(Model::Async);
}

#[test]
fn the_iterative_model_passes_all_that_needs_one_client_at_a_time() {
    every_scenario_under(Model::Iterative);
}

#[test]
fn a_command_takes_the_place_of_a_scenarios_own_target() {
    let listen = "tcp://127.0.0.1:{port}";
    let command = format!("'{HARNESS}' serve exec --model async --listen {listen}");
    let (output, result) = run(&["scenarios/exec-framing.yaml", "--target", &command]);
    let told = text(&output);
    let left_out = passes(
        &result.unwrap_or_else(|| panic!("{told}")),
        Model::Async,
        &told,
    );
    assert!(left_out.is_empty(), "{left_out:?}");
    assert_eq!(output.status.code(), Some(0), "{told}");
}

#[test]
fn a_profile_uses_anothers_frames_and_declares_what_its_model_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("mine.yaml");
    let uses = common::root().join("scenarios/exec-framing.yaml");
    let listen = "tcp://127.0.0.1:{port}";
    let yaml = format!(
        "target: mine\nuse: '{}'\nstart: ['{HARNESS}', serve, exec, --model, iterative, --listen, '{listen}']\n\
         without: [concurrency]\n",
        uses.display()
    );
    std::fs::write(&profile, yaml).unwrap();
    let target = profile.to_str().unwrap();
    let (output, result) = run(&["scenarios/exec-framing.yaml", "--target", target]);
    let told = text(&output);
    let left_out = passes(
        &result.unwrap_or_else(|| panic!("{told}")),
        Model::Iterative,
        &told,
    );
    assert_eq!(left_out, ["exec.second_client"], "{told}");
    assert_eq!(output.status.code(), Some(0), "{told}");
}

#[test]
fn an_iterative_server_that_claims_concurrency_is_found_out() {
    let dir = tempfile::tempdir().unwrap();
    let file = started_by_command("echo", Model::Iterative, dir.path());
    let claims = std::fs::read_to_string(&file)
        .unwrap()
        .replace("without: [concurrency]\n", "");
    std::fs::write(&file, claims).unwrap();
    let (output, result) = run(&[file.to_str().unwrap(), "--filter", "echo.second_client"]);
    let red: Vec<Verdict> = result.iter().flat_map(cases).map(|c| c.verdict).collect();
    assert_eq!(red, [Verdict::Fail], "{}", text(&output));
}

//! The shipped suite fits any target: it passes against correct programs that only have a profile,
//! and each of its cases can fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::collections::BTreeSet;
use std::path::PathBuf;

use common::{cases, run, text};
use harness::run::Verdict;

const LINES: &str = r#"
target: lines
builtin: upper
timeout: 2s
frames: {line: {delimiter: {bytes: "\n"}}}
exchanges:
  - hello: {request: {line: hello}, reply: {line: HELLO}}
  - text: {request: {line: "café"}}
"#;

const REVERSED: &str = r#"
target: reversed
builtin: reverse
timeout: 2s
frames: {line: {delimiter: {bytes: "\n"}}}
exchanges:
  - hello: {request: {line: hello}, reply: {line: olleh}}
  - text: {request: {line: "abc"}}
"#;

const COMMANDS: &str = r#"
target: commands
builtin: exec
timeout: 2s
frames:
  command: {length_prefix: {type: u32be}}
exchanges:
  - echo: {request: {command: "echo a"}}
  - many: {request: {command: "bytes 300000"}}
"#;

const JOBS: &str = r#"
target: jobs
builtin: exec-json
timeout: 2s
frames:
  job: {json_header: {length: u32be, digest: {key: md5, algorithm: md5}}}
exchanges:
  - echo: {request: {job: "echo a"}}
"#;

const ECHO: &str = r#"
target: echo
builtin: echo
timeout: 2s
frames: {any: raw}
exchanges:
  - text: {request: {any: "hello"}, reply: {any: "hello"}}
"#;

const DATAGRAMS: &str = r#"
target: datagrams
builtin: udp-upper
transport: udp
timeout: 500ms
frames: {text: raw}
exchanges:
  - hello: {request: {text: hello}, reply: {text: HELLO}}
"#;

const CLIENT: &str = r#"
target: client
role: client
builtin: {client: exec, args: [--pipeline, --timeout, 1s, "echo a", "true"]}
frames:
  command: {length_prefix: {type: u32be}}
exchanges:
  - echo: {request: {command: "echo a"}, reply: {command: {hex: "00 61 0a"}}}
  - nothing: {request: {command: "true"}, reply: {command: {hex: "00"}}}
"#;

/// A profile in a file of its own, as a user has it.
struct Stage {
    _dir: tempfile::TempDir,
    file: PathBuf,
}

fn stage(profile: &str) -> Stage {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("profile.yaml");
    std::fs::write(&file, profile).unwrap();
    Stage { _dir: dir, file }
}

#[test]
fn correct_programs_pass_with_a_profile_alone() {
    let mut passed = BTreeSet::new();
    for profile in [LINES, REVERSED, COMMANDS, JOBS, ECHO, DATAGRAMS, CLIENT] {
        assert!(profile.trim().lines().count() <= 15, "{profile}");
        let stage = stage(profile);
        let (output, result) = run(&[stage.file.to_str().unwrap()]);
        let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        for case in cases(&result) {
            match case.verdict {
                Verdict::Pass if !case.unproved => {
                    passed.insert(case.id.clone());
                }
                // What a profile's transport or declared capabilities rule out.
                Verdict::Unsupported => {}
                other => panic!("{}: {other:?}\n{}", case.id, text(&output)),
            }
        }
    }
    assert_eq!(passed, suite(), "some case never ran");
}

/// The ids of all cases of the suite.
fn suite() -> BTreeSet<String> {
    let listed = common::harness(&["list", "scenarios/suite"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    listed
        .split_whitespace()
        .filter(|w| {
            let known = ["framing.", "disconnects.", "peers.", "restart.", "outages."];
            known.iter().any(|k| w.starts_with(k))
        })
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_case_is_turned_red_by_a_fault() {
    let mut killed = BTreeSet::new();
    for (case, profile, fault) in [
        ("framing.cut", COMMANDS, "header_assumed_whole"),
        ("framing.merge", LINES, "overread_dropped"),
        ("framing.merge_half", LINES, "residue_prepended_wrong"),
        ("framing.datagrams", DATAGRAMS, "replies_from_other_port"),
        ("disconnects.unasked", LINES, "dies_when_client_leaves"),
        ("disconnects.fin", LINES, "dies_when_client_leaves"),
        ("disconnects.reset", LINES, "dies_on_reset"),
        ("disconnects.closes_too", LINES, "spin_on_eof"),
        ("disconnects.idle", LINES, "spin_on_eof"),
        ("peers.silent", LINES, "one_client_at_a_time"),
        ("peers.in_turn", LINES, "one_client_at_a_time"),
        ("peers.many", ECHO, "forty_clients_at_most"),
        ("peers.small_buffer", COMMANDS, "partial_write_ignored"),
        ("restart.time_wait", LINES, "no_reuseaddr"),
        ("restart.second", LINES, "reuseport_shares_port"),
        ("restart.terminate", ECHO, "stop_waits_for_clients"),
        ("framing.cut", CLIENT, "header_assumed_whole"),
        ("framing.merge", CLIENT, "next_reply_overread"),
        ("framing.merge_half", CLIENT, "one_read_one_reply"),
        ("outages.closed", CLIENT, "eof_in_header_is_success"),
        ("outages.reset", CLIENT, "reset_is_success"),
        ("outages.silent", CLIENT, "no_timeout"),
    ] {
        let stage = stage(profile);
        let file = stage.file.to_str().unwrap();
        let (output, result) = run(&[file, "--filter", case, "--fault", fault]);
        let result = result.unwrap_or_else(|| panic!("{case}: {}", text(&output)));
        let red = cases(&result).all(|c| matches!(c.verdict, Verdict::Fail | Verdict::Warn));
        assert!(red, "{case} does not see {fault}:\n{}", text(&output));
        let rerun = &cases(&result).next().unwrap().failures[0].rerun;
        assert!(rerun.contains(file), "{rerun}");
        killed.insert(case.to_owned());
    }
    assert_eq!(killed, suite(), "some case was never seen to fail");
}

#[test]
fn the_suite_runs_against_any_target_that_is_named() {
    let stage = stage(LINES);
    let file = stage.file.to_str().unwrap();
    let (output, result) = run(&["scenarios/suite", "--target", file, "--filter", "framing.*"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(cases(&result.unwrap()).count() >= 4);
    // In a folder with other scenarios it is passed over: it has no target there.
    let listed = common::harness(&["list", "scenarios"]);
    assert!(!text(&listed).contains("framing.cut"));
}

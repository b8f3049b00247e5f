//! Runs the built program, as a user would, from the workspace's root.

#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(unreachable_pub, reason = "a module of several test programs")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use harness::run::{CaseResult, Run};

/// The built program.
pub const HARNESS: &str = env!("CARGO_BIN_EXE_harness");

/// The workspace's root: scenario paths in commands and reports are relative to it.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// The program with these arguments, ready to run.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(HARNESS);
    command
        .args(args)
        .current_dir(root())
        .env_remove("CLICOLOR_FORCE")
        .env("NO_COLOR", "1");
    command
}

/// Runs the program to its end.
pub fn harness(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// What a program wrote, both streams, for messages of failing tests.
pub fn text(output: &Output) -> String {
    format!(
        "exit {:?}\n{}{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs `harness run` and reads the run.json that it wrote.
pub fn run(args: &[&str]) -> (Output, Option<Run>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("run.json");
    let report = format!("json={}", file.display());
    let mut all = vec!["run"];
    all.extend(args);
    all.extend(["--report", &report]);
    let output = harness(&all);
    let run = harness::report::read(&file).ok();
    (output, run)
}

/// All cases of a run.
pub fn cases(run: &Run) -> impl Iterator<Item = &CaseResult> {
    run.scenarios.iter().flat_map(|s| &s.cases)
}

/// Processes whose command line holds this text, found in /proc.
pub fn processes_with(marker: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(marker) && entry.file_name() != std::process::id().to_string().as_str() {
            found.push(line);
        }
    }
    found
}

/// Waits until no process has this text in its command line any more.
pub fn await_none_with(marker: &str, patience: std::time::Duration) {
    let began = std::time::Instant::now();
    loop {
        let left = processes_with(marker);
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < patience, "left behind: {left:#?}");
        // The end of somebody else's process is no event here.
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// The most memory that any child of this test program had resident, in KiB: of those that ended
/// and were waited for, so that no moment is missed (getrusage(2)).
pub fn peak_kib() -> u64 {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    u64::try_from(usage.max_rss()).unwrap()
}

/// Tells that something was not tried, and why: on stderr past the test runner, which keeps what
/// passing tests print to itself, and in a file whose lines `.ci/run` counts.
pub fn skip(what: &str, why: &str) {
    use std::io::Write as _;
    let line = format!("skipped: {what}: {why}\n");
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped.txt");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

/// True where there is a Python; else `what` is skipped.
pub fn has_python(what: &str) -> bool {
    let found = Command::new("python3").arg("--version").output();
    let found = found.is_ok_and(|o| o.status.success());
    if !found {
        skip(what, "python3 is not installed");
    }
    found
}

//! Every command of the README is run as it stands, or marked with the reason why it is not; what
//! the README shows as output is what the program writes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::path::Path;
use std::process::{Command, Output};

/// A fenced block of the README, and the comment in front of it.
struct Block {
    language: String,
    mark: Option<(String, String)>,
    text: String,
}

fn blocks() -> Vec<Block> {
    let readme = std::fs::read_to_string(common::root().join("README.md")).unwrap();
    let mut blocks = Vec::new();
    let mut mark = None;
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if let Some(comment) = line
            .strip_prefix("<!-- ")
            .and_then(|l| l.strip_suffix(" -->"))
        {
            let (name, value) = comment.split_once(": ").expect("a mark is `name: value`");
            mark = Some((name.to_owned(), value.to_owned()));
        } else if let Some(language) = line.strip_prefix("```") {
            let text: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            let text = text.iter().map(|l| format!("{l}\n")).collect();
            blocks.push(Block {
                language: language.to_owned(),
                mark: mark.take(),
                text,
            });
        }
    }
    blocks
}

/// A copy of what the commands use, so that what they write stays out of the work tree.
fn playground() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["scenarios", "targets"] {
        std::os::unix::fs::symlink(common::root().join(folder), dir.path().join(folder)).unwrap();
    }
    for program in ["upper_server.py", "upper_client.py"] {
        let from = common::root().join("targets/examples").join(program);
        std::fs::copy(from, dir.path().join(program)).unwrap();
    }
    dir
}

fn run(command: &str, dir: &Path) -> Output {
    let bin = Path::new(common::HARNESS).parent().unwrap();
    let path = format!(
        "{}:{}",
        bin.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    Command::new("sh")
        .args(["-c", command])
        .current_dir(dir)
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "90")
        .output()
        .unwrap()
}

/// A line without what differs between runs: times, and the widths that follow from them; and
/// without the line numbers of scenario files, which every edit moves.
fn lasting(line: &str) -> Option<String> {
    let line = match line.rsplit_once(".yaml:") {
        Some((file, number)) if number.bytes().all(|b| b.is_ascii_digit()) => file,
        _ => line,
    };
    let timed = line
        .split_whitespace()
        .any(|w| matches!(w, "us" | "ms" | "s"));
    let words = line.chars().map(|c| {
        if "─┄└┴┘│".contains(c) {
            ' '
        } else {
            c
        }
    });
    let words: String = words.collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    (!timed && !words.is_empty()).then(|| words.join(" "))
}

#[test]
fn every_command_does_what_the_page_says() {
    let dir = playground();
    let python = common::has_python("commands of the README");
    let (mut ran, mut skipped) = (0, 0);
    for block in blocks() {
        if let Some(("file", name)) = block.mark.as_ref().map(|(k, v)| (k.as_str(), v.as_str())) {
            std::fs::write(dir.path().join(name), &block.text).unwrap();
            continue;
        }
        if block.language != "sh" {
            continue;
        }
        let mark = block.mark.as_ref().map(|(k, v)| (k.as_str(), v.as_str()));
        for line in block.text.lines() {
            if let Some(("skip", reason)) = mark {
                common::skip(line, reason);
                skipped += 1;
                continue;
            }
            if !python && (line.contains("python3") || line.contains("my-")) {
                common::skip(line, "python3 is not installed");
                skipped += 1;
                continue;
            }
            let wanted = match mark {
                Some(("exit", code)) => code.parse().unwrap(),
                _ => 0,
            };
            let command = line.replace("cargo run --release --", "harness");
            let output = run(&command, dir.path());
            assert_eq!(
                output.status.code(),
                Some(wanted),
                "{line}\n{}",
                common::text(&output)
            );
            assert!(!output.stdout.is_empty(), "{line} says nothing");
            ran += 1;
        }
    }
    assert!(
        ran + skipped >= 15,
        "{ran} commands ran, {skipped} were skipped"
    );
    assert!(!python || ran >= 13, "only {ran} commands ran");
}

#[test]
fn what_is_shown_is_what_is_written() {
    let dir = playground();
    let mut compared = 0;
    for block in blocks() {
        let Some(("output", command)) = block.mark.as_ref().map(|(k, v)| (k.as_str(), v.as_str()))
        else {
            continue;
        };
        let output = run(command, dir.path());
        let written = String::from_utf8_lossy(&output.stdout).into_owned();
        let written: Vec<String> = written.lines().filter_map(lasting).collect();
        for line in block.text.lines().filter_map(lasting) {
            assert!(
                written.contains(&line),
                "`{line}` is not in\n{}",
                common::text(&output)
            );
            compared += 1;
        }
    }
    assert!(compared >= 20, "only {compared} lines were compared");
}

//! Every command of the README and of the guide is run as it stands, or marked with the reason why
//! it is not; what a page shows as output is what the program writes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::path::Path;
use std::process::{Command, Output};

/// The README and the pages of the guide, by their paths from the root.
fn pages() -> Vec<String> {
    let guide = std::fs::read_dir(common::root().join("docs")).unwrap();
    let mut pages: Vec<String> = guide
        .map(|e| format!("docs/{}", e.unwrap().file_name().into_string().unwrap()))
        .collect();
    pages.sort();
    pages.insert(0, "README.md".to_owned());
    pages
}

/// A fenced block of a page, and the comment in front of it.
struct Block {
    language: String,
    mark: Option<(String, String)>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(common::root().join(page)).unwrap();
    let mut blocks = Vec::new();
    let mut mark = None;
    let mut lines = text.lines();
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
    let server = common::root().join("targets/examples/upper_server.py");
    std::fs::copy(server, dir.path().join("upper_server.py")).unwrap();
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

/// Commands that ran, and those that were skipped with a reason.
#[derive(Default)]
struct Tried {
    ran: u32,
    skipped: u32,
}

fn try_page(page: &str, python: bool) -> Tried {
    let dir = playground();
    let mut tried = Tried::default();
    for block in blocks(page) {
        let mark = block.mark.as_ref().map(|(k, v)| (k.as_str(), v.as_str()));
        if let Some(("file", name)) = mark {
            std::fs::write(dir.path().join(name), &block.text).unwrap();
            continue;
        }
        if block.language != "sh" {
            continue;
        }
        for line in block.text.lines() {
            if let Some(("skip", reason)) = mark {
                common::skip(line, reason);
                tried.skipped += 1;
                continue;
            }
            let starts_python = ["python3", "my-server", "lines.yaml", "kept.yaml"];
            if !python && starts_python.iter().any(|w| line.contains(w)) {
                common::skip(line, "python3 is not installed");
                tried.skipped += 1;
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
                "{page}: {line}\n{}",
                common::text(&output)
            );
            assert!(
                !output.stdout.is_empty() || wanted == 2,
                "{page}: {line} says nothing"
            );
            tried.ran += 1;
        }
    }
    tried
}

#[test]
fn every_command_does_what_its_page_says() {
    let python = common::has_python("commands of the pages");
    for page in pages() {
        let Tried { ran, skipped } = try_page(&page, python);
        assert!(ran + skipped > 0, "{page} has no command");
        if page == "README.md" {
            assert!(ran + skipped >= 15, "{ran} ran, {skipped} were skipped");
        }
        assert!(!python || ran > 0, "{page}: no command ran");
    }
}

#[test]
fn what_is_shown_is_what_is_written() {
    let dir = playground();
    for page in pages() {
        let mut compared = 0;
        let mut shown = 0;
        for block in blocks(&page) {
            let Some(("output", command)) =
                block.mark.as_ref().map(|(k, v)| (k.as_str(), v.as_str()))
            else {
                continue;
            };
            shown += 1;
            let output = run(command, dir.path());
            let written = String::from_utf8_lossy(&output.stdout).into_owned();
            let written: Vec<String> = written.lines().filter_map(lasting).collect();
            for line in block.text.lines().filter_map(lasting) {
                assert!(
                    written.contains(&line),
                    "{page}: `{line}` is not in\n{}",
                    common::text(&output)
                );
                compared += 1;
            }
        }
        assert!(compared >= 4 * shown, "{page}: only {compared} lines");
    }
}

/// Links between pages, and to files of the project, lead somewhere.
#[test]
fn every_link_leads_to_a_file() {
    let mut followed = 0;
    for page in pages() {
        let text = std::fs::read_to_string(common::root().join(&page)).unwrap();
        let folder = Path::new(&page).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|t| t.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let file = link.split('#').next().unwrap();
            let path = common::root().join(&folder).join(file);
            assert!(path.exists(), "{page}: {link} leads nowhere");
            followed += 1;
        }
    }
    assert!(followed >= 8, "only {followed} links");
}

/// Case ids that the pages name exist.
#[test]
fn every_case_that_a_page_names_exists() {
    let listed = common::harness(&["list", "scenarios"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let known: Vec<&str> = listed.split_whitespace().collect();
    let scenarios: Vec<String> = known
        .iter()
        .filter_map(|w| w.split_once('.').map(|(s, _)| s.to_owned()))
        .collect();
    let mut found = 0;
    for page in pages() {
        let text = std::fs::read_to_string(common::root().join(&page)).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let is_id = word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b"._-".contains(&b))
                && word.split_once('.').is_some_and(|(s, rest)| {
                    scenarios.iter().any(|k| k == s) && !rest.contains('.')
                })
                && !word.ends_with(".yaml");
            if is_id {
                assert!(known.contains(&word), "{page}: no case `{word}`");
                found += 1;
            }
        }
    }
    assert!(found >= 8, "only {found} ids");
}

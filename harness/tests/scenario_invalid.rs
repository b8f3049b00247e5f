//! Each sample under `scenarios/invalid` is refused with the diagnostic beside it.
//!
//! `UPDATE=1 cargo test -p harness --test scenario_invalid` writes the diagnostics anew: read what
//! changed before it is committed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use harness::scenario::{Diagnostics, find, load};

/// The samples, by paths that read the same on every machine.
fn samples() -> Vec<PathBuf> {
    // Diagnostics name files as they were given.
    std::env::set_current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    find(&[PathBuf::from("scenarios/invalid")]).unwrap()
}

fn errors(file: &Path) -> Diagnostics {
    match load(file) {
        Ok(_) => panic!("{} was taken for valid", file.display()),
        Err(errors) => errors,
    }
}

#[test]
fn each_sample_has_its_diagnostic() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut different = Vec::new();
    for file in samples() {
        let rendered = errors(&file).render(false);
        let golden = file.with_extension("stderr");
        if update {
            std::fs::write(&golden, rendered).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != rendered {
            different.push(format!("--- {}\n{rendered}", golden.display()));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn there_are_samples_and_each_golden_file_has_one() {
    let samples: BTreeSet<PathBuf> = samples().into_iter().collect();
    assert!(samples.len() >= 60, "only {} samples", samples.len());
    for entry in std::fs::read_dir("scenarios/invalid").unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "stderr") {
            assert!(
                samples.contains(&path.with_extension("yaml")),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn each_error_names_file_and_line() {
    for file in samples() {
        let errors = errors(&file);
        assert!(errors.count() > 0);
        for error in &errors {
            let line = error.one_line();
            assert!(line.starts_with("scenarios/invalid/"), "{line}");
            if file.ends_with("not-utf8.yaml") {
                // There is no text to count columns in.
                assert!(line.contains("offset 20, in line 2"), "{line}");
            } else {
                assert!(error.line > 0 && error.column > 0, "{line}");
            }
            assert!(
                !error.message.contains('\u{1f}') && !error.message.contains("Syntax"),
                "{line}"
            );
        }
    }
}

#[test]
fn ten_mistakes_are_told_in_one_pass() {
    let _ = samples();
    let errors = errors(Path::new("scenarios/invalid/ten-mistakes.yaml"));
    let places: BTreeSet<(u32, u32)> = errors.iter().map(|e| (e.line, e.column)).collect();
    assert!(places.len() >= 10, "{errors}");
    let meant = errors.iter().filter(|e| {
        e.label
            .as_deref()
            .is_some_and(|l| l.contains("did you mean"))
    });
    assert!(meant.count() >= 6, "{errors}");
}

#[test]
fn errors_come_in_the_order_of_the_file() {
    for file in samples() {
        let errors = errors(&file);
        let own: Vec<_> = errors
            .iter()
            .filter(|e| *e.file == *file)
            .map(|e| e.span.start)
            .collect();
        assert!(own.is_sorted(), "{}: {own:?}", file.display());
    }
}

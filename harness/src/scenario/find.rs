//! Scenario files among folders.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostic, Diagnostics};
use super::load::is_yaml;

/// The name of folders that hold samples of mistakes.
const INVALID: &str = "invalid";

/// Folders that are passed over unless they are named themselves: samples of mistakes, and the suite,
/// which needs a target.
const PASSED_OVER: [&str; 2] = [INVALID, crate::suite::FOLDER];

/// The files that paths stand for: a file for itself, whatever its ending; a folder for the
/// `.yaml` and `.yml` files in it and below, sorted by path, without folders named
/// `invalid` or `suite`, and without hidden ones. Each file comes once.
///
/// # Errors
/// A path does not exist or cannot be read, or a folder holds no such file.
pub fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostics> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut errors = Vec::new();
    for path in paths {
        let mut files = Vec::new();
        match std::fs::metadata(path) {
            Err(error) => {
                errors.push(Diagnostic::whole(
                    path,
                    format!("it cannot be read: {error}"),
                ));
            }
            Ok(meta) if meta.is_dir() => {
                walk(path, &mut BTreeSet::new(), &mut files, &mut errors);
                files.sort();
                if files.is_empty() && errors.is_empty() {
                    errors.push(
                        Diagnostic::whole(path, "no scenario stands in this folder")
                            .help("scenarios end in .yaml or .yml"),
                    );
                }
            }
            Ok(_) => files.push(path.clone()),
        }
        for file in files {
            let same = file.canonicalize().unwrap_or_else(|_| file.clone());
            if seen.insert(same) {
                found.push(file);
            }
        }
    }
    if errors.is_empty() {
        Ok(found)
    } else {
        Err(Diagnostics::new(errors))
    }
}

/// `visited` holds the folders so far by canonical path: a link to a folder above goes in circles.
fn walk(
    folder: &Path,
    visited: &mut BTreeSet<PathBuf>,
    files: &mut Vec<PathBuf>,
    errors: &mut Vec<Diagnostic>,
) {
    let same = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    if !visited.insert(same) {
        return;
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            errors.push(Diagnostic::whole(
                folder,
                format!("it cannot be read: {error}"),
            ));
            return;
        }
    };
    for entry in entries {
        let path = match entry {
            Ok(entry) => entry.path(),
            Err(error) => {
                errors.push(Diagnostic::whole(
                    folder,
                    format!("it cannot be read: {error}"),
                ));
                return;
            }
        };
        let name = path.file_name().unwrap_or_default();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() {
            if !PASSED_OVER.iter().any(|p| name == *p) {
                walk(&path, visited, files, errors);
            }
        } else if is_yaml(&path) && path.is_file() {
            files.push(path);
        }
    }
}

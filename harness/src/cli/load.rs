//! Loads scenario files and shows what is wrong with them.

use std::path::PathBuf;

use super::Screen;
use crate::exit;
use crate::scenario::{self, model::Document};

/// Loads all files under these paths.
///
/// # Errors
/// The exit code, after all diagnostics of all files were shown.
pub(super) fn load(paths: &[PathBuf], screen: &Screen) -> Result<Vec<Document>, u8> {
    let files = scenario::find(paths).map_err(|diagnostics| {
        screen.note(diagnostics.render(screen.colour_err).trim_end());
        exit::USAGE
    })?;
    let mut documents = Vec::new();
    let mut wrong = 0;
    for file in &files {
        match scenario::load(file) {
            Ok(document) => documents.push(document),
            Err(diagnostics) => {
                wrong += diagnostics.count();
                screen.note(diagnostics.render(screen.colour_err).trim_end());
                screen.note("");
            }
        }
    }
    if wrong > 0 {
        let s = if wrong == 1 { "" } else { "s" };
        screen.note(&format!("{wrong} error{s}, nothing was run"));
        return Err(exit::USAGE);
    }
    Ok(documents)
}

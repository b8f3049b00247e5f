//! `run.json`: the run itself, from which everything else is rendered.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use schemars::generate::SchemaSettings;

use super::Format;
use super::options::Options;
use crate::run::{Run, VERSION};

/// The registry's entry.
pub(crate) const FORMAT: Format = Format {
    name: "json",
    extension: "json",
    about: "run.json: the whole run, from which every other report can be rendered later",
    render,
};

/// The most bytes of a `run.json` that are read: 1 GiB.
const MAX_BYTES: u64 = 1 << 30;

/// Why a `run.json` could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is longer than 1 GiB.
    #[error("{}: more than {MAX_BYTES} bytes; a run.json is shorter", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The file is no JSON, or ends too early.
    #[error(
        "{}:{}:{}: not JSON: {source}; expected a run.json, as `harness run` writes it",
        path.display(), source.line(), source.column()
    )]
    NotJson {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// The file is JSON, but has no version: it is something else.
    #[error(
        "{}: JSON, but not a run: the key \"v\" should be a whole number from 1 to {VERSION}, and is {found}",
        path.display()
    )]
    NotARun {
        /// The file.
        path: PathBuf,
        /// What stands in the place of the version.
        found: String,
    },
    /// The file was written by a newer program.
    #[error(
        "{}: form {found} of run.json, written by {by}; this program reads up to form {VERSION}: use a newer harness",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The program that wrote it.
        by: String,
    },
    /// The version fits, but something is missing or of the wrong type.
    #[error(
        "{}:{}:{}: form {found} of run.json, but broken: {source}",
        path.display(), source.line(), source.column()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
}

/// Reads a run.
///
/// # Errors
///
/// Where the file cannot be read, is no `run.json`, is broken, or is of a newer form. Keys that
/// this version does not know are ignored.
pub fn read(path: &Path) -> Result<Run, ReadError> {
    let io = |source| ReadError::Io {
        path: path.into(),
        source,
    };
    let file = std::fs::File::open(path).map_err(io)?;
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(io)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLong { path: path.into() });
    }
    parse(path, &text)
}

fn parse(path: &Path, text: &[u8]) -> Result<Run, ReadError> {
    let path = || path.to_path_buf();
    // First the version alone: a newer form would fail below with a misleading message.
    let value: serde_json::Value =
        serde_json::from_slice(text).map_err(|source| ReadError::NotJson {
            path: path(),
            source,
        })?;
    let found = match value.get("v") {
        Some(v) => v.as_u64().filter(|v| *v > 0).ok_or_else(|| short(v)),
        None => Err("missing".to_owned()),
    };
    let found = found.map_err(|found| ReadError::NotARun {
        path: path(),
        found,
    })?;
    if found > u64::from(VERSION) {
        let by = value
            .get("harness")
            .and_then(|by| by.as_str())
            .unwrap_or("an unknown version");
        return Err(ReadError::Newer {
            path: path(),
            found,
            by: format!("harness {by}"),
        });
    }
    drop(value);
    // Then from the text again: only so do errors carry their line and column.
    serde_json::from_slice(text).map_err(|source| ReadError::Broken {
        path: path(),
        found,
        source,
    })
}

/// A value for a message, cut short.
fn short(value: &serde_json::Value) -> String {
    super::text::elide_middle(&value.to_string(), 40)
}

/// The JSON schema (draft-07) of `run.json`, pretty-printed with a line feed at its end.
#[must_use]
pub fn schema() -> String {
    let schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<Run>();
    let mut schema = schema.to_value();
    // Maps lose what their keys may be.
    if let Some(verdicts) = schema.pointer_mut("/definitions/Totals/properties/verdicts") {
        verdicts["propertyNames"] = serde_json::json!({"$ref": "#/definitions/Verdict"});
    }
    format!("{schema:#}\n")
}

fn render(run: &Run, out: &mut dyn Write, _: &Options) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, run)?;
    out.write_all(b"\n")
}

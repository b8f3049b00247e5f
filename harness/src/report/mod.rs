//! Everything that shows results: one serialised [`Run`] in, one renderer a file.
//!
//! A new format is one file with a `pub const FORMAT: Format` and one line in the registry below.

use std::io::{self, Write};

use crate::run::Run;

mod ctrf;
mod diagram;
mod github;
mod json;
mod junit;
mod live;
mod markdown;
mod names;
mod octets;
mod options;
mod standing;
mod tap;
mod terminal;
mod text;
mod words;

pub use diagram::render as render_diagram;
pub use json::{ReadError, read, schema};
pub use live::{Live, LiveOptions};
pub use options::Options;
pub use standing::Standing;

/// One way to show a finished run.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name on the command line; also the name of its file in this folder.
    pub name: &'static str,
    /// The extension of its files, without the dot.
    pub extension: &'static str,
    /// What it is for, in one sentence.
    pub about: &'static str,
    /// Writes it.
    pub render: fn(&Run, &mut dyn Write, &Options) -> io::Result<()>,
}

/// All formats, by name.
#[must_use]
pub fn registry() -> &'static [Format] {
    &[
        ctrf::FORMAT,
        github::FORMAT,
        json::FORMAT,
        junit::FORMAT,
        markdown::FORMAT,
        tap::FORMAT,
        terminal::FORMAT,
    ]
}

/// The format of a name, if there is one.
#[must_use]
pub fn find(name: &str) -> Option<&'static Format> {
    registry().iter().find(|format| format.name == name)
}

//! A line of text whose parts know what they are, so that colour is decided in one place.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::wrap::width;

/// What a part of a line is; each role has one style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Ordinary text.
    Plain,
    /// What may be overlooked.
    Dim,
    /// Headings and ids.
    Bold,
    /// What holds.
    Good,
    /// What does not hold.
    Bad,
    /// What deserves a look.
    Doubtful,
    /// What can be copied: commands and places.
    Copy,
}

impl Role {
    fn style(self) -> Style {
        let style = Style::new();
        match self {
            Self::Plain => style,
            Self::Dim => style.dimmed(),
            Self::Bold => style.bold(),
            Self::Good => style.fg_color(Some(AnsiColor::Green.into())),
            Self::Bad => style.bold().fg_color(Some(AnsiColor::Red.into())),
            Self::Doubtful => style.fg_color(Some(AnsiColor::Yellow.into())),
            Self::Copy => style.fg_color(Some(AnsiColor::Cyan.into())),
        }
    }
}

/// One line, without its line feed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    parts: Vec<(Role, String)>,
}

impl Line {
    /// An empty line.
    pub(crate) fn blank() -> Self {
        Self::default()
    }

    /// A line of one part.
    pub(crate) fn of(role: Role, text: impl Into<String>) -> Self {
        Self::blank().and(role, text)
    }

    /// The line with a part more.
    pub(crate) fn and(mut self, role: Role, text: impl Into<String>) -> Self {
        self.push(role, text);
        self
    }

    /// Adds a part.
    pub(crate) fn push(&mut self, role: Role, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push((role, text));
        }
    }

    /// Adds another line's parts.
    pub(crate) fn append(&mut self, other: Self) {
        self.parts.extend(other.parts);
    }

    /// Adds spaces until the line is `column` columns wide; nothing where it is wider.
    pub(crate) fn pad_to(&mut self, column: usize) {
        let now = self.width();
        if now < column {
            self.push(Role::Plain, " ".repeat(column - now));
        }
    }

    /// The line moved `by` columns to the right; an empty line stays empty.
    pub(crate) fn indented(mut self, by: usize) -> Self {
        if !self.parts.is_empty() && by > 0 {
            self.parts.insert(0, (Role::Plain, " ".repeat(by)));
        }
        self
    }

    /// Columns that it takes.
    pub(crate) fn width(&self) -> usize {
        self.parts.iter().map(|(_, text)| width(text)).sum()
    }

    /// The text alone, without trailing spaces.
    pub(crate) fn plain(&self) -> String {
        let mut out: String = self.parts.iter().map(|(_, text)| text.as_str()).collect();
        out.truncate(out.trim_end_matches(' ').len());
        out
    }

    /// Writes the line with its line feed; with escape sequences only where `colour` is true.
    pub(crate) fn write(&self, out: &mut dyn Write, colour: bool) -> io::Result<()> {
        if !colour {
            return writeln!(out, "{}", self.plain());
        }
        for (role, text) in &self.parts {
            let style = role.style();
            write!(out, "{style}{text}{style:#}")?;
        }
        writeln!(out)
    }
}

/// Writes lines in order.
pub(crate) fn write_lines(lines: &[Line], out: &mut dyn Write, colour: bool) -> io::Result<()> {
    lines.iter().try_for_each(|line| line.write(out, colour))
}

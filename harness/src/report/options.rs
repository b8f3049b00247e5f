//! How text is to look: what the place where it appears can show.

use std::env;

use anstream::{AutoStream, ColorChoice, stream::RawStream};

/// What a renderer may use. Formats that machines read ignore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// True to write colour escape sequences.
    pub colour: bool,
    /// Columns. Fewer than [`Options::MIN_WIDTH`] count as that many.
    pub width: usize,
    /// True to draw with box characters and marks; false for ASCII.
    pub unicode: bool,
}

impl Default for Options {
    /// No colour, 100 columns, Unicode: what a file gets.
    fn default() -> Self {
        Self {
            colour: false,
            width: 100,
            unicode: true,
        }
    }
}

impl Options {
    /// The narrowest text that is laid out.
    pub const MIN_WIDTH: usize = 40;
    /// The widest: longer lines are hard to read. Diagrams keep to it too.
    pub const MAX_WIDTH: usize = 140;

    /// What fits a stream: colour as `NO_COLOR`, `CLICOLOR_FORCE` and the terminal say, Unicode
    /// where the locale is UTF-8 or unset, and `columns` where the caller knows them, else
    /// `COLUMNS`, else 100.
    #[must_use]
    pub fn detect<S: RawStream>(stream: &S, columns: Option<usize>) -> Self {
        let columns = columns.or_else(|| env::var("COLUMNS").ok()?.parse().ok());
        Self {
            colour: AutoStream::choice(stream) != ColorChoice::Never,
            width: columns
                .unwrap_or(Self::default().width)
                .clamp(Self::MIN_WIDTH, Self::MAX_WIDTH),
            unicode: utf8(|name| env::var(name).ok()),
        }
    }

    /// The width that is laid out.
    pub(crate) fn columns(&self) -> usize {
        self.width.clamp(Self::MIN_WIDTH, Self::MAX_WIDTH)
    }

    /// The first text where Unicode may be used, else the second.
    pub(crate) fn pick(&self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }
}

/// True where the locale's first set variable names UTF-8, or none is set (POSIX, Environment
/// Variables: `LC_ALL` over `LC_CTYPE` over `LANG`).
fn utf8(get: impl Fn(&str) -> Option<String>) -> bool {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| get(name).filter(|value| !value.is_empty()))
        .is_none_or(|value| {
            let value = value.to_ascii_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        })
}

#[cfg(test)]
mod tests {
    use super::utf8;

    #[test]
    fn the_first_set_locale_variable_decides() {
        let get = |pairs: &'static [(&str, &str)]| {
            utf8(move |name| {
                pairs
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(get(&[]));
        assert!(get(&[("LANG", "de_DE.UTF-8")]));
        assert!(!get(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]));
        assert!(get(&[
            ("LC_ALL", ""),
            ("LC_CTYPE", "C.utf8"),
            ("LANG", "C")
        ]));
    }
}

//! The text of one file: where each byte of it stands, for a person.

use std::path::Path;
use std::sync::Arc;

/// A range of bytes in a file's text, the end excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `usize` offsets. Files are far smaller than 4 GiB, see [`MAX_FILE_BYTES`].
    pub fn new(start: usize, end: usize) -> Self {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            start: narrow(start),
            end: narrow(end.max(start)),
        }
    }

    /// The span as a range of offsets.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The largest file that is read at all, in bytes. The largest shipped scenario is a thousandth
/// of it; a limit keeps a file that was named by mistake from filling the memory.
pub const MAX_FILE_BYTES: usize = 4 << 20;

/// The text of one file, without a byte order mark.
#[derive(Debug)]
pub struct Source {
    file: Arc<Path>,
    text: String,
    /// The offset of each line's first byte.
    lines: Vec<u32>,
}

impl Source {
    /// The text of `file`. A byte order mark in front is dropped: it belongs to the encoding.
    pub fn new(file: Arc<Path>, text: String) -> Self {
        let text = match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        };
        let starts = text
            .bytes()
            .enumerate()
            .filter(|&(_, byte)| byte == b'\n')
            .map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
        let lines = std::iter::once(0).chain(starts).collect();
        Self { file, text, lines }
    }

    /// The file, as the user named it.
    pub fn file(&self) -> &Arc<Path> {
        &self.file
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty where it does not lie on character borders.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn position(&self, at: u32) -> (u32, u32) {
        let at = at.min(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let line = self.lines.partition_point(|&start| start <= at).max(1);
        let start = self.lines[line - 1] as usize;
        let column = self
            .text
            .get(start..at as usize)
            .map_or(0, |s| s.chars().count());
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        (narrow(line), narrow(column + 1))
    }

    /// The span cut at the end of its first line, so that an excerpt stays one line; at least one
    /// character wide where the text permits it.
    pub fn first_line(&self, span: Span) -> Span {
        let len = self.text.len();
        let mut start = (span.start as usize).min(len);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let rest = &self.text[start..];
        let line_end = rest.find(['\n', '\r']).map_or(len, |n| start + n);
        let mut end = (span.end as usize).clamp(start, line_end);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let trimmed = self.text[start..end].trim_end();
        end = start + trimmed.len();
        if end == start {
            end = self.text[start..line_end]
                .chars()
                .next()
                .map_or(start, |c| start + c.len_utf8());
        }
        Span::new(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new(Arc::from(Path::new("a.yaml")), text.to_owned())
    }

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let s = source("ab\nçd\r\n\nx");
        assert_eq!(s.position(0), (1, 1));
        assert_eq!(s.position(3), (2, 1));
        assert_eq!(s.position(5), (2, 2), "ç has two bytes and one column");
        assert_eq!(s.position(8), (3, 1));
        assert_eq!(s.position(9), (4, 1));
        assert_eq!(s.position(999), (4, 2), "past the end is the end");
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let s = source("\u{feff}key: 1");
        assert_eq!(s.text(), "key: 1");
    }

    #[test]
    fn an_excerpt_is_one_line_and_not_empty() {
        let s = source("a: [1,\n 2]\nb:");
        assert_eq!(s.first_line(Span::new(3, 10)), Span::new(3, 6));
        assert_eq!(s.first_line(Span::new(0, 0)), Span::new(0, 1));
        assert_eq!(s.first_line(Span::new(13, 13)), Span::new(13, 13));
    }
}

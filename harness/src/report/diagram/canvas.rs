//! One line of characters that are placed by column.

use unicode_width::UnicodeWidthChar;

use crate::report::text::width;

/// The second column of a wide character: holds nothing, and is not free.
const CONTINUED: char = '\0';

/// A line of a fixed number of columns, blank at first.
pub(crate) struct Canvas {
    cells: Vec<char>,
}

impl Canvas {
    /// A blank line.
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            cells: vec![' '; columns],
        }
    }

    /// The character at a column; blank outside.
    pub(crate) fn at(&self, column: usize) -> char {
        self.cells.get(column).copied().unwrap_or(' ')
    }

    /// Places one narrow character; nothing outside of the line. Half of a wide character that
    /// stood there becomes blank: else the line would change its width.
    pub(crate) fn put(&mut self, column: usize, c: char) {
        let Some(old) = self.cells.get(column).copied() else {
            return;
        };
        if old == CONTINUED && column > 0 {
            self.cells[column - 1] = ' ';
        }
        self.cells[column] = c;
        if let Some(next) = self
            .cells
            .get_mut(column + 1)
            .filter(|next| **next == CONTINUED)
        {
            *next = ' ';
        }
    }

    /// Places one narrow character in every column of `from..to`.
    pub(crate) fn fill(&mut self, from: usize, to: usize, c: char) {
        (from..to.min(self.cells.len())).for_each(|column| self.put(column, c));
    }

    /// Places a text; false, and nothing placed, where it does not fit.
    pub(crate) fn text(&mut self, column: usize, text: &str) -> bool {
        if column + width(text) > self.cells.len() {
            return false;
        }
        let mut at = column;
        for c in text.chars() {
            let columns = c.width().unwrap_or(0);
            if columns == 0 {
                continue;
            }
            (0..columns).for_each(|i| self.put(at + i, ' '));
            self.cells[at] = c;
            self.cells[at + 1..at + columns].fill(CONTINUED);
            at += columns;
        }
        true
    }

    /// Places a text where it and a blank on each side are free.
    pub(crate) fn text_if_free(&mut self, column: usize, text: &str) -> bool {
        let end = column + width(text);
        let free = (column.saturating_sub(1)..=end).all(|at| self.at(at) == ' ');
        free && self.text(column, text)
    }

    /// The line, without trailing blanks.
    pub(crate) fn finish(self) -> String {
        let line: String = self.cells.into_iter().filter(|c| *c != CONTINUED).collect();
        line.trim_end_matches(' ').to_owned()
    }
}

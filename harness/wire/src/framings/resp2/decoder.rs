//! The decoder of RESP2 values: value by value, with the arrays that are open on a stack.

use std::ops::Range;

use super::number::{LINE, Length, integer, length};
use crate::draft::Draft;
use crate::walk::Walk;
use crate::{FrameError, FrameErrorKind, Limits, Sender, effort};

use FrameErrorKind::{BadConst, BadLength, Malformed, TooLarge};

pub(super) const NAMES: [&str; 4] = ["length", "line", "data", "end"];
const LENGTH: usize = 0;
const TEXT: usize = 1;
const DATA: usize = 2;
const END: usize = 3;

/// The fewest bytes of a value: a type and CR LF.
const LEAST: usize = 3;

#[derive(Debug)]
pub(super) struct Resp2Decoder {
    limits: Limits,
    sender: Option<Sender>,
    draft: Draft,
    /// How many elements each open array still lacks, the innermost last.
    open: Vec<usize>,
    /// How many elements they lack together.
    pending: usize,
    /// Where the value begins that is read now.
    at: usize,
    /// How far its line end was sought.
    scanned: usize,
    /// Where the content of a bulk string lies, once its length is known.
    data: Option<Range<usize>>,
    least: usize,
}

impl Resp2Decoder {
    pub(super) fn new(limits: Limits, sender: Option<Sender>) -> Self {
        Self {
            limits,
            sender,
            draft: Draft::new(&NAMES, NAMES.len()),
            open: Vec::new(),
            pending: 0,
            at: 0,
            scanned: 0,
            data: None,
            least: 0,
        }
    }

    /// Counts a value that is complete; true if nothing is open any more.
    fn closes(&mut self) -> bool {
        while let Some(left) = self.open.last_mut() {
            *left -= 1;
            self.pending -= 1;
            if *left > 0 {
                return false;
            }
            self.open.pop();
        }
        true
    }

    fn wait(&mut self, least: usize) {
        self.least = least.min(self.limits.frame);
    }

    fn go_on(&mut self, at: usize) {
        (self.at, self.scanned) = (at, at);
    }

    /// Begins a value. `Some(true)` where it is complete, `Some(false)` where more of it follows,
    /// `None` where bytes lack.
    fn value(&mut self, bytes: &[u8]) -> Result<Option<bool>, FrameError> {
        let outermost = self.open.is_empty();
        let Some(&kind) = bytes.get(self.at) else {
            // The shortest inline command is an LF.
            let inline = outermost && self.sender != Some(Sender::Server);
            let least = if inline { 1 } else { LEAST };
            self.wait((self.at + least).max(bytes.len() + 1));
            return Ok(None);
        };
        match kind {
            b'*' if outermost || self.sender != Some(Sender::Client) => self.array(bytes),
            b'$' if !outermost || self.sender != Some(Sender::Client) => self.bulk(bytes),
            b'+' | b'-' | b':' if self.sender != Some(Sender::Client) => self.simple(bytes, kind),
            _ if outermost && self.sender != Some(Sender::Server) => self.inline(bytes),
            _ => {
                let what = match self.sender {
                    Some(Sender::Client) => "the elements of a command are bulk strings, `$`",
                    _ => "a value begins with one of `+`, `-`, `:`, `$`, `*`",
                };
                Err(FrameError::new(Malformed, NAMES[LENGTH], self.at, what))
            }
        }
    }

    /// The line of the current value without its end, of at most `most` bytes with it.
    fn line(
        &mut self,
        bytes: &[u8],
        most: usize,
        field: usize,
    ) -> Result<Option<Range<usize>>, FrameError> {
        let bound = self
            .at
            .saturating_add(most)
            .min(self.limits.frame)
            .max(self.at);
        let seen = &bytes[..bytes.len().min(bound)];
        let from = self.scanned.clamp(self.at, seen.len());
        let found = memchr::memchr2(b'\r', b'\n', &seen[from..]);
        effort::add(found.unwrap_or(seen.len() - from));
        let end = found.map_or(seen.len(), |found| from + found);
        match (seen.get(end), seen.get(end + 1)) {
            (Some(b'\r'), Some(b'\n')) => return Ok(Some(self.at..end)),
            (Some(b'\r'), None) | (None, _) if seen.len() < bound => {
                self.scanned = end;
                self.wait(bytes.len() + 1);
                return Ok(None);
            }
            (Some(b'\r'), None) | (None, _) => {
                let what = format!("no CR LF up to byte {bound}, the limit of the line or frame");
                return Err(FrameError::new(TooLarge, NAMES[field], bound, what));
            }
            _ => {}
        }
        let what = "a line ends in CR LF, and has neither of them within";
        Err(FrameError::new(BadConst, NAMES[field], end, what))
    }

    fn length(&mut self, bytes: &[u8]) -> Result<Option<(Length, Range<usize>)>, FrameError> {
        let Some(line) = self.line(bytes, LINE, LENGTH)? else {
            return Ok(None);
        };
        let text = &bytes[line.start + 1..line.end];
        match length(text) {
            Some(Length::Null) if self.sender == Some(Sender::Client) => {
                let what = "the length is -1: a command has no null in it";
                Err(FrameError::new(
                    BadLength,
                    NAMES[LENGTH],
                    line.start + 1,
                    what,
                ))
            }
            Some(length) => {
                self.draft.push(LENGTH, line.start..line.end + 2)?;
                self.go_on(line.end + 2);
                Ok(Some((length, line)))
            }
            None => {
                let negative = text.first() == Some(&b'-');
                let kind = if negative { BadLength } else { Malformed };
                let text = text.escape_ascii();
                let what = format!("`{text}` is no length: it has digits only, or is -1 for null");
                Err(FrameError::new(kind, NAMES[LENGTH], line.start + 1, what))
            }
        }
    }

    fn array(&mut self, bytes: &[u8]) -> Result<Option<bool>, FrameError> {
        let Some((length, line)) = self.length(bytes)? else {
            return Ok(None);
        };
        let count = match length {
            Length::Null | Length::Of(0) => return Ok(Some(true)),
            Length::Of(count) => count,
        };
        let error = |what| FrameError::new(TooLarge, NAMES[LENGTH], line.start, what);
        // The array itself is one of those that are pending.
        let pending = self.pending.saturating_add(count);
        let behind = pending.saturating_sub(self.open.len());
        let total = behind.saturating_mul(LEAST).saturating_add(self.at);
        if total > self.limits.frame {
            let limit = self.limits.frame;
            let what = format!("an array of {count} makes a frame of {total} bytes, limit {limit}");
            return Err(error(what));
        }
        if self.open.len() >= self.limits.depth {
            let what = format!("more than {} arrays lie in each other", self.limits.depth);
            return Err(error(what));
        }
        self.open.push(count);
        self.pending = pending;
        Ok(Some(false))
    }

    fn bulk(&mut self, bytes: &[u8]) -> Result<Option<bool>, FrameError> {
        let Some((length, line)) = self.length(bytes)? else {
            return Ok(None);
        };
        let Length::Of(size) = length else {
            return Ok(Some(true));
        };
        let total = self.at.saturating_add(size).saturating_add(2);
        if total > self.limits.frame {
            let limit = self.limits.frame;
            let what = format!("a string of {size} makes a frame of {total} bytes, limit {limit}");
            return Err(FrameError::new(TooLarge, NAMES[LENGTH], line.start, what));
        }
        self.data = Some(self.at..self.at + size);
        Ok(Some(false))
    }

    fn bulk_ends(&mut self, bytes: &[u8], data: Range<usize>) -> Result<Option<bool>, FrameError> {
        let given = bytes
            .get(data.end..bytes.len().min(data.end + 2))
            .unwrap_or_default();
        if let Some(at) = given.iter().zip(b"\r\n").position(|(a, b)| a != b) {
            let what = "the content of a bulk string is followed by CR LF";
            return Err(FrameError::new(BadConst, NAMES[END], data.end + at, what));
        }
        if given.len() < 2 {
            self.wait(data.end + 2);
            return Ok(None);
        }
        self.draft.push(DATA, data.clone())?;
        self.draft.push(END, data.end..data.end + 2)?;
        self.go_on(data.end + 2);
        self.data = None;
        Ok(Some(true))
    }

    fn simple(&mut self, bytes: &[u8], kind: u8) -> Result<Option<bool>, FrameError> {
        let most = if kind == b':' {
            LINE
        } else {
            self.limits.header
        };
        let Some(line) = self.line(bytes, most, TEXT)? else {
            return Ok(None);
        };
        let text = &bytes[line.start + 1..line.end];
        if kind == b':' && integer(text).is_none() {
            let text = text.escape_ascii();
            let what = format!("`{text}` is no signed 64-bit integer in decimal digits");
            return Err(FrameError::new(
                Malformed,
                NAMES[TEXT],
                line.start + 1,
                what,
            ));
        }
        self.text(line.clone(), line.end + 2)
    }

    /// An inline command: a line, which may end in LF alone.
    fn inline(&mut self, bytes: &[u8]) -> Result<Option<bool>, FrameError> {
        let bound = self.limits.header.min(self.limits.frame);
        let seen = &bytes[..bytes.len().min(bound)];
        let from = self.scanned.min(seen.len());
        let found = memchr::memchr(b'\n', &seen[from..]);
        effort::add(found.unwrap_or(seen.len() - from));
        let Some(found) = found else {
            self.scanned = seen.len();
            if seen.len() < bound {
                self.wait(bytes.len() + 1);
                return Ok(None);
            }
            let what = format!("an inline command has no end up to byte {bound}, its limit");
            return Err(FrameError::new(TooLarge, NAMES[TEXT], bound, what));
        };
        let lf = from + found;
        let end = if seen[..lf].ends_with(b"\r") {
            lf - 1
        } else {
            lf
        };
        self.text(0..end, lf + 1)
    }

    /// Takes a line that is a whole value; `next` is the offset behind its end.
    fn text(&mut self, line: Range<usize>, next: usize) -> Result<Option<bool>, FrameError> {
        let end = line.end;
        self.draft.push(TEXT, line)?;
        self.draft.push(END, end..next)?;
        self.go_on(next);
        Ok(Some(true))
    }
}

impl Walk for Resp2Decoder {
    fn walk(&mut self, bytes: &[u8], _ended: bool) -> Result<bool, FrameError> {
        loop {
            effort::add(1);
            let complete = match self.data.clone() {
                Some(data) => self.bulk_ends(bytes, data)?,
                None => self.value(bytes)?,
            };
            match complete {
                None => return Ok(false),
                Some(true) if self.closes() => return Ok(true),
                Some(_) => {}
            }
        }
    }

    fn passed(&self) -> usize {
        self.at
    }

    fn least(&self) -> usize {
        self.least
    }

    fn part(&self, bytes: &[u8]) -> &'static str {
        match (&self.data, bytes.get(self.at)) {
            (Some(data), _) if bytes.len() >= data.end => NAMES[END],
            (Some(_), _) => NAMES[DATA],
            (None, Some(b'*' | b'$') | None) => NAMES[LENGTH],
            (None, Some(_)) => NAMES[TEXT],
        }
    }

    fn draft(&mut self) -> &mut Draft {
        &mut self.draft
    }

    fn restart(&mut self) {
        self.open.clear();
        self.data = None;
        (self.pending, self.at, self.scanned, self.least) = (0, 0, 0, 0);
    }
}

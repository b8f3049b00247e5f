//! The decoder of HTTP/1.1 messages: line by line, and over the body.

use std::ops::Range;

use super::expected::Expected;
use super::head::{BodyEnd, Head, VERSION};
use super::syntax::{is_blank, not_token, not_value, trim};
use crate::draft::Draft;
use crate::walk::Walk;
use crate::{Context, FrameError, FrameErrorKind, Limits, Sender, effort};

use FrameErrorKind::{BadConst, Malformed, TooLarge};

/// The most names of header fields in one message, so that a name is found among them in bounded
/// time; servers commonly take 100 fields.
const FIELDS: usize = 256;

pub(super) const NAMES: [&str; 9] = [
    "method",
    "start_line",
    "target",
    "status",
    "reason",
    "headers",
    "chunks",
    "body",
    "trailers",
];
const METHOD: usize = 0;
const START_LINE: usize = 1;
const TARGET: usize = 2;
const STATUS: usize = 3;
const REASON: usize = 4;
const HEADERS: usize = 5;
pub(super) const CHUNKS: usize = 6;
pub(super) const BODY: usize = 7;
const TRAILERS: usize = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Step {
    #[default]
    Start,
    Headers,
    /// A body that ends at this offset.
    Body(usize),
    ChunkSize,
    /// The data of a chunk, which ends at this offset.
    ChunkData(usize),
    Trailers,
    /// A body that the connection ends.
    Rest,
}

#[derive(Debug)]
pub(super) struct Http1Decoder {
    pub(super) limits: Limits,
    expected: Expected,
    pub(super) draft: Draft,
    head: Head,
    pub(super) step: Step,
    /// Where the part begins that is read now.
    pub(super) at: usize,
    /// How far the end of its line was sought.
    scanned: usize,
    /// Where the section begins that the header limit bounds: the head, or the trailers.
    pub(super) section: usize,
    /// The frame has at least this many bytes.
    least: usize,
}

impl Http1Decoder {
    pub(super) fn new(limits: Limits, context: &Context<'_>) -> Self {
        Self {
            limits,
            expected: Expected::new(context),
            draft: Draft::new(&NAMES, CHUNKS),
            head: Head::default(),
            step: Step::Start,
            at: 0,
            scanned: 0,
            section: 0,
            least: 0,
        }
    }

    /// Fewer than `least` bytes do not move the frame on.
    pub(super) fn wait(&mut self, least: usize) -> bool {
        self.least = least.min(self.limits.frame);
        false
    }

    pub(super) fn go_on(&mut self, at: usize) {
        (self.at, self.scanned) = (at, at);
    }

    /// The next line without its end, if it is there whole.
    pub(super) fn line(&mut self, bytes: &[u8]) -> Result<Option<Range<usize>>, FrameError> {
        let bound = self.section.saturating_add(self.limits.header);
        let bound = bound.min(self.limits.frame).max(self.at);
        let seen = bytes.len().min(bound);
        let from = self.scanned.clamp(self.at, seen.max(self.at));
        let rest = bytes.get(from..seen).unwrap_or_default();
        let found = memchr::memchr(b'\n', rest);
        effort::add(found.unwrap_or(rest.len()));
        let Some(found) = found else {
            self.scanned = seen.max(self.at);
            if bytes.len() < bound {
                self.wait(bytes.len() + 1);
                return Ok(None);
            }
            let what = format!("no line end up to byte {bound}, the limit of the header or frame");
            return Err(FrameError::new(TooLarge, self.part_name(), bound, what));
        };
        let end = from + found;
        if end == self.at || bytes.get(end - 1) != Some(&b'\r') {
            let what = "a line ends in CR LF, and this LF stands alone";
            return Err(FrameError::new(BadConst, self.part_name(), end, what));
        }
        Ok(Some(self.at..end - 1))
    }

    fn start(&mut self, bytes: &[u8]) -> Result<bool, FrameError> {
        let given = &bytes[..bytes.len().min(VERSION.len())];
        let differs = given.iter().zip(VERSION).position(|(a, b)| a != b);
        if let (Some(at), Some(Sender::Server)) = (differs, self.expected.sender) {
            let what = "a response begins with `HTTP/`";
            return Err(FrameError::new(BadConst, "start_line", at, what));
        }
        let Some(line) = self.line(bytes)? else {
            return Ok(false);
        };
        let text = &bytes[line.clone()];
        let at = line.start;
        let response = differs.is_none() && self.expected.sender != Some(Sender::Client);
        if response {
            let words = self.head.status_line(text, at)?;
            let (status, reason) = (at + 9, at + 13);
            self.draft.push(START_LINE, at..status)?;
            self.draft.push(STATUS, status..status + words.first)?;
            self.draft.push(START_LINE, status + words.first..reason)?;
            self.draft.push(REASON, reason..reason + words.second)?;
            self.draft.push(START_LINE, line.end..line.end + 2)?;
        } else {
            let words = self.head.request_line(text, at)?;
            let target = at + words.first + 1;
            self.draft.push(METHOD, at..at + words.first)?;
            self.draft.push(START_LINE, at + words.first..target)?;
            self.draft.push(TARGET, target..target + words.second)?;
            self.draft
                .push(START_LINE, target + words.second..line.end + 2)?;
        }
        self.go_on(line.end + 2);
        self.step = Step::Headers;
        Ok(true)
    }

    /// Reads `name: value`, and answers the name's length and where the value lies.
    fn field_line(
        &self,
        bytes: &[u8],
        line: &Range<usize>,
        part: &str,
    ) -> Result<(usize, Range<usize>), FrameError> {
        let text = &bytes[line.clone()];
        let error = |at, what: &str| FrameError::new(Malformed, part, line.start + at, what);
        if text.first().is_some_and(|&byte| is_blank(byte)) {
            let what =
                "the line begins with a blank: folded lines are refused (RFC 9112 section 5.2)";
            return Err(error(0, what));
        }
        effort::add(text.len());
        let Some(colon) = memchr::memchr(b':', text) else {
            return Err(error(text.len(), "the line has no colon"));
        };
        if let Some(bad) = not_token(&text[..colon]).or((colon == 0).then_some(0)) {
            let what =
                "a field's name is a token of at least 1 character, the colon right behind it";
            return Err(error(bad, what));
        }
        let (before, value) = trim(&text[colon + 1..]);
        let start = colon + 1 + before;
        if let Some(bad) = not_value(value) {
            return Err(error(
                start + bad,
                "a field's value has no control characters",
            ));
        }
        let start = line.start + start;
        Ok((colon, start..start + value.len()))
    }

    fn header(&mut self, bytes: &[u8], line: Range<usize>) -> Result<bool, FrameError> {
        let (name, value) = self.field_line(bytes, &line, "headers")?;
        let name = &bytes[line.start..line.start + name];
        if self.draft.named() == FIELDS {
            let what =
                format!("the message has header fields of more than {FIELDS} names, the limit");
            return Err(FrameError::new(TooLarge, "headers", line.start, what));
        }
        let content = &bytes[value.clone()];
        self.head
            .field(name, content, value.start, &self.expected)?;
        let own = self.draft.push_named(name, value.clone())?;
        let syntax = if own { value.start } else { line.end };
        self.draft.push(HEADERS, line.start..syntax)?;
        self.draft
            .push(HEADERS, value.end.max(syntax)..line.end + 2)?;
        self.go_on(line.end + 2);
        Ok(true)
    }

    /// Decides how the body ends; true where there is none.
    fn head_ends(&mut self) -> Result<bool, FrameError> {
        let at = self.at;
        self.step = match self.head.body(at, self.limits.frame, &self.expected)? {
            BodyEnd::None => return self.body_ends(at),
            BodyEnd::Length(length) => Step::Body(at + length),
            BodyEnd::Chunked => Step::ChunkSize,
            BodyEnd::Close => Step::Rest,
        };
        self.section = at;
        Ok(false)
    }

    fn body_ends(&mut self, end: usize) -> Result<bool, FrameError> {
        self.draft.push(BODY, self.at..end)?;
        self.at = end;
        Ok(true)
    }

    /// The name of the part that is read now.
    fn part_name(&self) -> &'static str {
        match self.step {
            Step::Start => NAMES[START_LINE],
            Step::Headers => NAMES[HEADERS],
            Step::Body(_) | Step::ChunkData(_) | Step::Rest => NAMES[BODY],
            Step::ChunkSize => NAMES[CHUNKS],
            Step::Trailers => NAMES[TRAILERS],
        }
    }
}

impl Walk for Http1Decoder {
    fn walk(&mut self, bytes: &[u8], ended: bool) -> Result<bool, FrameError> {
        loop {
            effort::add(1);
            let more = match self.step {
                Step::Start => self.start(bytes)?,
                Step::Headers => match self.line(bytes)? {
                    None => false,
                    Some(line) if line.is_empty() => {
                        self.draft.push(HEADERS, self.at..line.end + 2)?;
                        self.go_on(line.end + 2);
                        if self.head_ends()? {
                            return Ok(true);
                        }
                        true
                    }
                    Some(line) => self.header(bytes, line)?,
                },
                Step::Body(end) if bytes.len() >= end => return self.body_ends(end),
                Step::Body(end) => self.wait(end),
                Step::ChunkSize => self.chunk_begins(bytes)?,
                Step::ChunkData(end) => self.chunk_ends(bytes, end)?,
                Step::Trailers => match self.line(bytes)? {
                    None => false,
                    Some(line) if line.is_empty() => {
                        self.draft.push(CHUNKS, line.end..line.end + 2)?;
                        self.go_on(line.end + 2);
                        return Ok(true);
                    }
                    Some(line) => {
                        self.field_line(bytes, &line, "trailers")?;
                        self.draft.push(TRAILERS, line.start..line.end + 2)?;
                        self.go_on(line.end + 2);
                        true
                    }
                },
                Step::Rest if bytes.len() > self.limits.frame => {
                    let limit = self.limits.frame;
                    let what = format!("the frame has more than {limit} bytes, the limit");
                    return Err(FrameError::new(TooLarge, "body", limit, what));
                }
                Step::Rest if ended => return self.body_ends(bytes.len()),
                Step::Rest => self.wait(bytes.len() + 1),
            };
            if !more {
                return Ok(false);
            }
        }
    }

    fn passed(&self) -> usize {
        self.at
    }

    fn least(&self) -> usize {
        self.least
    }

    fn part(&self, _: &[u8]) -> &'static str {
        self.part_name()
    }

    fn draft(&mut self) -> &mut Draft {
        &mut self.draft
    }

    fn restart(&mut self) {
        self.head = Head::default();
        self.step = Step::Start;
        (self.at, self.scanned, self.section, self.least) = (0, 0, 0, 0);
    }
}

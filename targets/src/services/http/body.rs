//! The body of an HTTP/1.1 request, collected as it comes: sized, or in chunks.

use super::Bug;
use super::request::{BODY_MAX, Framing, Refused, bad, too_large};
use crate::inbox::Inbox;

/// Longest line of a chunk's size, and most bytes of a trailer section.
const LINES_MAX: usize = 8 << 10;

/// What comes next (RFC 9112 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// So many bytes, and nothing behind them.
    Rest(usize),
    Size,
    Data(usize),
    /// The line end behind a chunk's data.
    DataEnd,
    Trailer,
}

pub(super) struct Body {
    bug: Option<Bug>,
    next: Next,
    trailer: usize,
    pub(super) bytes: Vec<u8>,
}

impl Body {
    pub(super) fn new(framing: Framing, bug: Option<Bug>) -> Self {
        Self {
            bug,
            next: match framing {
                Framing::Sized(size) => Next::Rest(size),
                Framing::Chunked => Next::Size,
            },
            trailer: 0,
            bytes: Vec::new(),
        }
    }

    /// True where nothing of it is to come.
    pub(super) fn is_empty(&self) -> bool {
        self.next == Next::Rest(0)
    }

    /// Takes what has come. True once it is complete.
    ///
    /// # Errors
    /// A chunk breaks the grammar, or the body is too large.
    pub(super) fn take(&mut self, inbox: &mut Inbox) -> Result<bool, Refused> {
        loop {
            match self.next {
                Next::Rest(left) => {
                    let left = self.data(left, inbox);
                    self.next = Next::Rest(left);
                    return Ok(left == 0 || self.bug == Some(Bug::BodyWithHead));
                }
                Next::Size => match self.line(inbox)? {
                    Some(line) => self.next = self.size(&line)?,
                    None => return Ok(false),
                },
                Next::Data(left) => {
                    let left = self.data(left, inbox);
                    self.next = if left == 0 {
                        Next::DataEnd
                    } else {
                        Next::Data(left)
                    };
                    if left > 0 {
                        return Ok(false);
                    }
                }
                Next::DataEnd => match inbox.take(2) {
                    None => return Ok(false),
                    Some(b"\r\n") => self.next = Next::Size,
                    Some(_) => return Err(bad("a chunk does not end with CRLF")),
                },
                Next::Trailer if self.bug == Some(Bug::TrailerLeft) => {
                    return Ok(inbox.take(2).is_some());
                }
                Next::Trailer => match self.line(inbox)? {
                    Some(line) if line.is_empty() => return Ok(true),
                    Some(line) => {
                        self.trailer += line.len();
                        if self.trailer > LINES_MAX {
                            return Err(bad("the trailer section is too long"));
                        }
                    }
                    None => return Ok(false),
                },
            }
        }
    }

    /// Takes as much as is there, and tells how much is still to come.
    fn data(&mut self, left: usize, inbox: &mut Inbox) -> usize {
        let size = left.min(inbox.len());
        self.bytes
            .extend_from_slice(inbox.take(size).unwrap_or_default());
        left - size
    }

    /// A line without its CRLF, once it is there.
    fn line(&self, inbox: &mut Inbox) -> Result<Option<Vec<u8>>, Refused> {
        let mut line = match inbox.take_line().map(<[u8]>::to_vec) {
            Some(line) => line,
            None if self.bug == Some(Bug::ChunkSizeWhole) && inbox.len() > 0 => {
                return Ok(Some(inbox.take_all()));
            }
            None if inbox.len() > LINES_MAX => return Err(bad("a line is too long")),
            None => return Ok(None),
        };
        match line.pop() {
            Some(b'\r') => Ok(Some(line)),
            // A bare LF here is how one request is smuggled inside another.
            _ => Err(bad("a line of the body does not end with CRLF")),
        }
    }

    fn size(&self, line: &[u8]) -> Result<Next, Refused> {
        let mut parts = line.splitn(2, |&b| b == b';');
        let digits = parts.next().unwrap_or_default().trim_ascii_end();
        if parts.next().is_some() && self.bug == Some(Bug::ExtensionRefused) {
            return Err(bad("a chunk has an extension"));
        }
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(bad("a chunk's size is not a hexadecimal number"));
        }
        let base = match self.bug {
            Some(Bug::DecimalSize) => 10,
            _ => 16,
        };
        let digits = String::from_utf8_lossy(digits);
        let size = usize::from_str_radix(&digits, base).map_err(|e| match e.kind() {
            std::num::IntErrorKind::PosOverflow => too_large(),
            _ => bad("a chunk's size is not a number"),
        })?;
        match size {
            0 => Ok(Next::Trailer),
            size if size > BODY_MAX - self.bytes.len() => Err(too_large()),
            size => Ok(Next::Data(size)),
        }
    }
}

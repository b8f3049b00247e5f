//! What the head of a message says about the message.

use super::expected::Expected;
use super::syntax::{members, not_target, not_token, trim};
use crate::{FrameError, FrameErrorKind};

/// What a status line begins with, and no request line does: a method has no slash.
pub(super) const VERSION: &[u8] = b"HTTP/";

use FrameErrorKind::{BadConst, BadDigest, BadLength, Malformed, TooLarge};

/// Where the body of a message ends (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyEnd {
    /// There is none.
    None,
    /// After so many bytes.
    Length(usize),
    /// With the last chunk.
    Chunked,
    /// With the connection.
    Close,
}

/// What the lines so far say.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) is_response: bool,
    status: u16,
    is_1_0: bool,
    hosts: u32,
    /// `Content-Length`, and where it stands.
    length: Option<(usize, usize)>,
    /// Where `Transfer-Encoding` stands, and whether `chunked` was the last coding.
    coding: Option<(usize, bool)>,
}

/// The parts of a start line, as lengths of the line's first and second word.
pub(super) struct Words {
    pub(super) first: usize,
    pub(super) second: usize,
}

impl Head {
    /// Reads a request line (RFC 9112 section 3), which begins at `at`.
    pub(super) fn request_line(&mut self, line: &[u8], at: usize) -> Result<Words, FrameError> {
        let wrong =
            |offset, what: &str| FrameError::new(Malformed, "start_line", at + offset, what);
        let Some(first) = memchr::memchr(b' ', line) else {
            return Err(wrong(
                line.len(),
                "the request line has no blank after its method",
            ));
        };
        if let Some(bad) = not_token(&line[..first]).or((first == 0).then_some(0)) {
            return Err(FrameError::new(
                Malformed,
                "method",
                at + bad,
                "a method is a token of at least 1 character (RFC 9110 section 5.6.2)",
            ));
        }
        let rest = &line[first + 1..];
        let Some(second) = memchr::memchr(b' ', rest) else {
            return Err(wrong(
                line.len(),
                "the request line has no blank before its version",
            ));
        };
        if let Some(bad) = not_target(&rest[..second]).or((second == 0).then_some(0)) {
            let what = "a target has visible ASCII characters, at least 1 (RFC 9112 section 3.2)";
            return Err(FrameError::new(
                Malformed,
                "target",
                at + first + 1 + bad,
                what,
            ));
        }
        let version = first + second + 2;
        self.is_1_0 = version_1(&line[version..]).ok_or_else(|| {
            wrong(
                version,
                "the line ends in the version, HTTP/1.1 or HTTP/1.0",
            )
        })?;
        Ok(Words { first, second })
    }

    /// Reads a status line (RFC 9112 section 4), which begins at `at`.
    pub(super) fn status_line(&mut self, line: &[u8], at: usize) -> Result<Words, FrameError> {
        let wrong =
            |offset, what: &str| FrameError::new(Malformed, "start_line", at + offset, what);
        self.is_response = true;
        let (version, rest) = line.split_at(line.len().min(8));
        self.is_1_0 = version_1(version)
            .ok_or_else(|| wrong(0, "the line begins with the version, HTTP/1.1 or HTTP/1.0"))?;
        let [b' ', code @ ..] = rest else {
            return Err(wrong(8, "a blank stands between version and status"));
        };
        let (code, reason) = code.split_at(code.len().min(3));
        self.status = match code {
            [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => code
                .iter()
                .fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')),
            _ => {
                let what = format!(
                    "`{}` is no status, which has three digits, 100 to 599",
                    code.escape_ascii()
                );
                return Err(FrameError::new(Malformed, "status", at + 9, what));
            }
        };
        let [b' ', reason @ ..] = reason else {
            return Err(wrong(
                12,
                "a blank stands after the status, even where no reason follows",
            ));
        };
        if let Some(bad) = super::syntax::not_value(reason) {
            let what = "a reason has no control characters";
            return Err(FrameError::new(Malformed, "reason", at + 13 + bad, what));
        }
        Ok(Words {
            first: 3,
            second: reason.len(),
        })
    }

    /// Takes note of a header field that says where the message ends, or to whom it goes. `at` is
    /// the offset of its value.
    #[inline]
    pub(super) fn field(
        &mut self,
        name: &[u8],
        value: &[u8],
        at: usize,
        expected: &Expected,
    ) -> Result<(), FrameError> {
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => {
                self.hosts += 1;
                if self.hosts > 1 && !self.is_response {
                    let what = "a request has one Host (RFC 9112 section 3.2), and this is another";
                    return Err(FrameError::new(Malformed, "host", at, what));
                }
            }
            14 if name.eq_ignore_ascii_case(b"content-length") => self.length(value, at)?,
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.coding(value, at)?,
            20 if name.eq_ignore_ascii_case(b"sec-websocket-accept") => {
                if let (101, Some(accept)) = (self.status, &expected.accept)
                    && accept.as_bytes() != value
                {
                    let what = format!("the request's key is accepted by {accept}");
                    return Err(FrameError::new(BadDigest, "sec-websocket-accept", at, what));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// RFC 9112 section 6.3 items 4 and 5; equal values count as one.
    fn length(&mut self, value: &[u8], at: usize) -> Result<(), FrameError> {
        const NAME: &str = "content-length";
        let mut any = false;
        for member in members(value) {
            any = true;
            if !member.iter().all(u8::is_ascii_digit) {
                let what = format!(
                    "`{}` is no length: it has digits only",
                    member.escape_ascii()
                );
                return Err(FrameError::new(Malformed, NAME, at, what));
            }
            let digits = member.iter().map(|digit| usize::from(digit - b'0'));
            let length = digits.fold(0usize, |sum, digit| {
                sum.saturating_mul(10).saturating_add(digit)
            });
            match self.length {
                Some((known, _)) if known != length => {
                    let what = format!("the message says that it has {known} bytes, and {length}");
                    return Err(FrameError::new(BadLength, NAME, at, what));
                }
                _ => self.length = Some((length, at)),
            }
        }
        if any {
            return Ok(());
        }
        Err(FrameError::new(
            Malformed,
            NAME,
            at,
            "the length is missing",
        ))
    }

    fn coding(&mut self, value: &[u8], at: usize) -> Result<(), FrameError> {
        const NAME: &str = "transfer-encoding";
        for member in members(value) {
            if let Some((_, true)) = self.coding {
                let what = "`chunked` is the last coding, and there is another behind it";
                return Err(FrameError::new(BadLength, NAME, at, what));
            }
            let name = member
                .split(|&byte| byte == b';')
                .next()
                .unwrap_or_default();
            let chunked = trim(name).1.eq_ignore_ascii_case(b"chunked");
            if chunked && name.len() < member.len() {
                let what = "`chunked` has no parameters (RFC 9112 section 7.1)";
                return Err(FrameError::new(Malformed, NAME, at, what));
            }
            self.coding = Some((at, chunked));
        }
        if self.coding.is_none() {
            return Err(FrameError::new(
                Malformed,
                NAME,
                at,
                "the coding is missing",
            ));
        }
        Ok(())
    }

    /// Where the body ends that begins at `at`. What would let two readers find different ends is
    /// refused (RFC 9112 sections 6.1, 6.3 and 11.2).
    pub(super) fn body(
        &self,
        at: usize,
        limit: usize,
        expected: &Expected,
    ) -> Result<BodyEnd, FrameError> {
        if let (Some((coded, _)), Some(_)) = (self.coding, self.length) {
            let what = "a message with Transfer-Encoding has no Content-Length: one of them lies";
            return Err(FrameError::new(BadLength, "transfer-encoding", coded, what));
        }
        if let (Some((coded, _)), true) = (self.coding, self.is_1_0) {
            let what = "HTTP/1.0 has no Transfer-Encoding (RFC 9112 section 6.1)";
            return Err(FrameError::new(BadConst, "transfer-encoding", coded, what));
        }
        if !self.is_response && self.hosts == 0 && !self.is_1_0 {
            let what = "a request has a Host (RFC 9112 section 3.2)";
            return Err(FrameError::new(Malformed, "headers", at, what));
        }
        if self.is_response && expected.has_no_body(self.status) {
            return Ok(BodyEnd::None);
        }
        match (self.coding, self.length) {
            (Some((_, true)), _) => Ok(BodyEnd::Chunked),
            (Some((coded, false)), _) if !self.is_response => {
                let what = "a request's last coding is `chunked`: nothing else ends its body";
                Err(FrameError::new(BadLength, "transfer-encoding", coded, what))
            }
            (Some(_), _) => Ok(BodyEnd::Close),
            (None, Some((length, stands))) => match at.checked_add(length) {
                Some(end) if end <= limit => Ok(BodyEnd::Length(length)),
                _ => {
                    let what = format!("{length} bytes of body make the frame larger than {limit}");
                    Err(FrameError::new(TooLarge, "content-length", stands, what))
                }
            },
            (None, None) if self.is_response => Ok(BodyEnd::Close),
            (None, None) => Ok(BodyEnd::None),
        }
    }
}

/// True for HTTP/1.0, false for HTTP/1.1, `None` for all others: a minor version above 1 is read
/// as 1 (RFC 9110 section 2.5).
fn version_1(text: &[u8]) -> Option<bool> {
    match text {
        [
            b'H',
            b'T',
            b'T',
            b'P',
            b'/',
            b'1',
            b'.',
            minor @ b'0'..=b'9',
        ] => Some(*minor == b'0'),
        _ => None,
    }
}

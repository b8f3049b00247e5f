//! The chunks of a body (RFC 9112 section 7.1).

use super::decoder::{BODY, CHUNKS, Http1Decoder, Step};
use super::syntax::{is_blank, not_value};
use crate::{FrameError, FrameErrorKind};

/// The line end, and the least that follows the data of a chunk: the last chunk and two of them.
const CRLF: &[u8] = b"\r\n";
const LAST: usize = b"\r\n0\r\n\r\n".len();

impl Http1Decoder {
    pub(super) fn chunk_begins(&mut self, bytes: &[u8]) -> Result<bool, FrameError> {
        self.section = self.at;
        let Some(line) = self.line(bytes)? else {
            return Ok(false);
        };
        let data = line.end + 2;
        let room = self.limits.frame.saturating_sub(data + LAST);
        let size = chunk_size(&bytes[line.clone()], line.start, room)?;
        self.draft.push(CHUNKS, line.start..data)?;
        self.go_on(data);
        self.section = data;
        self.step = match size {
            0 if self.draft.has(BODY) => Step::Trailers,
            0 => {
                self.draft.push(BODY, data..data)?;
                Step::Trailers
            }
            _ => Step::ChunkData(data + size),
        };
        Ok(true)
    }

    pub(super) fn chunk_ends(&mut self, bytes: &[u8], end: usize) -> Result<bool, FrameError> {
        let given = bytes.get(end..bytes.len().min(end + 2)).unwrap_or_default();
        if let Some(at) = given.iter().zip(CRLF).position(|(a, b)| a != b) {
            let what = "the data of a chunk ends in CR LF";
            return Err(FrameError::new(
                FrameErrorKind::BadConst,
                "chunks",
                end + at,
                what,
            ));
        }
        if given.len() < 2 {
            return Ok(self.wait(end + LAST));
        }
        self.draft.push(BODY, self.at..end)?;
        self.draft.push(CHUNKS, end..end + 2)?;
        self.go_on(end + 2);
        self.step = Step::ChunkSize;
        Ok(true)
    }
}

/// Reads `chunk-size [chunk-ext]`, a line that begins at `at`. A size that is more than `limit` is
/// refused; what an extension says means nothing here.
fn chunk_size(line: &[u8], at: usize, limit: usize) -> Result<usize, FrameError> {
    let error = |kind, offset, what: String| FrameError::new(kind, "chunks", at + offset, what);
    let digits = line
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    if digits == 0 {
        let what = "a chunk begins with its size in hexadecimal digits".into();
        return Err(error(FrameErrorKind::Malformed, 0, what));
    }
    let values = line[..digits].iter().map(|&digit| match digit {
        b'0'..=b'9' => usize::from(digit - b'0'),
        _ => usize::from((digit | 0x20) - b'a') + 10,
    });
    let size = values.fold(0usize, |sum, value| {
        let wider = sum.checked_mul(16);
        wider.map_or(usize::MAX, |sum| sum.saturating_add(value))
    });
    if size > limit {
        let what = format!("a chunk of {size} bytes makes the frame larger than its limit");
        return Err(error(FrameErrorKind::TooLarge, 0, what));
    }
    let rest = &line[digits..];
    if let Some(bad) = not_value(rest) {
        let what = "a chunk extension has no control characters".into();
        return Err(error(FrameErrorKind::Malformed, digits + bad, what));
    }
    let blanks = rest.iter().take_while(|&&byte| is_blank(byte)).count();
    match rest.get(blanks) {
        Some(b';') => Ok(size),
        None if blanks == 0 => Ok(size),
        _ => {
            let what = "behind a chunk's size stands `;` or the line's end".into();
            Err(error(FrameErrorKind::Malformed, digits, what))
        }
    }
}

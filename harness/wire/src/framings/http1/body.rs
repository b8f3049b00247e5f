//! The lines of a chunked body (RFC 9112 section 7.1).

use super::syntax::{is_blank, not_value};
use crate::{FrameError, FrameErrorKind};

/// Reads `chunk-size [chunk-ext]`, a line that begins at `at`. A size that is more than `limit` is
/// refused; what an extension says means nothing here.
pub(super) fn chunk_size(line: &[u8], at: usize, limit: usize) -> Result<usize, FrameError> {
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

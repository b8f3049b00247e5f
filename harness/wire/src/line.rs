//! Lines, and the search for the one that ends a field.

use crate::compose::wrong::Wrong;
use crate::{FrameErrorKind, effort};

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// CR LF, and nothing else (RFC 9112 section 2.2 without its leniency).
    CrLf,
    /// LF. A CR before it belongs to the line.
    Lf,
    /// Either on receipt; LF is written (STOMP 1.2, "EOL").
    Either,
}

impl LineEnd {
    /// The bytes that are written.
    pub const fn bytes(self) -> &'static [u8] {
        match self {
            Self::CrLf => b"\r\n",
            Self::Lf | Self::Either => b"\n",
        }
    }

    /// The content of the line whose LF stands at `at`, as its end in `bytes`.
    fn content_end(self, bytes: &[u8], at: usize) -> Result<usize, Wrong> {
        let cr = at > 0 && bytes[at - 1] == b'\r';
        match (self, cr) {
            (Self::CrLf, false) => Err(Wrong {
                kind: FrameErrorKind::Malformed,
                at,
                what: "a line ends with LF alone; CR LF must end it".into(),
            }),
            (Self::CrLf | Self::Either, true) => Ok(at - 1),
            _ => Ok(at),
        }
    }

    /// The lines of a block in which each has its end, with their offsets.
    pub(crate) fn split(self, block: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
        let mut start = 0;
        memchr::memchr_iter(b'\n', block).map(move |at| {
            let from = std::mem::replace(&mut start, at + 1);
            // Ends were checked when the block was found.
            let end = self.content_end(block, at).unwrap_or(at);
            (from, &block[from..end])
        })
    }
}

/// Finds the line that is exactly `last`, where it is there: the offset at which it begins, and
/// that behind its end. Bytes before `from` were searched already.
#[inline]
pub(crate) fn find(
    bytes: &[u8],
    from: usize,
    line_end: LineEnd,
    last: &[u8],
) -> Result<Option<(usize, usize)>, Wrong> {
    effort::add(bytes.len() - from.min(bytes.len()));
    for at in memchr::memchr_iter(b'\n', bytes.get(from..).unwrap_or(&[])) {
        let at = from + at;
        let end = line_end.content_end(bytes, at)?;
        if let Some(before) = bytes[..end].strip_suffix(last)
            && before.last().is_none_or(|&byte| byte == b'\n')
        {
            return Ok(Some((before.len(), at + 1)));
        }
    }
    Ok(None)
}

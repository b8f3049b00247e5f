//! The search for the bytes that end a field, which goes on where it stopped.

use std::sync::Arc;

use memchr::memmem::Finder;

use crate::effort;

/// The bytes that end a field, and the name under which a frame lists them.
#[derive(Debug)]
pub(crate) struct Terminator {
    /// The name of the terminator's own field.
    pub(crate) name: Arc<str>,
    /// At least one byte.
    pub(crate) bytes: Vec<u8>,
    finder: Finder<'static>,
}

impl Terminator {
    pub(crate) fn new(name: Arc<str>, bytes: Vec<u8>) -> Self {
        let finder = Finder::new(&bytes).into_owned();
        Self {
            name,
            bytes,
            finder,
        }
    }

    /// Its length in bytes, at least 1.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The offset in `bytes` of the first whole terminator that starts at `from` or later.
    #[inline]
    pub(crate) fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let rest = bytes.get(from..)?;
        let found = match *self.bytes.as_slice() {
            [byte] => memchr::memchr(byte, rest),
            _ => self.finder.find(rest),
        };
        effort::add(found.unwrap_or(rest.len()));
        found.map(|at| from + at)
    }

    /// Where a later search must start, when `bytes` hold no whole terminator: a part of one may
    /// stand at their end.
    #[inline]
    pub(crate) fn resume(&self, start: usize, len: usize) -> usize {
        start.max((len + 1).saturating_sub(self.len()))
    }

    /// True where `bytes` end inside a terminator.
    pub(crate) fn is_cut(&self, bytes: &[u8]) -> bool {
        (1..self.len()).any(|n| bytes.ends_with(&self.bytes[..n]))
    }

    /// The offset at which a reader would find the end of `content` with this terminator after it,
    /// if that is too early.
    pub(crate) fn collides(&self, content: &[u8]) -> Option<usize> {
        if let Some(at) = self.find(content, 0) {
            return Some(at);
        }
        // A terminator such as `aa` after a content that ends in `a` begins one byte early.
        let tail = content.len().saturating_sub(self.len() - 1);
        let seam = [&content[tail..], &self.bytes].concat();
        self.find(&seam, 0)
            .map(|at| tail + at)
            .filter(|&at| at < content.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(bytes: &[u8]) -> Terminator {
        Terminator::new("end".into(), bytes.to_vec())
    }

    #[test]
    fn a_terminator_is_found_across_a_resumed_search() {
        let crlf = end(b"\r\n");
        assert_eq!(crlf.find(b"ab\r", 0), None);
        assert_eq!(crlf.resume(0, 3), 2);
        assert_eq!(crlf.find(b"ab\r\n", 2), Some(2));
        assert_eq!(end(b"\n").resume(1, 7), 7);
        assert_eq!(end(b"abcd").resume(5, 6), 5);
    }

    #[test]
    fn a_content_that_moves_its_own_end_is_noticed() {
        assert_eq!(end(b"aa").collides(b"xa"), Some(1));
        assert_eq!(end(b"\r\n").collides(b"x\r"), None);
        assert_eq!(end(b"aab").collides(b"xa"), None);
        assert_eq!(end(b"\n").collides(b"x\ny"), Some(1));
        assert_eq!(end(b"abab").collides(b"ab"), Some(0));
    }

    #[test]
    fn a_cut_terminator_is_told_from_none() {
        assert!(end(b"\r\n").is_cut(b"x\r"));
        assert!(!end(b"\r\n").is_cut(b"x"));
        assert!(!end(b"\n").is_cut(b"x"));
    }
}

//! Bytes that have arrived and are not yet used up, for framings written by hand.

/// A queue of bytes. Taking from the front moves nothing, so that many small messages in one
/// read cost no more than one large one.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
    start: usize,
    /// How far a line end has been sought, so that a line that comes byte by byte stays linear.
    sought: usize,
}

impl Inbox {
    /// Adds what a read returned.
    pub(crate) fn push(&mut self, read: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.sought = self.sought.saturating_sub(self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(read);
    }

    /// Everything that is there.
    pub(crate) fn all(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Takes exactly this many bytes, or nothing while fewer are there.
    pub(crate) fn take(&mut self, size: usize) -> Option<&[u8]> {
        let end = self.start.checked_add(size)?;
        let taken = self.bytes.get(self.start..end)?;
        self.start = end;
        Some(taken)
    }

    /// Takes the four bytes of a u32, in the order in which they came.
    pub(crate) fn take_u32(&mut self) -> Option<[u8; 4]> {
        self.take(4)?.try_into().ok()
    }

    /// Takes everything.
    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        let all = self.all().to_vec();
        self.clear();
        all
    }

    /// Takes a line, without its LF, or nothing while no LF is there.
    pub(crate) fn take_line(&mut self) -> Option<&[u8]> {
        let from = self.sought.max(self.start);
        let Some(found) = self.bytes.get(from..)?.iter().position(|&b| b == b'\n') else {
            self.sought = self.bytes.len();
            return None;
        };
        let start = self.start;
        self.start = from + found + 1;
        self.bytes.get(start..from + found)
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
        self.sought = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_whole_however_they_came_in() {
        let mut inbox = Inbox::default();
        inbox.push(b"a");
        assert_eq!(inbox.take_line(), None);
        inbox.push(b"b\n\nc");
        assert_eq!(inbox.take_line(), Some(&b"ab"[..]));
        assert_eq!(inbox.take_line(), Some(&b""[..]));
        assert_eq!(inbox.take_line(), None);
        assert_eq!(inbox.all(), b"c");
        inbox.push(b"\n");
        assert_eq!(inbox.take_line(), Some(&b"c"[..]));
        assert_eq!(inbox.len(), 0);
    }

    #[test]
    fn sizes_are_exact() {
        let mut inbox = Inbox::default();
        inbox.push(&[0, 0, 0]);
        assert_eq!(inbox.take_u32(), None);
        inbox.push(&[2, 7, 8, 9]);
        assert_eq!(inbox.take_u32(), Some([0, 0, 0, 2]));
        assert_eq!(inbox.take(4), None);
        assert_eq!(inbox.take(2), Some(&[7, 8][..]));
        assert_eq!(inbox.take_all(), [9]);
    }
}

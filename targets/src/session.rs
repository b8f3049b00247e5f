//! What a stream server does with bytes, apart from every socket.

use crate::command::{Job, Outcome};

/// The size of a read where a service has no reason for another, in bytes.
pub(crate) const READ: usize = 64 << 10;

/// One connection's side of a protocol. It sees exactly what each read(2) returned, so that
/// faults that depend on read boundaries can be written as they occur.
pub(crate) trait Session: Send {
    /// The most bytes that the next read may return.
    fn want(&self) -> usize {
        READ
    }

    /// The connection is there, and nothing was read yet.
    fn begin(&mut self, _out: &mut Output) -> Flow {
        Flow::Continue
    }

    /// The result of one read. It is empty only over seqpacket, for an empty message.
    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow;

    /// The client has sent everything (a read returned 0). May be called again after `Spin`.
    fn end(&mut self, _out: &mut Output) -> Flow {
        Flow::Close
    }

    /// The connection broke: ECONNRESET, EPIPE, ETIMEDOUT.
    fn broken(&mut self) -> Flow {
        Flow::Close
    }

    /// Nothing came in the time that `Wait` named, or that of `Within` has passed.
    fn idle(&mut self, _out: &mut Output) -> Flow {
        Flow::Continue
    }

    /// `More` was asked for, and all output so far is written.
    fn more(&mut self, _out: &mut Output) -> Flow {
        Flow::Continue
    }

    /// The command that `Run` asked for has ended.
    fn ran(&mut self, _outcome: Outcome, _out: &mut Output) -> Flow {
        Flow::Continue
    }
}

/// What happens after a call, once its output is written.
#[derive(Debug)]
pub(crate) enum Flow {
    /// Read on.
    Continue,
    /// Close in order: FIN, then take what the client still sends, then close.
    Close,
    /// Close with RST.
    Reset,
    /// Read on after EOF, at once and for ever.
    Spin,
    /// The whole server ends, for this reason.
    Crash(String),
    /// Read on, but call `idle` if nothing comes for this long.
    Wait(std::time::Duration),
    /// Read on, but call `idle` this long after the first `Within` in a row, whatever comes
    /// meanwhile.
    Within(std::time::Duration),
    /// Run a command where blocking is allowed, then call `ran`.
    Run(Job),
    /// Call `more` before the next read: an output of any size is made piece by piece, and a
    /// client that does not read holds its next piece up.
    More,
}

impl Flow {
    /// The word for it in transcripts.
    #[cfg(test)]
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Close => "close",
            Self::Reset => "reset",
            Self::Spin => "spin",
            Self::Crash(_) => "crash",
            Self::Wait(_) => "wait",
            Self::Within(_) => "within",
            Self::Run(_) => "run",
            Self::More => "more",
        }
    }
}

/// Bytes to send, divided into write calls. Reused for the life of a connection.
#[derive(Debug, Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// Where each finished write ends.
    ends: Vec<usize>,
}

impl Output {
    /// Adds one write. An empty one sends nothing: on a stream it is no message (send(2)).
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.write_parts(&[bytes]);
    }

    /// Adds one write even if it is empty: where messages keep their boundaries, it is a message.
    pub(crate) fn message(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len());
    }

    /// Adds one write made of several parts.
    pub(crate) fn write_parts(&mut self, parts: &[&[u8]]) {
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        if self.bytes.len() > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(self.bytes.len());
        }
    }

    /// The writes, in order.
    pub(crate) fn writes(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().filter_map(move |&end| {
            let write = self.bytes.get(start..end);
            start = end;
            write
        })
    }

    /// Moves the other's writes behind these.
    pub(crate) fn append(&mut self, other: &mut Self) {
        for write in other.writes() {
            self.write(write);
        }
        other.clear();
    }

    /// Forgets all, and returns a large buffer to the allocator.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(1 << 20);
        self.ends.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_keep_their_bounds() {
        let mut out = Output::default();
        out.write(b"a");
        out.write(b"");
        out.write_parts(&[b"b", b"c"]);
        let mut held = Output::default();
        held.write(b"d");
        out.append(&mut held);
        assert_eq!(out.writes().collect::<Vec<_>>(), [&b"a"[..], b"bc", b"d"]);
        assert_eq!(held.writes().count(), 0);
    }
}

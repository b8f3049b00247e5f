//! A client's side of one connection: bytes in, bytes out, no socket, no clock.
//!
//! As a server's session it sees exactly what each read(2) returned, so that a fault of reading can
//! be written down as it occurs in real programs.

use std::collections::VecDeque;

use crate::session::{Output, READ};

/// The conversation of one client.
pub(crate) trait Conversation {
    /// The connection stands: what is asked first.
    fn begin(&mut self, io: &mut Exchange);

    /// The most bytes that the next read may return.
    fn want(&self) -> usize {
        READ
    }

    /// The result of one read. Over a stream never empty; over UDP one datagram.
    fn input(&mut self, read: &[u8], io: &mut Exchange) -> Turn;

    /// The server has sent everything (a read returned 0).
    fn end(&mut self, io: &mut Exchange) -> Turn;

    /// The connection broke: ECONNRESET, EPIPE, ETIMEDOUT; which of them, in words.
    fn broken(&mut self, why: String) -> Turn {
        Turn::Lost(why)
    }

    /// Nothing came for as long as this client waits.
    fn silence(&mut self, _io: &mut Exchange) -> Turn {
        Turn::Silent
    }

    /// UDP: true if the sender of a datagram is not looked at.
    fn takes_any_sender(&self) -> bool {
        false
    }
}

/// What one call of a conversation brings about.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// What is sent.
    pub(crate) out: Output,
    /// What the client's user gets to see.
    pub(crate) shown: Vec<u8>,
}

/// What happens after a call, once its output is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Read on.
    Read,
    /// All is answered.
    Done,
    /// The reply breaks the protocol, in this way.
    Refuse(String),
    /// The connection ended before the reply was whole: where, or how.
    Lost(String),
    /// An answer did not come in time.
    Silent,
    /// Read on after EOF, at once and for ever.
    Spin,
}

impl Turn {
    /// The stream ended at this place.
    pub(crate) fn ended(place: &str) -> Self {
        Self::Lost(format!("the stream ended {place}"))
    }
}

/// What is still to be asked.
#[derive(Debug)]
pub(crate) struct Questions {
    queue: VecDeque<Vec<u8>>,
    unanswered: usize,
    pipeline: bool,
}

impl Questions {
    /// `pipeline`: all are asked at once, in one write.
    pub(crate) fn new(queue: impl IntoIterator<Item = Vec<u8>>, pipeline: bool) -> Self {
        let queue: VecDeque<_> = queue.into_iter().collect();
        Self {
            unanswered: queue.len(),
            queue,
            pipeline,
        }
    }

    /// Asks what comes next.
    pub(crate) fn ask(&mut self, out: &mut Output) {
        if self.pipeline {
            let all: Vec<u8> = self.queue.drain(..).flatten().collect();
            out.write(&all);
        } else if let Some(next) = self.queue.pop_front() {
            out.write(&next);
        }
    }

    /// One was answered: asks the next one, or is done.
    pub(crate) fn answered(&mut self, out: &mut Output) -> Turn {
        self.unanswered = self.unanswered.saturating_sub(1);
        if self.unanswered == 0 {
            return Turn::Done;
        }
        self.ask(out);
        Turn::Read
    }
}

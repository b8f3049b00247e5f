//! How connections come and go.

use harness_net::{NetError, Read, SocketOptions};

use super::{HOUSE, Worker};
use crate::load::connection::{Pending, Stage};
use crate::load::socket::Socket;
use crate::scenario::model::LoadModel;

/// Connections that are opened side by side at the start: below every usual backlog (listen(2)).
const SIDE_BY_SIDE: usize = 64;
/// Before a connection that did not come to be is tried again.
const BACKOFF: u64 = 10_000_000;

impl Worker {
    /// Opens all connections and plays their opening.
    ///
    /// # Errors
    /// Some did not come to be in the time that an answer may take: how many, and why.
    pub(super) fn set_up(&mut self) -> Result<(), String> {
        let all = self.connections.len();
        let mut next = 0;
        // Time counts from the last connection that came to be: many take long, and may.
        let (mut ready, mut deadline) = (0, self.timeout);
        while self.ready < all && !self.stop.is_set() {
            let now = self.clock.now();
            if self.ready > ready {
                (ready, deadline) = (self.ready, now + self.timeout);
            }
            if now >= deadline {
                let counts = &self.recorder.counts;
                let causes: Vec<String> = counts
                    .causes
                    .iter()
                    .map(|(cause, n)| format!("{cause} ({n} times)"))
                    .collect();
                let why = match causes.is_empty() {
                    true => "no answer".to_owned(),
                    false => causes.join(", "),
                };
                return Err(format!(
                    "{ready} of {all} connections could be opened: {why}"
                ));
            }
            while next < all && self.connecting < SIDE_BY_SIDE {
                self.open(next, now);
                next += 1;
            }
            self.wake(now);
            self.house_at = now + HOUSE;
            self.attend(now);
        }
        Ok(())
    }

    /// Begins to open a connection.
    pub(super) fn open(&mut self, c: usize, now: u64) {
        let options = &self.sources[self.next_source % self.sources.len()];
        self.next_source += 1;
        let begun = Socket::begin(&self.job.endpoint, options);
        let connection = &mut self.connections[c];
        if connection.opened == 0 {
            connection.opened = now;
        }
        connection.stage = Stage::Connecting;
        connection.begun = now;
        self.connecting += 1;
        // A request can follow connect(2) at once; whether it could be written tells the outcome.
        // At the start the outcome is awaited, so that the load begins with all connections.
        let at_once = !self.setting_up
            && self.job.opening == 0
            && matches!(self.job.load.model, LoadModel::Closed);
        let joined = begun.map(|socket| {
            let datagram = matches!(socket, Socket::Datagram(_));
            let awaited = !at_once && !datagram;
            let joined = socket.join(&self.poller, c as u32, awaited);
            connection.wants_room = awaited;
            connection.socket = Some(socket);
            (joined, awaited)
        });
        match joined {
            Err(error) => self.lost(c, now, error.name()),
            Ok((Err(error), _)) => self.lost(c, now, &error.to_string()),
            Ok((Ok(()), true)) => {}
            Ok((Ok(()), false)) => self.established(c, now),
        }
    }

    /// connect(2) has come to an end: a read tells which.
    pub(super) fn connected(&mut self, c: usize) {
        let now = self.clock.now();
        let Some(socket) = &self.connections[c].socket else {
            return;
        };
        let mut first = [0; 1];
        // One byte of a greeting at most, and then the rest.
        match socket.read(&mut first) {
            Ok(Read::Nothing) => self.established(c, now),
            Ok(Read::Got(_)) => {
                self.established(c, now);
                if self.consume(c, &first, now) {
                    self.go_on(c, now);
                }
            }
            Ok(Read::End) => self.lost(c, now, CLOSED),
            Err(error) => self.lost(c, now, error.name()),
        }
    }

    fn established(&mut self, c: usize, now: u64) {
        self.connecting -= 1;
        self.recorder.counts.connections += 1;
        self.connections[c].stage = Stage::Opening;
        if let Err(error) = self.set_late_options(c) {
            return self.lost(c, now, error.name());
        }
        let connection = &mut self.connections[c];
        if connection.wants_room {
            connection.wants_room = false;
            if let Some(socket) = &connection.socket {
                socket.want_room(&self.poller, c as u32, false);
            }
        }
        self.go_on(c, now);
    }

    /// Options that only a connected socket keeps.
    fn set_late_options(&self, c: usize) -> Result<(), NetError> {
        let SocketOptions { cork, quickack, .. } = self.job.options;
        match &self.connections[c].socket {
            Some(Socket::Stream(stream)) if cork.or(quickack).is_some() => {
                stream.set(&SocketOptions {
                    cork,
                    quickack,
                    ..SocketOptions::default()
                })
            }
            _ => Ok(()),
        }
    }

    /// Takes note that a connection carries load from now on.
    pub(super) fn is_ready(&mut self, c: usize, now: u64) {
        let connection = &mut self.connections[c];
        connection.stage = Stage::Ready;
        connection.free_since = now;
        self.ready += usize::from(self.setting_up);
    }

    /// A connection is gone, for this reason. What was under way on it has failed.
    pub(super) fn lost(&mut self, c: usize, now: u64, cause: &str) {
        let connection = &self.connections[c];
        let (stage, pending) = (connection.stage, connection.len);
        // Nothing of it left this host: the connection never stood.
        let never_stood = stage == Stage::Ready
            && !connection.answered
            && pending > 0
            && pending == connection.unwritten
            && connection.written == 0
            && connection.played == pending
            && self.pacer.is_none();
        let answered = connection.answered;
        for nth in 0..pending {
            let request = self.rings.get(c, connection, nth);
            if !self.load.contains(&request.turn) {
                continue;
            }
            self.in_flight -= 1;
            if never_stood {
                self.recorder.unsend(request.measured);
                if request.measured && self.left != u64::MAX {
                    self.left += 1;
                    self.drains_since = None;
                }
            } else {
                self.recorder.failed(request.measured, cause);
            }
        }
        let counts = &mut self.recorder.counts;
        match stage {
            Stage::Closed => return,
            Stage::Connecting | Stage::Opening => {
                self.connecting -= usize::from(stage == Stage::Connecting);
                counts.refuse(cause);
            }
            Stage::Ready if never_stood => {
                counts.connections -= 1;
                counts.refuse(cause);
            }
            Stage::Ready if pending == 0 && !OURS.contains(&cause) => counts.dropped += 1,
            Stage::Ready | Stage::Closing => {}
        }
        self.ready -= usize::from(self.setting_up && stage == Stage::Ready);
        let opened = self.connections[c].opened;
        self.close(c);
        if answered {
            self.reopening.push_front((now, c as u32));
        } else {
            // As long as it does not come to be, its first request waits.
            self.connections[c].opened = opened;
            self.reopening.push_back((now + BACKOFF, c as u32));
        }
    }

    /// Closes a connection, and forgets it.
    pub(super) fn close(&mut self, c: usize) {
        self.connections[c].clear();
    }

    /// Closes a connection that has done its part, and has another one opened in its place.
    pub(super) fn renew(&mut self, c: usize, now: u64) {
        self.close(c);
        let due = self.pacer.as_ref().is_some_and(|p| p.next().is_some());
        if due || self.may_begin(now) {
            self.reopening.push_front((now, c as u32));
        }
    }

    /// Gives up connections whose oldest request waits for too long. An answer that came later
    /// could no more be told from that of the next request.
    pub(super) fn give_up_overdue(&mut self, now: u64) {
        for c in 0..self.connections.len() {
            let connection = &self.connections[c];
            if connection.stage == Stage::Closed {
                continue;
            }
            let opening = matches!(connection.stage, Stage::Connecting | Stage::Opening);
            if opening && now.saturating_sub(connection.begun) >= self.timeout {
                self.lost(c, now, TIMED_OUT);
                continue;
            }
            if connection.len == 0 {
                continue;
            }
            let oldest = self.rings.get(c, connection, 0);
            if now.saturating_sub(oldest.sent) < self.timeout {
                continue;
            }
            // Those behind it, which were sent later, cannot be answered before it.
            while let Some(oldest) = self.overdue(c, now) {
                self.in_flight -= 1;
                let (response, service) = (now - oldest.intended, now - oldest.sent);
                self.recorder.timed_out(oldest.measured, response, service);
                self.rings.pop(&mut self.connections[c]);
                self.connections[c].answered = true;
            }
            self.lost(c, now, GIVEN_UP);
        }
    }

    /// The oldest request of a connection, where it belongs to the load and waits for too long.
    fn overdue(&self, c: usize, now: u64) -> Option<Pending> {
        let connection = &self.connections[c];
        let oldest = (connection.len > 0).then(|| self.rings.get(c, connection, 0))?;
        let late = now.saturating_sub(oldest.sent) >= self.timeout;
        (late && self.load.contains(&oldest.turn)).then_some(oldest)
    }
}

/// Causes for which this side closes the connection.
const OURS: [&str; 2] = [GIVEN_UP, AFTER_CORRUPT];
/// The peer closed the connection.
pub(super) const CLOSED: &str = "closed by the target";
/// An earlier answer on the same connection did not come.
const GIVEN_UP: &str = "given up after a timeout";
/// A connection did not come to be.
const TIMED_OUT: &str = "not opened in time";

/// What breaks the other requests of a connection with a wrong answer.
pub(super) const AFTER_CORRUPT: &str = "closed after a corrupt answer";

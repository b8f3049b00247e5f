//! How requests are begun and written.

use harness_net::Write;

use super::{READ, Worker};
use crate::load::connection::{Pending, Stage};
use crate::load::mix::Split;
use crate::load::socket::Socket;

/// Requests that are sent before sockets are looked at again.
const BURST: usize = 64;

impl Worker {
    /// Plays what comes next on a connection: its opening, load, its closing, or the next one.
    pub(super) fn go_on(&mut self, c: usize, now: u64) {
        let connection = &self.connections[c];
        if connection.stage == Stage::Opening && connection.len == 0 {
            let turn = connection.turn;
            if usize::from(turn) < self.job.opening {
                return self.play(c, turn, now);
            }
            self.is_ready(c, now);
        }
        let connection = &self.connections[c];
        if connection.stage == Stage::Ready && !self.setting_up {
            let played_out = self.job.load.churn.is_some_and(|n| connection.played >= n);
            if played_out && connection.len == 0 {
                let first = self.job.turns.len() - self.job.closing;
                let connection = &mut self.connections[c];
                (connection.stage, connection.turn) = (Stage::Closing, first as u16);
            } else if self.pacer.is_some() {
                self.list(c, now);
            } else if self.think_time > 0 && connection.played > 0 {
                if connection.len == 0 {
                    self.thinking.push_back((now + self.think_time, c as u32));
                }
            } else {
                self.fill(c, now);
            }
        }
        let connection = &self.connections[c];
        if connection.stage == Stage::Closing && connection.len == 0 {
            let turn = connection.turn;
            if usize::from(turn) < self.job.turns.len() {
                self.play(c, turn, now);
            } else {
                self.renew(c, now);
            }
        }
    }

    /// Sends one turn of the opening or closing.
    fn play(&mut self, c: usize, turn: u16, now: u64) {
        self.connections[c].turn = turn + 1;
        let pending = Pending {
            turn,
            measured: false,
            split: Split::Whole,
            intended: now,
            sent: now,
        };
        self.rings.push(c, &mut self.connections[c], pending);
        self.flush(c, now);
    }

    /// Puts a connection among those that can take a request, where it can.
    fn list(&mut self, c: usize, now: u64) {
        let can = self.has_room(c);
        let connection = &mut self.connections[c];
        if can && !connection.listed {
            connection.listed = true;
            connection.free_since = now;
            self.free.push_back(c as u32);
        }
    }

    fn has_room(&self, c: usize) -> bool {
        let connection = &self.connections[c];
        connection.stage == Stage::Ready
            && connection.len < self.depth
            && self.job.load.churn.is_none_or(|n| connection.played < n)
    }

    /// Begins as many requests as the connection takes, in the closed model.
    pub(super) fn fill(&mut self, c: usize, now: u64) {
        let mut begun = false;
        while self.has_room(c) && self.may_begin(now) {
            let connection = &self.connections[c];
            // The first one of a new connection has waited for it.
            let first = connection.played == 0 && self.job.load.churn.is_some();
            let intended = if first { connection.opened } else { now };
            self.begin_request(c, intended, now);
            begun = true;
        }
        if begun {
            self.flush(c, now);
        }
    }

    fn begin_request(&mut self, c: usize, intended: u64, now: u64) {
        let turn = self.mix.turn();
        let bytes = self.job.turns[usize::from(turn)].request.len();
        let split = self.mix.split(bytes);
        let measured = intended >= self.warmup;
        let pending = Pending {
            turn,
            measured,
            split,
            intended,
            sent: now,
        };
        let connection = &mut self.connections[c];
        connection.played += 1;
        self.rings.push(c, connection, pending);
        self.in_flight += 1;
        self.recorder.sent(measured);
        if measured {
            let kind = match split {
                Split::Whole => 0,
                Split::EachByte => 1,
                Split::Cut(_) => 2,
            };
            self.recorder.counts.deliveries[kind] += 1;
            if self.left != u64::MAX {
                self.left -= 1;
                if self.left == 0 {
                    self.drains_since = Some(now);
                }
            }
        }
    }

    /// Begins the requests of the schedule that are due, as far as connections are free. Returns
    /// the time of the last look at the clock.
    pub(super) fn send_due(&mut self, mut now: u64) -> u64 {
        for _ in 0..BURST {
            let due = self.pacer.as_ref().and_then(|p| p.next());
            let Some(due) = due.filter(|due| *due <= now && self.left > 0) else {
                break;
            };
            let Some(c) = self.take_free() else {
                break;
            };
            if let Some(pacer) = &mut self.pacer {
                pacer.advance();
            }
            now = self.clock.now();
            let free_since = self.connections[c].free_since;
            self.begin_request(c, due, now);
            if due >= self.warmup {
                self.recorder.lag(now.saturating_sub(due.max(free_since)));
            }
            self.flush(c, now);
            self.list(c, free_since);
        }
        now
    }

    fn take_free(&mut self) -> Option<usize> {
        while let Some(c) = self.free.pop_front() {
            let c = c as usize;
            self.connections[c].listed = false;
            if self.has_room(c) {
                return Some(c);
            }
        }
        None
    }

    /// Writes the next piece of each request that is sent in pieces.
    pub(super) fn send_pieces(&mut self, now: u64) {
        let mut again = std::mem::take(&mut self.again);
        for c in again.drain(..) {
            let c = c as usize;
            self.connections[c].again = false;
            self.flush(c, now);
            self.go_on(c, now);
        }
        // What was added meanwhile stays; the larger memory is kept.
        again.append(&mut self.again);
        self.again = again;
    }

    /// Writes what is not written yet, as far as the kernel takes it.
    pub(super) fn flush(&mut self, c: usize, now: u64) {
        loop {
            let connection = &self.connections[c];
            if connection.unwritten == 0 {
                break;
            }
            let Some(socket) = &connection.socket else {
                return;
            };
            if connection.again {
                return;
            }
            let nth = connection.len - connection.unwritten;
            let first = self.rings.get(c, connection, nth);
            let from = connection.written as usize;
            let request = &self.job.turns[usize::from(first.turn)].request;
            let datagram = matches!(socket, Socket::Datagram(_));
            let (piece, more) = match first.split {
                Split::Whole if connection.unwritten > 1 && !datagram => {
                    self.scratch.clear();
                    self.scratch.extend_from_slice(&request[from..]);
                    for next in nth + 1..connection.len {
                        let pending = self.rings.get(c, connection, next);
                        let request = &self.job.turns[usize::from(pending.turn)].request;
                        let room = READ.saturating_sub(self.scratch.len());
                        if pending.split != Split::Whole || request.len() > room {
                            break;
                        }
                        self.scratch.extend_from_slice(request);
                    }
                    (&self.scratch[..], false)
                }
                Split::Whole => (&request[from..], false),
                Split::EachByte => (&request[from..=from], from + 1 < request.len()),
                Split::Cut(at) if from < at as usize => (&request[from..at as usize], true),
                Split::Cut(_) => (&request[from..], false),
            };
            let asked = piece.len();
            let written = if asked == 0 && !datagram {
                // The server speaks first: there is nothing to write.
                Ok(Write::Took(0))
            } else {
                socket.write(piece)
            };
            match written {
                Ok(Write::Took(n)) => {
                    self.wrote(c, n, now);
                    if n < asked {
                        return self.want_room(c, true);
                    }
                    if more {
                        return self.piece_follows(c);
                    }
                }
                Ok(Write::Full) => return self.want_room(c, true),
                Err(error) => return self.lost(c, now, error.name()),
            }
        }
        if self.connections[c].wants_room {
            self.want_room(c, false);
        }
        if self.settle(c, now) {
            self.piece_follows(c);
        }
    }

    /// Has the loop's next turn go on with this connection.
    fn piece_follows(&mut self, c: usize) {
        let connection = &mut self.connections[c];
        if !connection.again {
            connection.again = true;
            self.again.push(c as u32);
        }
    }

    fn want_room(&mut self, c: usize, wanted: bool) {
        let connection = &mut self.connections[c];
        if connection.wants_room != wanted {
            connection.wants_room = wanted;
            if let Some(socket) = &connection.socket {
                socket.want_room(&self.poller, c as u32, wanted);
            }
        }
    }

    /// Takes note of bytes that the kernel took.
    fn wrote(&mut self, c: usize, mut n: usize, now: u64) {
        self.recorder.counts.bytes_sent += n as u64;
        let connection = &mut self.connections[c];
        while connection.unwritten > 0 {
            let nth = connection.len - connection.unwritten;
            let pending = self.rings.get_mut(c, connection, nth);
            let request = self.job.turns[usize::from(pending.turn)].request.len();
            if connection.written == 0 {
                pending.sent = now;
            }
            let rest = request - connection.written as usize;
            if n < rest {
                connection.written += n as u32;
                break;
            }
            n -= rest;
            connection.written = 0;
            connection.unwritten -= 1;
            if n == 0 {
                break;
            }
        }
    }

    /// Ends requests that are written and have no answer. True where there were any.
    pub(super) fn settle(&mut self, c: usize, now: u64) -> bool {
        let mut any = false;
        if !self.silent {
            return any;
        }
        loop {
            let connection = &self.connections[c];
            if connection.len == 0 || !connection.head_is_written() {
                return any;
            }
            let oldest = self.rings.get(c, connection, 0);
            if !self.job.turns[usize::from(oldest.turn)].reply.is_empty() {
                return any;
            }
            any = true;
            self.answered(c, oldest, now);
        }
    }

    /// The oldest request of a connection has its answer.
    pub(super) fn answered(&mut self, c: usize, oldest: Pending, now: u64) {
        let connection = &mut self.connections[c];
        connection.answered = true;
        self.rings.pop(connection);
        if self.load.contains(&oldest.turn) {
            self.in_flight -= 1;
            if oldest.measured {
                let response = now.saturating_sub(oldest.intended);
                let service = now.saturating_sub(oldest.sent);
                self.recorder.answered(response, service);
            }
        }
    }
}

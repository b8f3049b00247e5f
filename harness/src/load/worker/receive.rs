//! How answers are received and compared.

use harness_net::{Read, Readiness};

use super::Worker;
use super::open::{AFTER_CORRUPT, CLOSED};
use crate::load::connection::{Pending, Stage};
use crate::load::counts::Corrupt;
use crate::load::socket::Socket;

/// Bytes of a wrong answer that are kept.
const KEPT: usize = 4096;

impl Worker {
    /// Does what a ready socket asks for.
    pub(super) fn serve(&mut self, readiness: Readiness) {
        let c = readiness.token as usize;
        let Some(connection) = self.connections.get(c) else {
            return;
        };
        match connection.stage {
            Stage::Closed => {}
            Stage::Connecting => self.connected(c),
            _ => {
                if readiness.write && connection.wants_room {
                    let now = self.clock.now();
                    self.flush(c, now);
                }
                if readiness.read {
                    self.receive(c);
                }
            }
        }
    }

    /// Reads what is there, compares it, and goes on.
    pub(super) fn receive(&mut self, c: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(socket) = &self.connections[c].socket {
            let datagram = matches!(socket, Socket::Datagram(_));
            let got = socket.read(&mut buffer);
            let now = self.clock.now();
            match got {
                Ok(Read::Got(n)) => {
                    self.recorder.roll(now);
                    if !self.consume(c, &buffer[..n], now) {
                        break;
                    }
                    // A read that was not filled leaves nothing behind (epoll(7)).
                    if datagram || n < buffer.len() {
                        self.go_on(c, now);
                        break;
                    }
                }
                Ok(Read::Nothing) => {
                    self.go_on(c, now);
                    break;
                }
                Ok(Read::End) => {
                    self.lost(c, now, CLOSED);
                    break;
                }
                Err(error) => {
                    self.lost(c, now, error.name());
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Compares bytes with the answers that are due. False where they were wrong: the connection is
    /// closed then, since nobody knows where the next answer begins.
    pub(super) fn consume(&mut self, c: usize, bytes: &[u8], now: u64) -> bool {
        self.recorder.counts.bytes_received += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() {
            let connection = &mut self.connections[c];
            let asked =
                connection.len > 0 && (connection.head_is_written() || connection.written > 0);
            if !asked {
                self.stray(c, rest, now);
                return false;
            }
            let oldest = self.rings.get(c, connection, 0);
            let reply = &self.job.turns[usize::from(oldest.turn)].reply;
            let matched = connection.matched as usize;
            let due = &reply[matched..];
            let n = due.len().min(rest.len());
            let right = due[..n] == rest[..n];
            let complete = n == due.len();
            if !right || (complete && !connection.head_is_written()) {
                self.wrong(c, rest, right, now);
                return false;
            }
            connection.matched += n as u32;
            rest = &rest[n..];
            if complete {
                self.answered(c, oldest, now);
                self.settle(c, now);
            }
        }
        true
    }

    /// An answer is not what it must be. It counts as an answer all the same.
    #[cold]
    fn wrong(&mut self, c: usize, came: &[u8], early: bool, now: u64) {
        let connection = &self.connections[c];
        let oldest = self.rings.get(c, connection, 0);
        let turn = usize::from(oldest.turn);
        let matched = connection.matched as usize;
        let load = self.load.contains(&oldest.turn);
        let turn = &self.job.turns[turn];
        self.recorder.corrupt(|| {
            let mut actual = turn.reply[..matched].to_vec();
            actual.extend_from_slice(&came[..came.len().min(KEPT)]);
            Corrupt {
                exchange: Some(turn.name.clone()),
                expected: turn.reply.clone(),
                actual,
                what: match early {
                    true => "an answer before its request was sent to the end",
                    false => "another answer than the one that is due",
                },
            }
        });
        if load {
            self.recorder.include(oldest.measured);
            let measured = true;
            self.answered(c, Pending { measured, ..oldest }, now);
        }
        self.lost(c, now, AFTER_CORRUPT);
    }

    /// Bytes came that nobody asked for.
    #[cold]
    fn stray(&mut self, c: usize, came: &[u8], now: u64) {
        self.recorder.corrupt(|| Corrupt {
            exchange: None,
            expected: Vec::new(),
            actual: came[..came.len().min(KEPT)].to_vec(),
            what: "bytes that nobody asked for, or a second answer",
        });
        self.lost(c, now, AFTER_CORRUPT);
    }
}

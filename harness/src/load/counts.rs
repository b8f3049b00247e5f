//! What is counted of requests and connections.

use std::collections::BTreeMap;

/// Sums over the requests that count (those after the warm-up) and over all connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were begun. Each is answered, timed out or failed.
    pub sent: u64,
    /// Requests that got an answer, right or corrupt.
    pub answered: u64,
    /// Answers that were not the expected bytes; bytes that nobody asked for count as one.
    pub corrupt: u64,
    /// Requests without an answer within the time that one may take.
    pub timeouts: u64,
    /// Requests whose connection broke before the answer.
    pub failed: u64,
    /// Requests of the schedule that were never begun, because no connection became free.
    pub unsent: u64,
    /// Requests that left later than they could have, by more than the limit.
    pub behind: u64,
    /// Requests by delivery: whole, each byte, cut.
    pub deliveries: [u64; 3],
    /// Connections that were opened.
    pub connections: u64,
    /// Connections that could not be opened.
    pub refused: u64,
    /// Of these, those for which no ephemeral port was left.
    pub out_of_ports: u64,
    /// Connections that the peer closed while nothing was asked.
    pub dropped: u64,
    /// Bytes that were written, for whatever purpose.
    pub bytes_sent: u64,
    /// Bytes that were read.
    pub bytes_received: u64,
    /// What broke connections, by errno name or in words.
    pub causes: BTreeMap<String, u64>,
}

/// An answer that was not the expected bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrupt {
    /// The exchange, where it is known.
    pub exchange: Option<String>,
    /// What should have come, the part that had come already included.
    pub expected: Vec<u8>,
    /// What came.
    pub actual: Vec<u8>,
    /// What was wrong, in words.
    pub what: &'static str,
}

impl Counts {
    /// Adds those of another worker.
    pub(super) fn add(&mut self, other: &Self) {
        let Self {
            sent,
            answered,
            corrupt,
            timeouts,
            failed,
            unsent,
            behind,
            deliveries,
            connections,
            refused,
            out_of_ports,
            dropped,
            bytes_sent,
            bytes_received,
            causes,
        } = other;
        self.sent += sent;
        self.answered += answered;
        self.corrupt += corrupt;
        self.timeouts += timeouts;
        self.failed += failed;
        self.unsent += unsent;
        self.behind += behind;
        for (sum, n) in self.deliveries.iter_mut().zip(deliveries) {
            *sum += n;
        }
        self.connections += connections;
        self.refused += refused;
        self.out_of_ports += out_of_ports;
        self.dropped += dropped;
        self.bytes_sent += bytes_sent;
        self.bytes_received += bytes_received;
        for (cause, n) in causes {
            *self.causes.entry(cause.clone()).or_default() += n;
        }
    }

    /// One more of this cause.
    pub(super) fn cause(&mut self, cause: &str) {
        match self.causes.get_mut(cause) {
            Some(n) => *n += 1,
            None => {
                self.causes.insert(cause.to_owned(), 1);
            }
        }
    }

    /// A connection could not be opened, for this cause.
    pub(super) fn refuse(&mut self, cause: &str) {
        self.refused += 1;
        self.out_of_ports += u64::from(cause == "EADDRNOTAVAIL");
        self.cause(cause);
    }

    /// True where each request that was begun has its end.
    pub fn add_up(&self) -> bool {
        self.sent == self.answered + self.timeouts + self.failed
    }

    /// Requests without a right or wrong answer for another reason than time: connections that
    /// broke or could not be opened, and requests that were never begun. That this machine has no
    /// ephemeral port left is no error of the target's.
    pub fn errors(&self) -> u64 {
        self.failed + self.unsent + self.refused.saturating_sub(self.out_of_ports)
    }
}

//! The state of one connection, and of the requests that are under way on it.

use super::mix::Split;
use super::socket::Socket;

/// One request that was begun and has no end yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// Its index among the job's turns.
    pub turn: u16,
    /// True where it counts: it belongs to the load, after the warm-up.
    pub measured: bool,
    /// How it is written.
    pub split: Split,
    /// When it was due, in nanoseconds.
    pub intended: u64,
    /// When its first byte was handed to the kernel, in nanoseconds.
    pub sent: u64,
}

impl Pending {
    /// What stands in a place that is not in use.
    pub(super) const NONE: Self = Self {
        turn: 0,
        measured: false,
        split: Split::Whole,
        intended: 0,
        sent: 0,
    };
}

/// Where a connection stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is none.
    Closed,
    /// connect(2) is under way.
    Connecting,
    /// The opening is played.
    Opening,
    /// It carries load.
    Ready,
    /// The closing is played.
    Closing,
}

/// One connection. Its pending requests stand in a ring of the worker's, oldest first.
#[derive(Debug)]
pub(super) struct Connection {
    pub socket: Option<Socket>,
    pub stage: Stage,
    /// The place of the oldest pending request in the ring.
    pub head: u32,
    /// Pending requests.
    pub len: u32,
    /// How many of the youngest are not written to their end.
    pub unwritten: u32,
    /// Bytes of the oldest of those that are written.
    pub written: u32,
    /// Bytes of the oldest pending request's answer that have come.
    pub matched: u32,
    /// Requests of the load that were begun on this connection.
    pub played: u32,
    /// The next turn of the opening or closing.
    pub turn: u16,
    /// True while it stands in the list of those that can take a request.
    pub listed: bool,
    /// True while its poller waits for room to write.
    pub wants_room: bool,
    /// True while a request of it is written in pieces, the next one in the loop's next turn.
    pub again: bool,
    /// True once anything was answered on it.
    pub answered: bool,
    /// When it was first tried to be opened, in nanoseconds.
    pub opened: u64,
    /// When it was last tried to be opened, in nanoseconds.
    pub begun: u64,
    /// Since when it could have taken another request, in nanoseconds.
    pub free_since: u64,
}

impl Connection {
    /// A place for a connection.
    pub(super) const CLOSED: Self = Self {
        socket: None,
        stage: Stage::Closed,
        head: 0,
        len: 0,
        unwritten: 0,
        written: 0,
        matched: 0,
        played: 0,
        turn: 0,
        listed: false,
        wants_room: false,
        again: false,
        answered: false,
        opened: 0,
        begun: 0,
        free_since: 0,
    };

    /// Forgets the last connection; the place stays where it is listed.
    pub(super) fn clear(&mut self) {
        *self = Self {
            listed: self.listed,
            again: self.again,
            ..Self::CLOSED
        };
    }

    /// True where the oldest pending request has been written to its end.
    pub(super) fn head_is_written(&self) -> bool {
        self.unwritten < self.len
    }
}

/// The pending requests of all connections of a worker: a ring of the same depth for each.
#[derive(Debug)]
pub(super) struct Rings {
    depth: u32,
    places: Vec<Pending>,
}

impl Rings {
    pub(super) fn new(connections: usize, depth: u32) -> Self {
        Self {
            depth,
            places: vec![Pending::NONE; connections * depth as usize],
        }
    }

    fn place(&self, index: usize, connection: &Connection, nth: u32) -> usize {
        let mut at = connection.head + nth;
        if at >= self.depth {
            at -= self.depth;
        }
        index * self.depth as usize + at as usize
    }

    /// The pending request number `nth` of the connection with this index, from the oldest on.
    pub(super) fn get(&self, index: usize, connection: &Connection, nth: u32) -> Pending {
        self.places[self.place(index, connection, nth)]
    }

    /// The same, to be changed.
    pub(super) fn get_mut(
        &mut self,
        index: usize,
        connection: &Connection,
        nth: u32,
    ) -> &mut Pending {
        let place = self.place(index, connection, nth);
        &mut self.places[place]
    }

    /// Adds the youngest. There must be room.
    pub(super) fn push(&mut self, index: usize, connection: &mut Connection, pending: Pending) {
        debug_assert!(connection.len < self.depth, "the ring is full");
        let place = self.place(index, connection, connection.len);
        self.places[place] = pending;
        connection.len += 1;
        connection.unwritten += 1;
    }

    /// Takes the oldest away.
    pub(super) fn pop(&self, connection: &mut Connection) {
        connection.head += 1;
        if connection.head == self.depth {
            connection.head = 0;
        }
        connection.len -= 1;
        connection.unwritten = connection.unwritten.min(connection.len);
        connection.matched = 0;
    }
}

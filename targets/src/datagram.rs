//! What a datagram server does with messages, apart from every socket.

use std::net::SocketAddr;

/// One server's side of a datagram protocol.
pub(crate) trait Responder: Send {
    /// One datagram; `reply` is empty.
    fn datagram(&mut self, datagram: Incoming<'_>, reply: &mut Vec<u8>) -> Answer;
}

/// A datagram that came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming<'a> {
    /// What fitted into the buffer.
    pub(crate) bytes: &'a [u8],
    /// Its sender over UDP; Unix senders have no such address.
    pub(crate) from: Option<SocketAddr>,
}

/// What a datagram gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// One datagram back to its sender, even if it is empty.
    Reply,
    /// One datagram back to whoever sent the server's first.
    ReplyToFirst,
    /// The reply in datagrams of at most this many bytes.
    Pieces(usize),
    /// One datagram to each of these, and no reply.
    Relay(Vec<(SocketAddr, Vec<u8>)>),
    /// Nothing.
    Silence,
    /// The server ends, for this reason.
    Crash(String),
}

/// Largest payload of a UDP datagram over IPv4 in bytes: 65,535 - 20 (IP) - 8 (UDP), RFC 768.
pub(crate) const DATAGRAM_MAX: usize = 65_507;

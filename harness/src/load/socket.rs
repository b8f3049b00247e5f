//! A connection of either kind under one name, chosen by a branch and not by a trait object.

use harness_net::{
    Datagram, Endpoint, NetError, Poller, Read, SocketOptions, Stream, TcpInfo, Transport, Write,
};

/// A stream or a connected datagram socket.
#[derive(Debug)]
pub(super) enum Socket {
    Stream(Stream),
    Datagram(Datagram),
}

impl Socket {
    /// Begins to connect; a datagram socket is connected at once.
    pub(super) fn begin(to: &Endpoint, options: &SocketOptions) -> Result<Self, NetError> {
        match to.transport() {
            Transport::Udp => Datagram::connect(to, options).map(Self::Datagram),
            _ => Stream::begin(to, options).map(Self::Stream),
        }
    }

    /// Joins a poller under a number.
    pub(super) fn join(&self, poller: &Poller, token: u32, write: bool) -> std::io::Result<()> {
        match self {
            Self::Stream(stream) => poller.add(stream, token, write),
            Self::Datagram(socket) => poller.add(socket, token, write),
        }
    }

    /// Changes whether its poller waits for room to write.
    pub(super) fn want_room(&self, poller: &Poller, token: u32, write: bool) {
        // It is in the set as long as it is open, so that this cannot fail.
        let _ = match self {
            Self::Stream(stream) => poller.change(stream, token, write),
            Self::Datagram(socket) => poller.change(socket, token, write),
        };
    }

    /// Writes; a datagram is taken whole or not at all.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<Write, NetError> {
        match self {
            Self::Stream(stream) => stream.write(bytes),
            Self::Datagram(socket) => match socket.send(bytes) {
                Ok(n) => Ok(Write::Took(n)),
                Err(e) if e.is("EAGAIN") => Ok(Write::Full),
                Err(e) => Err(e),
            },
        }
    }

    /// Reads. `buf` must hold any datagram.
    pub(super) fn read(&self, buf: &mut [u8]) -> Result<Read, NetError> {
        match self {
            Self::Stream(stream) => stream.read(buf),
            Self::Datagram(socket) => Ok(match socket.read(buf)? {
                Some(n) => Read::Got(n),
                None => Read::Nothing,
            }),
        }
    }

    /// TCP_INFO, where it is TCP.
    pub(super) fn tcp_info(&self) -> Option<TcpInfo> {
        match self {
            Self::Stream(stream) => stream.tcp_info(),
            Self::Datagram(_) => None,
        }
    }
}

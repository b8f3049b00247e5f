//! A socket that clients under test connect to.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Socket, Type};

use crate::connect::{self, unix_address};
use crate::stream::uninterrupted;
use crate::{Datagram, Endpoint, NetError, SocketOptions, Stream, Transport};

/// The queue of connections that are not accepted yet (listen(2)): a client under test opens few.
const BACKLOG: i32 = 64;

/// A bound socket, nonblocking and close-on-exec; over streams it listens. Dropping it closes it.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    at: Endpoint,
}

/// What a client's first sign of life becomes.
#[derive(Debug)]
pub enum Accepted {
    /// A connection.
    Stream(Stream),
    /// The conversation with the sender of the first datagram, which is still to be received.
    Datagram(Datagram),
}

impl Listener {
    /// Binds, and over streams listens. The options are those of each connection; the buffer sizes
    /// and TCP_MAXSEG count from the handshake on, since accepted sockets inherit them (tcp(7)).
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2), bind(2) and listen(2).
    pub fn bind(at: &Endpoint, options: &SocketOptions) -> Result<Self, NetError> {
        let fail = |call, e: &io::Error| NetError::new(call, format!("at {at}"), e);
        let (domain, kind, address) = match at {
            Endpoint::Tcp(addr) => (Domain::for_address(*addr), Type::STREAM, (*addr).into()),
            Endpoint::Udp(addr) => (Domain::for_address(*addr), Type::DGRAM, (*addr).into()),
            Endpoint::Unix(addr) => {
                let address = unix_address(addr).map_err(|e| fail("bind", &e))?;
                (Domain::UNIX, Type::STREAM, address)
            }
        };
        let socket = connect::socket(domain, kind, None, at)?;
        let early = SocketOptions {
            // The port was in use a moment ago, by a client that the harness closed first.
            reuseaddr: (at.transport() == Transport::Tcp).then_some(true),
            bind: None,
            bind_port: None,
            ..options.clone()
        };
        early.apply_before_connect(&socket, at.transport(), None)?;
        socket.bind(&address).map_err(|e| fail("bind", &e))?;
        if kind == Type::STREAM {
            socket.listen(BACKLOG).map_err(|e| fail("listen", &e))?;
        }
        Ok(Self {
            socket,
            at: at.clone(),
        })
    }

    /// Its address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.at
    }

    /// The next client, if one is there. Does not wait.
    ///
    /// Over UDP the listener itself becomes connected to the client: there is one a listener.
    ///
    /// # Errors
    /// Those of accept(2), setsockopt(2), recv(2) and connect(2).
    pub fn accept(&self, options: &SocketOptions) -> Result<Option<Accepted>, NetError> {
        let fail = |call, e: &io::Error| NetError::new(call, format!("at {}", self.at), e);
        if self.at.transport() == Transport::Udp {
            let from = match uninterrupted(|| self.socket.peek_sender()) {
                Ok(from) => from,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) => return Err(fail("recv", &e)),
            };
            let socket = self.socket.try_clone().map_err(|e| fail("dup", &e))?;
            return Datagram::accepted(socket, &self.at, &from)
                .map(|d| Some(Accepted::Datagram(d)));
        }
        match uninterrupted(|| self.socket.accept()) {
            Ok((socket, from)) => {
                socket
                    .set_nonblocking(true)
                    .map_err(|e| fail("fcntl", &e))?;
                let peer = match (&self.at, from.as_socket()) {
                    (Endpoint::Tcp(_), Some(addr)) => Endpoint::Tcp(addr),
                    // A client's Unix socket has no name of its own.
                    _ => self.at.clone(),
                };
                let stream = Stream::accepted(socket, self.at.clone(), peer);
                stream.set(options)?;
                Ok(Some(Accepted::Stream(stream)))
            }
            Err(e)
                if [io::ErrorKind::WouldBlock, io::ErrorKind::ConnectionAborted]
                    .contains(&e.kind()) =>
            {
                Ok(None)
            }
            Err(e) => Err(fail("accept", &e)),
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

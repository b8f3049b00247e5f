//! Where a client under test finds its server: an address of TCP, UDP or a Unix socket.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Socket, Type};

use crate::connect::{self, unix_address};
use crate::stream::uninterrupted;
use crate::{Datagram, Endpoint, Listener, NetError, SocketOptions, Stream, Transport};

/// The queue of connections that are not accepted yet (listen(2)): a client under test opens few.
const BACKLOG: u16 = 64;

/// A bound socket, nonblocking and close-on-exec; over streams it listens. Dropping it closes it.
#[derive(Debug)]
pub struct ClientPort {
    socket: Kind,
    at: Endpoint,
}

#[derive(Debug)]
enum Kind {
    Tcp(Listener),
    Unix(Socket),
    Udp(Datagram),
}

/// What a client's first sign of life becomes.
#[derive(Debug)]
pub enum Accepted {
    /// A connection.
    Stream(Stream),
    /// The conversation with the sender of the first datagram, which is still to be received.
    Datagram(Datagram),
}

impl ClientPort {
    /// Binds, and over streams listens. The options are those of each connection; the buffer sizes
    /// and TCP_MAXSEG count from the handshake on, since accepted sockets inherit them (tcp(7)).
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2), bind(2) and listen(2).
    pub fn bind(at: &Endpoint, options: &SocketOptions) -> Result<Self, NetError> {
        let socket = match at {
            Endpoint::Tcp(addr) => {
                // The port was in use a moment ago, by a client that the harness closed first.
                let options = SocketOptions {
                    reuseaddr: Some(true),
                    ..options.clone()
                };
                Kind::Tcp(Listener::bind(*addr, &options, BACKLOG)?)
            }
            Endpoint::Udp(addr) => Kind::Udp(Datagram::bound(*addr, options)?),
            Endpoint::Unix(addr) => {
                let fail = |call, e: &io::Error| NetError::new(call, format!("at {at}"), e);
                let address = unix_address(addr).map_err(|e| fail("bind", &e))?;
                let socket = connect::socket(Domain::UNIX, Type::STREAM, None, at)?;
                options.apply_before_connect(&socket, Transport::Unix, None)?;
                socket.bind(&address).map_err(|e| fail("bind", &e))?;
                socket
                    .listen(BACKLOG.into())
                    .map_err(|e| fail("listen", &e))?;
                Kind::Unix(socket)
            }
            Endpoint::UnixDgram(_) | Endpoint::UnixSeqpacket(_) => {
                return Err(
                    NetError::from_errno("bind", format!("at {at}"), libc::EPROTOTYPE)
                        .advice("clients are awaited on tcp://, udp:// and unix://"),
                );
            }
        };
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
    /// Over UDP the port itself becomes connected to the client: there is one a port.
    ///
    /// # Errors
    /// Those of accept(2), setsockopt(2), recv(2) and connect(2).
    pub fn accept(&self, options: &SocketOptions) -> Result<Option<Accepted>, NetError> {
        let stream = match &self.socket {
            Kind::Udp(datagram) => {
                return Ok(datagram.to_first_sender()?.map(Accepted::Datagram));
            }
            Kind::Tcp(listener) => listener.accept()?,
            Kind::Unix(socket) => self.accept_unix(socket)?,
        };
        let Some(stream) = stream else {
            return Ok(None);
        };
        stream.set(options)?;
        Ok(Some(Accepted::Stream(stream)))
    }

    fn accept_unix(&self, socket: &Socket) -> Result<Option<Stream>, NetError> {
        let fail = |call, e: &io::Error| NetError::new(call, format!("at {}", self.at), e);
        let accepted = match uninterrupted(|| socket.accept()) {
            Ok((accepted, _)) => accepted,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(fail("accept", &e)),
        };
        accepted
            .set_nonblocking(true)
            .map_err(|e| fail("fcntl", &e))?;
        // A client's Unix socket has no name of its own.
        let peer = self.at.clone();
        Ok(Some(Stream::accepted(accepted, self.at.clone(), peer)))
    }
}

impl AsFd for ClientPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.socket {
            Kind::Tcp(listener) => listener.as_fd(),
            Kind::Unix(socket) => socket.as_fd(),
            Kind::Udp(datagram) => datagram.as_fd(),
        }
    }
}

//! A TCP socket that others connect to.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::stream::uninterrupted;
use crate::{Endpoint, NetError, SocketOptions, Stream, TcpInfo, Transport, connect};

/// A listening TCP socket, nonblocking and close-on-exec. Dropping it closes it, and resets what
/// waits in its queue.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    at: Endpoint,
}

impl Listener {
    /// Binds and listens, with exactly the options that are given: SO_REUSEADDR too is off unless
    /// they say otherwise. Buffer sizes and TCP_MAXSEG count from the handshake on, since accepted
    /// sockets inherit them (tcp(7)). `backlog` is that of listen(2): connections that are complete
    /// and not accepted; Linux lets one more in.
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2), bind(2) and listen(2).
    pub fn bind(at: SocketAddr, options: &SocketOptions, backlog: u16) -> Result<Self, NetError> {
        let endpoint = Endpoint::Tcp(at);
        let fail = |call, e: &io::Error| NetError::new(call, format!("at {endpoint}"), e);
        let socket = connect::socket(
            Domain::for_address(at),
            Type::STREAM,
            Some(Protocol::TCP),
            &endpoint,
        )?;
        options
            .unbound()
            .apply_before_connect(&socket, Transport::Tcp, None)?;
        socket
            .bind(&SockAddr::from(at))
            .map_err(|e| fail("bind", &e))?;
        socket
            .listen(backlog.into())
            .map_err(|e| fail("listen", &e))?;
        let at = connect::local(&socket, &endpoint);
        Ok(Self { socket, at })
    }

    /// Its address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.at
    }

    /// The next connection of the queue, if there is one. Does not wait.
    ///
    /// # Errors
    /// Those of accept(2).
    pub fn accept(&self) -> Result<Option<Stream>, NetError> {
        let fail = |call, e: &io::Error| NetError::new(call, format!("at {}", self.at), e);
        let (socket, from) = match uninterrupted(|| self.socket.accept()) {
            Ok(accepted) => accepted,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(fail("accept", &e)),
        };
        socket
            .set_nonblocking(true)
            .map_err(|e| fail("fcntl", &e))?;
        let peer = from
            .as_socket()
            .map_or_else(|| self.at.clone(), Endpoint::Tcp);
        let local = connect::local(&socket, &self.at);
        Ok(Some(Stream::accepted(socket, local, peer)))
    }

    /// Connections that are complete and wait to be accepted. `None` where the system does not tell.
    pub fn queued(&self) -> Option<u32> {
        TcpInfo::of(self.as_fd()).map(|info| info.unacked)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

//! A UDP socket that talks to one peer.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::stream::{NOSIGNAL, uninterrupted};
use crate::{EffectiveOptions, Endpoint, NetError, Queues, SocketOptions, Transport};
use crate::{connect, sys};

/// A UDP socket, nonblocking and close-on-exec. Dropping it closes it.
#[derive(Debug)]
pub struct Datagram {
    socket: Socket,
    local: Endpoint,
    peer: Endpoint,
    /// Where datagrams go if the socket is not connected.
    to: Option<SockAddr>,
}

/// A datagram that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes that are in the buffer.
    pub len: usize,
    /// Bytes that the datagram had (MSG_TRUNC of recv(2)); elsewhere than on Linux, those in the
    /// buffer. 0 is a legal datagram, not an end.
    pub full_len: usize,
    /// True if the buffer was too short: the rest of the datagram is lost.
    pub truncated: bool,
    /// Who sent it.
    pub from: Option<SocketAddr>,
}

impl Datagram {
    /// A connected socket: datagrams of others are not seen, and ICMP errors are, as ECONNREFUSED
    /// of the next call (udp(7)).
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2), bind(2) and connect(2).
    pub fn connect(to: &Endpoint, options: &SocketOptions) -> Result<Self, NetError> {
        Self::open(to, options, true)
    }

    /// A socket that is not connected: replies from any address are seen, with that address; ICMP
    /// errors are not (udp(7)).
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2) and bind(2).
    pub fn unconnected(to: &Endpoint, options: &SocketOptions) -> Result<Self, NetError> {
        Self::open(to, options, false)
    }

    /// A UDP socket that is bound and talks to nobody in particular: it receives from anybody, and
    /// cannot send.
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2) and bind(2).
    pub fn bound(at: SocketAddr, options: &SocketOptions) -> Result<Self, NetError> {
        let endpoint = Endpoint::Udp(at);
        let socket = connect::socket(
            Domain::for_address(at),
            Type::DGRAM,
            Some(Protocol::UDP),
            &endpoint,
        )?;
        options
            .unbound()
            .apply_before_connect(&socket, Transport::Udp, None)?;
        socket
            .bind(&SockAddr::from(at))
            .map_err(|e| NetError::new("bind", format!("at {endpoint}"), &e))?;
        Ok(Self {
            socket,
            local: endpoint.clone(),
            peer: endpoint,
            to: None,
        })
    }

    fn open(to: &Endpoint, options: &SocketOptions, connected: bool) -> Result<Self, NetError> {
        let &Endpoint::Udp(addr) = to else {
            return Err(
                NetError::from_errno("connect", format!("to {to}"), libc::EPROTOTYPE)
                    .advice("datagrams need a udp:// endpoint"),
            );
        };
        let socket = connect::socket(
            Domain::for_address(addr),
            Type::DGRAM,
            Some(Protocol::UDP),
            to,
        )?;
        options.apply_before_connect(&socket, Transport::Udp, Some(addr))?;
        let address = SockAddr::from(addr);
        let to_addr = if connected {
            socket
                .connect(&address)
                .map_err(|e| NetError::new("connect", format!("to {to}"), &e))?;
            None
        } else {
            Some(address)
        };
        let local = connect::local(&socket, to);
        Ok(Self {
            socket,
            local,
            peer: to.clone(),
            to: to_addr,
        })
    }

    /// This bound socket, connected to the sender of the first datagram that waits in it. The
    /// datagram stays to be received.
    pub(crate) fn to_first_sender(&self) -> Result<Option<Self>, NetError> {
        let from = match uninterrupted(|| self.socket.peek_sender()) {
            Ok(from) => from,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(self.fail("recv", &e)),
        };
        let socket = self.socket.try_clone().map_err(|e| self.fail("dup", &e))?;
        socket
            .connect(&from)
            .map_err(|e| self.fail("connect", &e))?;
        let peer = from
            .as_socket()
            .map_or_else(|| self.local.clone(), Endpoint::Udp);
        Ok(Some(Self {
            socket,
            local: self.local.clone(),
            peer,
            to: None,
        }))
    }

    fn fail(&self, call: &'static str, error: &io::Error) -> NetError {
        NetError::new(call, format!("on {}", self.peer), error)
    }

    /// Sends one datagram; an empty one is legal. Returns the bytes taken, which are all.
    ///
    /// # Errors
    /// EMSGSIZE above 65,507 bytes (IPv4) or 65,527 (IPv6); ECONNREFUSED for an ICMP answer to an
    /// earlier datagram; EAGAIN where the send buffer is full; others of send(2).
    pub fn send(&self, bytes: &[u8]) -> Result<usize, NetError> {
        self.send_with(bytes, NOSIGNAL)
            .map_err(|e| self.fail("send", &e))
    }

    /// Adds bytes to the datagram that the next [`send`](Self::send) ends (MSG_MORE of send(2),
    /// udp(7); Linux).
    ///
    /// # Errors
    /// As [`send`](Self::send); EOPNOTSUPP where the system has no MSG_MORE.
    pub fn send_more(&self, bytes: &[u8]) -> Result<usize, NetError> {
        #[cfg(target_os = "linux")]
        let sent = self.send_with(bytes, NOSIGNAL | libc::MSG_MORE);
        #[cfg(not(target_os = "linux"))]
        let sent = {
            let _ = bytes;
            Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP))
        };
        sent.map_err(|e| self.fail("send", &e))
    }

    fn send_with(&self, bytes: &[u8], flags: i32) -> io::Result<usize> {
        uninterrupted(|| match &self.to {
            None => self.socket.send_with_flags(bytes, flags),
            Some(to) => self.socket.send_to_with_flags(bytes, to, flags),
        })
    }

    /// Datagrams that came and were dropped since the receive buffer was full (SO_MEMINFO of
    /// socket(7)). `None` where the system does not tell.
    pub fn dropped(&self) -> Option<u32> {
        sys::dropped(self.socket.as_fd())
    }

    /// Takes one datagram; `None` if none is there.
    ///
    /// # Errors
    /// ECONNREFUSED for an ICMP answer, on a connected socket; others of recv(2).
    pub fn recv(&self, buf: &mut [u8]) -> Result<Option<Received>, NetError> {
        match uninterrupted(|| sys::recv_datagram(&self.socket, buf)) {
            Ok((full_len, truncated, from)) => Ok(Some(Received {
                len: full_len.min(buf.len()),
                full_len,
                truncated,
                from: from.as_socket(),
            })),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(self.fail("recv", &e)),
        }
    }

    /// Takes one datagram of a connected socket, without its sender, which is the peer; `None` if none
    /// is there. What does not fit into the buffer is lost unseen: 65,536 bytes hold any datagram.
    ///
    /// # Errors
    /// ECONNREFUSED for an ICMP answer; others of recv(2).
    pub fn read(&self, buf: &mut [u8]) -> Result<Option<usize>, NetError> {
        match uninterrupted(|| (&self.socket).read(buf)) {
            Ok(n) => Ok(Some(n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(self.fail("recv", &e)),
        }
    }

    /// This end's address, as far as it is known: a socket that is not connected learns it with
    /// its first datagram.
    pub fn local(&self) -> &Endpoint {
        &self.local
    }

    /// The address that datagrams are sent to.
    pub fn peer(&self) -> &Endpoint {
        &self.peer
    }

    /// Sets options on the open socket.
    ///
    /// # Errors
    /// Names the option, the value and what is allowed.
    pub fn set(&self, options: &SocketOptions) -> Result<(), NetError> {
        Ok(options.apply_live(&self.socket, Transport::Udp)?)
    }

    /// All options as the kernel tells them now.
    pub fn effective(&self) -> EffectiveOptions {
        EffectiveOptions::of(&self.socket, Transport::Udp)
    }

    /// `unread`: bytes of the first datagram, without those behind it (FIONREAD of udp(7)).
    ///
    /// # Errors
    /// Those of ioctl(2).
    pub fn queues(&self) -> Result<Queues, NetError> {
        Queues::of(self.socket.as_fd(), Transport::Udp).map_err(|e| self.fail("ioctl", &e))
    }
}

impl AsFd for Datagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

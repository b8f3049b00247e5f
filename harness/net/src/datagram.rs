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

    fn fail(&self, call: &'static str, error: &io::Error) -> NetError {
        NetError::new(call, format!("on {}", self.peer), error)
    }

    /// Sends one datagram; an empty one is legal. Returns the bytes taken, which are all.
    ///
    /// # Errors
    /// EMSGSIZE above 65,507 bytes (IPv4) or 65,527 (IPv6); ECONNREFUSED for an ICMP answer to an
    /// earlier datagram; EAGAIN where the send buffer is full; others of send(2).
    pub fn send(&self, bytes: &[u8]) -> Result<usize, NetError> {
        match &self.to {
            None => uninterrupted(|| self.socket.send_with_flags(bytes, NOSIGNAL)),
            Some(to) => uninterrupted(|| self.socket.send_to_with_flags(bytes, to, NOSIGNAL)),
        }
        .map_err(|e| self.fail("send", &e))
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

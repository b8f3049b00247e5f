//! A socket whose messages keep their boundaries, and that talks to one peer: UDP, Unix datagrams,
//! or a Unix seqpacket connection.

use std::io::{self, Read as _};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::stream::{NOSIGNAL, Own, uninterrupted};
use crate::{
    EffectiveOptions, Endpoint, NetError, PeerCred, Queues, SocketOptions, Transport, UnixAddr,
};
use crate::{connect, sys};

/// A message socket, nonblocking and close-on-exec. Dropping it closes it.
#[derive(Debug)]
pub struct Datagram {
    pub(crate) own: Arc<Own>,
    local: Endpoint,
    peer: Endpoint,
    /// Where datagrams go if the socket is not connected.
    to: Option<SockAddr>,
    /// Where there is no autobind: the file that the socket is bound to.
    _file: Option<OwnFile>,
}

/// A message that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Bytes that are in the buffer.
    pub len: usize,
    /// Bytes that the message had (MSG_TRUNC of recv(2)); elsewhere than on Linux, those in the
    /// buffer. 0 is a legal message, not an end.
    pub full_len: usize,
    /// True if the buffer was too short: the rest of the message is lost.
    pub truncated: bool,
    /// Which IP socket sent it.
    pub from: Option<SocketAddr>,
    /// True for the end of a seqpacket connection: no message came, nor will one. An empty message
    /// looks the same to read(2); only the message has a sender's name (unix(7)).
    pub end: bool,
}

impl Datagram {
    /// A connected socket: datagrams of others are not seen, and errors are, as ECONNREFUSED of the
    /// next call (UDP: by ICMP, udp(7)). A Unix datagram socket is bound to a name of its own unless
    /// the options say otherwise, so that answers come back.
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2), bind(2) and connect(2). EAGAIN: the backlog of the
    /// seqpacket listener is full.
    pub fn connect(to: &Endpoint, options: &SocketOptions) -> Result<Self, NetError> {
        Self::open(to, options, true)
    }

    /// A UDP or Unix datagram socket that is not connected: replies from any address are seen, with
    /// that address; ICMP errors are not (udp(7)).
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
            own: Own::of(socket),
            local: endpoint.clone(),
            peer: endpoint,
            to: None,
            _file: None,
        })
    }

    fn open(to: &Endpoint, options: &SocketOptions, connected: bool) -> Result<Self, NetError> {
        let call = |e: &io::Error| NetError::new("connect", format!("to {to}"), e);
        let transport = to.transport();
        let (socket, address) = match to {
            Endpoint::Udp(addr) => {
                let domain = Domain::for_address(*addr);
                let socket = connect::socket(domain, Type::DGRAM, Some(Protocol::UDP), to)?;
                (socket, SockAddr::from(*addr))
            }
            Endpoint::UnixDgram(name) => unix(to, name, Type::DGRAM)?,
            Endpoint::UnixSeqpacket(name) if connected => unix(to, name, Type::SEQPACKET)?,
            _ => {
                return Err(
                    NetError::from_errno("connect", format!("to {to}"), libc::EPROTOTYPE).advice(
                        "datagrams need a udp:// or unix-dgram:// endpoint; unix-seqpacket:// must be connected",
                    ),
                );
            }
        };
        options.apply_before_connect(&socket, transport, to.socket_addr())?;
        let named = transport == Transport::UnixDgram && options.autobind != Some(false);
        let file = if named {
            name_itself(&socket).map_err(|e| NetError::new("bind", format!("for {to}"), &e))?
        } else {
            None
        };
        let unconnected_to = if connected {
            socket.connect(&address).map_err(|e| call(&e))?;
            None
        } else {
            Some(address)
        };
        let local = connect::local(&socket, to);
        Ok(Self {
            own: Own::of(socket),
            local,
            peer: to.clone(),
            to: unconnected_to,
            _file: file,
        })
    }

    /// This bound socket, connected to the sender of the first datagram that waits in it. The
    /// datagram stays to be received.
    pub(crate) fn to_first_sender(&self) -> Result<Option<Self>, NetError> {
        let from = match uninterrupted(|| self.own.socket.peek_sender()) {
            Ok(from) => from,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(e) => return Err(self.fail("recv", &e)),
        };
        let socket = self
            .own
            .socket
            .try_clone()
            .map_err(|e| self.fail("dup", &e))?;
        socket
            .connect(&from)
            .map_err(|e| self.fail("connect", &e))?;
        let peer = from
            .as_socket()
            .map_or_else(|| self.local.clone(), Endpoint::Udp);
        Ok(Some(Self {
            own: Own::of(socket),
            local: self.local.clone(),
            peer,
            to: None,
            _file: None,
        }))
    }

    fn fail(&self, call: &'static str, error: &io::Error) -> NetError {
        NetError::new(call, format!("on {}", self.peer), error)
    }

    /// Sends one message; an empty one is legal. Returns the bytes taken, which are all.
    ///
    /// # Errors
    /// EMSGSIZE above 65,507 bytes (IPv4) or 65,527 (IPv6), and on Unix above the send buffer less
    /// 32 bytes; ECONNREFUSED for an ICMP answer to an earlier datagram, or where nobody has the
    /// Unix name any more; EAGAIN where the send buffer, or the queue of a Unix peer, is full: then
    /// wait until the socket can be written; EPIPE after the end of a seqpacket connection; others
    /// of send(2).
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
        let socket = &self.own.socket;
        let sent = uninterrupted(|| match &self.to {
            None => socket.send_with_flags(bytes, flags),
            Some(to) => socket.send_to_with_flags(bytes, to, flags),
        })?;
        self.own.written.fetch_add(sent as u64, Ordering::Relaxed);
        Ok(sent)
    }

    /// Datagrams that came and were dropped since the receive buffer was full (SO_MEMINFO of
    /// socket(7)). `None` where the system does not tell.
    pub fn dropped(&self) -> Option<u32> {
        sys::dropped(self.as_fd())
    }

    /// Takes one message; `None` if none is there.
    ///
    /// # Errors
    /// ECONNREFUSED for an ICMP answer, on a connected socket; ECONNRESET where a seqpacket peer
    /// closed with messages unread; others of recv(2).
    pub fn recv(&self, buf: &mut [u8]) -> Result<Option<Received>, NetError> {
        match uninterrupted(|| sys::recv_datagram(&self.own.socket, buf)) {
            Ok((full_len, truncated, from)) => Ok(Some(Received {
                len: full_len.min(buf.len()),
                full_len,
                truncated,
                from: from.as_socket(),
                end: self.transport() == Transport::UnixSeqpacket
                    && full_len == 0
                    && from.len() == 0,
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
        match uninterrupted(|| (&self.own.socket).read(buf)) {
            Ok(n) => Ok(Some(n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(e) => Err(self.fail("recv", &e)),
        }
    }

    /// Closes the writing half of a seqpacket connection: the peer sees the end behind what is
    /// queued (shutdown(2) SHUT_WR).
    ///
    /// # Errors
    /// ENOTCONN where the connection is gone.
    pub fn shutdown_write(&self) -> Result<(), NetError> {
        self.own
            .socket
            .shutdown(Shutdown::Write)
            .map_err(|e| self.fail("shutdown", &e))
    }

    /// The process that listened on the seqpacket socket. `None` for datagrams.
    pub fn peer_cred(&self) -> Option<PeerCred> {
        match self.transport() {
            Transport::UnixSeqpacket => PeerCred::of(self.as_fd()),
            _ => None,
        }
    }

    /// Its kind of transport.
    pub fn transport(&self) -> Transport {
        self.peer.transport()
    }

    /// This end's address, as far as it is known: a UDP socket that is not connected learns it with
    /// its first datagram. A Unix socket shows its peer's.
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
        Ok(options.apply_live(&self.own.socket, self.transport())?)
    }

    /// All options as the kernel tells them now.
    pub fn effective(&self) -> EffectiveOptions {
        EffectiveOptions::of(&self.own.socket, self.transport())
    }

    /// `unread`: bytes of the first datagram, without those behind it (FIONREAD of udp(7)).
    ///
    /// # Errors
    /// Those of ioctl(2).
    pub fn queues(&self) -> Result<Queues, NetError> {
        Queues::of(self.as_fd(), self.transport()).map_err(|e| self.fail("ioctl", &e))
    }
}

impl AsFd for Datagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.own.socket.as_fd()
    }
}

/// A new Unix socket, and the name to connect it to.
fn unix(to: &Endpoint, name: &UnixAddr, kind: Type) -> Result<(Socket, SockAddr), NetError> {
    let address = connect::unix_address(name)
        .map_err(|e| NetError::new("connect", format!("to {to}"), &e))?;
    Ok((connect::socket(Domain::UNIX, kind, None, to)?, address))
}

/// Binds to a name of the kernel's choice in the abstract namespace: bind(2) of an empty address.
#[cfg(target_os = "linux")]
fn name_itself(socket: &Socket) -> io::Result<Option<OwnFile>> {
    socket.bind(&SockAddr::unix("")?)?;
    Ok(None)
}

/// Elsewhere, to a file of its own.
#[cfg(not(target_os = "linux"))]
fn name_itself(socket: &Socket) -> io::Result<Option<OwnFile>> {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("harness-{}-{number}.sock", std::process::id());
    let file = OwnFile(std::env::temp_dir().join(name));
    socket.bind(&SockAddr::unix(&file.0)?)?;
    Ok(Some(file))
}

/// The file of a bound socket, removed with it.
#[derive(Debug)]
struct OwnFile(
    #[cfg_attr(
        target_os = "linux",
        expect(dead_code, reason = "Linux binds without a file")
    )]
    std::path::PathBuf,
);

#[cfg(not(target_os = "linux"))]
impl Drop for OwnFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

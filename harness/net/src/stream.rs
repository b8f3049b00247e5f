//! One connection that carries a byte stream, over TCP or a Unix socket.

use std::io::{self, IoSlice, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use socket2::Socket;

use crate::connect;
use crate::{
    EffectiveOptions, Endpoint, Interest, NetError, PeerCred, SocketOptions, TcpInfo, Transport,
};

/// A connected stream socket, nonblocking and close-on-exec. Dropping it closes it.
#[derive(Debug)]
pub struct Stream {
    pub(crate) own: Arc<Own>,
    /// Asked for when it is first wanted.
    local: OnceLock<Endpoint>,
    peer: Endpoint,
}

/// What a [`PeerWatch`](crate::PeerWatch) shares with the connection that it watches.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) socket: Socket,
    /// Bytes that the kernel took from us since the connection began.
    pub(crate) written: AtomicU64,
}

impl Own {
    pub(crate) fn of(socket: Socket) -> Arc<Self> {
        Arc::new(Self {
            socket,
            written: AtomicU64::new(0),
        })
    }
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// So many bytes were taken, which may be fewer than given (send(2)).
    Took(usize),
    /// The send buffer is full (EAGAIN): nothing was taken.
    Full,
}

/// What became of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes, at least one.
    Got(usize),
    /// Nothing is there yet (EAGAIN).
    Nothing,
    /// The peer closed its writing half (FIN), and everything before that was read.
    End,
}

/// How many bytes wait where. What is acknowledged but unread shows in none of them: ask a
/// [`PeerWatch`](crate::PeerWatch).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queues {
    /// Bytes received that were not read yet (FIONREAD of tcp(7), unix(7)). On UDP: of the first
    /// datagram.
    pub unread: usize,
    /// Bytes written that the peer's kernel did not acknowledge yet, those not sent included
    /// (SIOCOUTQ of tcp(7)). On a Unix socket it counts memory, not bytes: 0 means that the peer
    /// read everything.
    pub unacked: usize,
    /// Bytes written that did not leave yet (SIOCOUTQNSD). 0 on Unix sockets and UDP.
    pub unsent: usize,
}

/// Slices of a vectored write that need no allocation.
const SLICES_ON_STACK: usize = 16;

impl Stream {
    /// Connects, and sets `options`: those that must stand before connect(2) before it.
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2), bind(2) and connect(2). ETIMEDOUT also means that the
    /// deadline passed first; the text says which. On a Unix socket, EAGAIN means that the backlog
    /// was full until the deadline.
    pub fn connect(
        to: &Endpoint,
        options: &SocketOptions,
        deadline: Instant,
    ) -> Result<Self, NetError> {
        let stream = Self::of(connect::stream(to, options, deadline)?, to);
        // While the connection stands: a closed one has no address any more.
        stream.local();
        Ok(stream)
    }

    /// Begins to connect and does not wait. Until the connection stands, writes are
    /// [`Write::Full`] and reads [`Read::Nothing`]; room to write, or an error of the next call,
    /// tells the outcome, as [`await_connected`](Self::await_connected) does. Options that only a
    /// connected socket keeps (cork, quickack) are not set.
    ///
    /// # Errors
    /// Those of socket(2), setsockopt(2), bind(2) and connect(2) that show at once: EADDRNOTAVAIL
    /// where ephemeral ports have run out, EAGAIN where the backlog of a Unix socket is full.
    pub fn begin(to: &Endpoint, options: &SocketOptions) -> Result<Self, NetError> {
        Ok(Self::of(connect::begin(to, options)?, to))
    }

    /// Waits until a connection that was begun stands.
    ///
    /// # Errors
    /// Those of connect(2); ETIMEDOUT where the deadline passed first, as its text says.
    pub fn await_connected(&self, deadline: Instant) -> Result<(), NetError> {
        connect::finish(&self.own.socket, &self.peer, deadline)
    }

    /// A socket that is connected already.
    pub(crate) fn accepted(socket: Socket, local: Endpoint, peer: Endpoint) -> Self {
        let stream = Self::of(socket, &peer);
        // It has none yet, so that this cannot fail.
        let _ = stream.local.set(local);
        stream
    }

    fn of(socket: Socket, to: &Endpoint) -> Self {
        Self {
            own: Own::of(socket),
            local: OnceLock::new(),
            peer: to.clone(),
        }
    }

    fn context(&self) -> String {
        format!("on {}", self.peer)
    }

    fn wrote(&self, call: &'static str, result: io::Result<usize>) -> Result<Write, NetError> {
        match result {
            Ok(n) => {
                self.own.written.fetch_add(n as u64, Ordering::Relaxed);
                Ok(Write::Took(n))
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(Write::Full),
            Err(e) => Err(NetError::new(call, self.context(), &e)),
        }
    }

    /// Hands bytes to the kernel (send(2) with MSG_NOSIGNAL). No bytes are a call that does
    /// nothing on a stream: [`Write::Took`]`(0)`.
    ///
    /// # Errors
    /// EPIPE after a RST or a shutdown, ECONNRESET, ETIMEDOUT and others of send(2).
    pub fn write(&self, bytes: &[u8]) -> Result<Write, NetError> {
        let socket = &self.own.socket;
        self.wrote(
            "send",
            uninterrupted(|| socket.send_with_flags(bytes, NOSIGNAL)),
        )
    }

    /// As [`write`](Self::write), and tells the kernel that more follows at once: it holds a
    /// partial segment back for at most 200 ms (MSG_MORE of send(2), Linux).
    ///
    /// # Errors
    /// As [`write`](Self::write); EOPNOTSUPP where the system has no MSG_MORE.
    pub fn write_more(&self, bytes: &[u8]) -> Result<Write, NetError> {
        #[cfg(target_os = "linux")]
        {
            let socket = &self.own.socket;
            self.wrote(
                "send",
                uninterrupted(|| socket.send_with_flags(bytes, NOSIGNAL | libc::MSG_MORE)),
            )
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = bytes;
            Err(
                NetError::from_errno("send", self.context(), libc::EOPNOTSUPP)
                    .advice("MSG_MORE exists on Linux only"),
            )
        }
    }

    /// Hands several slices to the kernel in one call (sendmsg(2)).
    ///
    /// # Errors
    /// As [`write`](Self::write); EMSGSIZE for more than 1024 slices (IOV_MAX).
    pub fn write_vectored(&self, slices: &[&[u8]]) -> Result<Write, NetError> {
        let socket = &self.own.socket;
        let send =
            |s: &[IoSlice<'_>]| uninterrupted(|| socket.send_vectored_with_flags(s, NOSIGNAL));
        let result = if slices.len() <= SLICES_ON_STACK {
            let io: [IoSlice<'_>; SLICES_ON_STACK] =
                std::array::from_fn(|i| IoSlice::new(slices.get(i).copied().unwrap_or(&[])));
            send(&io[..slices.len()])
        } else {
            send(&slices.iter().map(|s| IoSlice::new(s)).collect::<Vec<_>>())
        };
        self.wrote("sendmsg", result)
    }

    /// Takes bytes from the kernel (recv(2)). An empty `buf` gives [`Read::Nothing`].
    ///
    /// # Errors
    /// ECONNRESET after a RST (EPIPE where it came after the peer's FIN), ETIMEDOUT and others of
    /// recv(2).
    pub fn read(&self, buf: &mut [u8]) -> Result<Read, NetError> {
        if buf.is_empty() {
            return Ok(Read::Nothing);
        }
        match uninterrupted(|| (&self.own.socket).read(buf)) {
            Ok(0) => Ok(Read::End),
            Ok(n) => Ok(Read::Got(n)),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(Read::Nothing),
            Err(e) => Err(NetError::new("recv", self.context(), &e)),
        }
    }

    /// True if a read would return at once: data, the end, or an error. One poll(2) without wait,
    /// which consumes nothing; an error of the poll itself counts as something to look at.
    pub fn has_input(&self) -> bool {
        let interest = [Interest {
            fd: self.as_fd(),
            read: true,
            write: false,
        }];
        let mut ready = [crate::Ready::default()];
        crate::poll_into(&interest, Duration::ZERO, &mut ready).is_err() || ready[0].any()
    }

    /// Bytes that the kernel took since the connection began.
    pub fn written(&self) -> u64 {
        self.own.written.load(Ordering::Relaxed)
    }

    /// Sets options on the open connection.
    ///
    /// # Errors
    /// Names the option, the value and what is allowed. Options that stand before the failing one
    /// are set.
    pub fn set(&self, options: &SocketOptions) -> Result<(), NetError> {
        Ok(options.apply_live(&self.own.socket, self.transport())?)
    }

    /// All options as the kernel tells them now.
    pub fn effective(&self) -> EffectiveOptions {
        EffectiveOptions::of(&self.own.socket, self.transport())
    }

    /// TCP_INFO; `None` on Unix sockets and on systems without it.
    pub fn tcp_info(&self) -> Option<TcpInfo> {
        match self.transport() {
            Transport::Tcp => TcpInfo::of(self.as_fd()),
            _ => None,
        }
    }

    /// How many bytes wait in this end's queues.
    ///
    /// # Errors
    /// Those of ioctl(2).
    pub fn queues(&self) -> Result<Queues, NetError> {
        Queues::of(self.as_fd(), self.transport())
            .map_err(|e| NetError::new("ioctl", self.context(), &e))
    }

    /// Closes the writing half (shutdown(2) SHUT_WR): FIN, after what is queued.
    ///
    /// # Errors
    /// ENOTCONN where the connection is gone.
    pub fn shutdown_write(&self) -> Result<(), NetError> {
        self.own
            .socket
            .shutdown(std::net::Shutdown::Write)
            .map_err(|e| NetError::new("shutdown", self.context(), &e))
    }

    /// Closes both halves: FIN, or RST if received bytes are unread (RFC 9293 SHLD-3, the kernel's
    /// rule).
    pub fn close(self) {}

    /// Closes with RST and without TIME_WAIT (SO_LINGER of 0 s, socket(7); ABORT of RFC 9293
    /// section 3.9.1.6). A Unix socket has no RST and is closed.
    ///
    /// # Errors
    /// Those of setsockopt(2); the socket is closed all the same.
    pub fn reset(self) -> Result<(), NetError> {
        if self.transport() != Transport::Tcp {
            return Ok(());
        }
        self.own
            .socket
            .set_linger(Some(Duration::ZERO))
            .map_err(|e| NetError::new("setsockopt", self.context(), &e))
    }

    /// This end's address. A Unix socket that was not bound shows its peer's.
    pub fn local(&self) -> &Endpoint {
        self.local
            .get_or_init(|| connect::local(&self.own.socket, &self.peer))
    }

    /// The address that was connected to, or that was accepted from.
    pub fn peer(&self) -> &Endpoint {
        &self.peer
    }

    /// TCP or Unix.
    pub fn transport(&self) -> Transport {
        self.peer.transport()
    }

    /// The process that listened on the Unix socket. `None` on TCP, and on systems without it.
    pub fn peer_cred(&self) -> Option<PeerCred> {
        match self.transport() {
            Transport::Unix => PeerCred::of(self.as_fd()),
            _ => None,
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.own.socket.as_fd()
    }
}

impl Queues {
    pub(crate) fn of(fd: BorrowedFd<'_>, transport: Transport) -> io::Result<Self> {
        let mut queues = Self {
            unread: crate::sys::unread(fd)?,
            ..Self::default()
        };
        if cfg!(target_os = "linux") {
            queues.unacked = crate::sys::unacked(fd)?;
        }
        if transport == Transport::Tcp {
            queues.unsent = crate::sys::unsent(fd)?;
        }
        Ok(queues)
    }
}

/// A write to a broken connection gives EPIPE, not SIGPIPE (send(2)).
#[cfg(target_os = "linux")]
pub(crate) const NOSIGNAL: i32 = libc::MSG_NOSIGNAL;
/// Elsewhere the option SO_NOSIGPIPE does it, which socket2 sets on creation.
#[cfg(not(target_os = "linux"))]
pub(crate) const NOSIGNAL: i32 = 0;

pub(crate) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

//! Looks at the peer's end of a connection, which is on the same host, from outside.
//!
//! TCP: sock_diag(7) on the reversed 4-tuple. Each look asks for INET_DIAG_INFO, for two reasons.
//! `tcpi_bytes_received` says that the bytes have arrived at all: an empty queue alone is also what
//! a look sees that came too early. And the kernel takes the socket's lock to fill it in, so that
//! the answer waits for a recv(2) that is under way: that call cannot pick up bytes that are
//! written after the look. An answer reads the queue before the counter; so bytes are proved
//! consumed only by a look that covers them and a *later* one with an empty queue.
//!
//! Unix, messages as well as streams: own SIOCOUTQ (unix(7)) is 0, and then no reader is inside the
//! peer's socket (`unix_peer`).

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::unix_peer::UnixPeer;
use crate::netlink::Diag;
use crate::stream::Own;
use crate::tcp_info::BYTES_RECEIVED_AT;
use crate::{Datagram, Interest, Ready, Stream, TcpState, Transport, sys};

/// Watches the peer's end of one connection. It holds one netlink socket, which
/// [`rebind`](Self::rebind) takes along to the next connection.
#[derive(Debug)]
pub struct PeerWatch {
    /// Opened for the first TCP connection.
    diag: Option<Diag>,
    peer: Peer,
    /// Bytes that an earlier look has seen arrive.
    covered: u64,
    looks: u64,
    pub(super) unix: UnixPeer,
}

#[derive(Debug)]
enum Peer {
    /// The peer's address, and ours.
    Tcp(SocketAddr, SocketAddr),
    Unix(Weak<Own>),
}

/// The peer's end as one look sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerState {
    /// Bytes that the peer's kernel took since the connection began, and one for a FIN.
    pub received: u64,
    /// Bytes that the peer's application has not read yet; a FIN may count one.
    /// On Unix sockets that were not accepted yet: a figure in bytes of memory.
    pub unread: u32,
    /// The state of the peer's socket. On Unix sockets: ESTABLISHED or CLOSED.
    pub state: TcpState,
    /// The inode of the peer's socket, for [`owner`](crate::owner); 0 where no process holds it
    /// (not accepted yet, or closed) or it is not known.
    pub inode: u64,
}

/// Why a look saw nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// Nothing can be seen: another host or network namespace, no sock_diag(7), another system.
    #[error("the peer's socket cannot be watched: {why}")]
    Unavailable {
        /// What is missing.
        why: String,
    },
    /// The peer's socket, or our own, is gone: closed or reset.
    #[error("the peer's socket is gone: it was closed or reset")]
    Gone,
}

impl WatchError {
    fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into() }
    }

    fn io(call: &str, error: &io::Error) -> Self {
        Self::unavailable(format!("{call}: {error}"))
    }
}

impl PeerWatch {
    /// Watches the peer of `stream`, and looks once to learn whether that works.
    ///
    /// # Errors
    /// [`WatchError::Unavailable`], with the reason; [`WatchError::Gone`] if the connection is over
    /// already.
    pub fn new(stream: &Stream) -> Result<Self, WatchError> {
        let mut watch = Self {
            diag: None,
            peer: Peer::Unix(Weak::new()),
            covered: 0,
            looks: 0,
            unix: UnixPeer::default(),
        };
        watch.rebind(stream)?;
        Ok(watch)
    }

    /// Watches the peer of a Unix datagram or seqpacket socket that is connected.
    ///
    /// # Errors
    /// [`WatchError::Unavailable`], with the reason: on UDP nothing tells what was read.
    pub fn of_messages(socket: &Datagram) -> Result<Self, WatchError> {
        if !socket.transport().is_unix() {
            return Err(WatchError::unavailable(
                "a UDP socket's peer does not say what it read",
            ));
        }
        sys::unacked(socket.as_fd()).map_err(|e| WatchError::io("SIOCOUTQ", &e))?;
        Ok(Self {
            diag: None,
            peer: Peer::Unix(Arc::downgrade(&socket.own)),
            covered: 0,
            looks: 0,
            unix: UnixPeer::default(),
        })
    }

    /// Watches another connection from now on; takes no new file descriptor.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn rebind(&mut self, stream: &Stream) -> Result<(), WatchError> {
        self.covered = 0;
        if stream.transport() == Transport::Unix {
            self.peer = Peer::Unix(Arc::downgrade(&stream.own));
            self.unix = UnixPeer::default();
            return sys::unacked(stream.as_fd())
                .map(drop)
                .map_err(|e| WatchError::io("SIOCOUTQ", &e));
        }
        if self.diag.is_none() {
            let diag = Diag::open().map_err(|e| WatchError::io("sock_diag(7)", &e))?;
            self.diag = Some(diag);
        }
        // From the kernel: what was connected to may have been 0.0.0.0.
        let socket = &stream.own.socket;
        let peer = socket.peer_addr().ok().and_then(|a| a.as_socket());
        let own = socket.local_addr().ok().and_then(|a| a.as_socket());
        let (Some(peer), Some(own)) = (peer, own) else {
            return Err(WatchError::Gone);
        };
        self.peer = Peer::Tcp(peer, own);
        match self.look() {
            Ok(_) => Ok(()),
            Err(WatchError::Gone) if is_established(stream) => {
                Err(WatchError::unavailable(format!(
                    "no socket {peer} <- {own} is in this network namespace; the peer is on \
                     another host, in a container, or behind a proxy"
                )))
            }
            Err(e) => Err(e),
        }
    }

    /// One look: a few microseconds, no allocation.
    ///
    /// # Errors
    /// [`WatchError::Gone`] where the peer's socket does not exist any more, also if it is in
    /// TIME_WAIT; [`WatchError::Unavailable`] if the kernel's answer cannot be used.
    pub fn look(&mut self) -> Result<PeerState, WatchError> {
        match &self.peer {
            Peer::Tcp(peer, own) => {
                let (peer, own) = (*peer, *own);
                self.look_tcp(peer, own)
            }
            Peer::Unix(own) => {
                let own = own.upgrade().ok_or(WatchError::Gone)?;
                self.look_unix(&own)
            }
        }
    }

    fn look_tcp(&mut self, peer: SocketAddr, own: SocketAddr) -> Result<PeerState, WatchError> {
        self.looks += 1;
        let Some(diag) = &mut self.diag else {
            return Err(WatchError::unavailable("no netlink socket"));
        };
        let answer = diag
            .tcp_exact(peer, own, true)
            .map_err(|e| WatchError::io("sock_diag(7)", &e))?
            .ok_or(WatchError::Gone)?;
        let state = TcpState::from_linux(answer.state).ok_or(WatchError::Gone)?;
        let received = match answer.info {
            Some(info) => info
                .get(BYTES_RECEIVED_AT..BYTES_RECEIVED_AT + 8)
                .and_then(|b| Some(u64::from_ne_bytes(b.try_into().ok()?)))
                .ok_or_else(|| {
                    WatchError::unavailable("tcpi_bytes_received is missing: Linux 4.1 or later")
                })?,
            // The handshake is not over: nothing was taken.
            None if state == TcpState::SynReceived => 0,
            None => return Err(WatchError::Gone),
        };
        Ok(PeerState {
            received,
            unread: answer.rqueue,
            state,
            inode: answer.inode.into(),
        })
    }

    fn look_unix(&mut self, own: &Own) -> Result<PeerState, WatchError> {
        self.looks += 1;
        let estimate = unix_unread(own)?;
        let diag = unix_diag(&mut self.diag)?;
        let inode = self.unix.inode(own, diag);
        let exact = self.unix.unread(own, diag);
        Ok(PeerState {
            received: own.written.load(Ordering::Relaxed),
            unread: exact.ok().flatten().unwrap_or(estimate),
            state: TcpState::Established,
            inode: inode.ok().flatten().map_or(0, u64::from),
        })
    }

    /// True once the first `sent` bytes of the connection were read by the peer's application: a
    /// look covers them, and a later look shows an empty queue. Each call is one look; call again
    /// until it is true. That the peer read an end of stream (FIN) cannot be asked: the kernel takes
    /// it out of the queue together with the byte before it.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub fn consumed(&mut self, sent: u64) -> Result<bool, WatchError> {
        match &self.peer {
            Peer::Tcp(peer, own) => {
                let (peer, own) = (*peer, *own);
                let seen = self.look_tcp(peer, own)?;
                let consumed = self.covered >= sent && seen.unread == 0;
                self.covered = self.covered.max(seen.received);
                // Whoever closed reads nothing more: what it did not take, it never will.
                if !consumed && seen.received < sent && seen.inode == 0 && is_closing(seen.state) {
                    return Err(WatchError::Gone);
                }
                Ok(consumed)
            }
            Peer::Unix(own) => {
                self.looks += 1;
                let own = own.upgrade().ok_or(WatchError::Gone)?;
                if unix_unread(&own)? != 0 {
                    return Ok(false);
                }
                if own.written.load(Ordering::Relaxed) == 0 {
                    return Ok(true);
                }
                let diag = unix_diag(&mut self.diag)?;
                self.unix
                    .readers_are_through(&own, diag)
                    .map_err(|e| WatchError::io("the peer's process", &e))
            }
        }
    }

    /// A cheap sign that another call of [`consumed`](Self::consumed) may answer yes. It locks
    /// nothing, and proves nothing.
    pub(crate) fn seems_consumed(&mut self, stream: &Stream) -> Result<bool, WatchError> {
        self.looks += 1;
        match (&self.peer, &mut self.diag) {
            (Peer::Tcp(peer, own), Some(diag)) => {
                let answer = diag
                    .tcp_exact(*peer, *own, false)
                    .map_err(|e| WatchError::io("sock_diag(7)", &e))?;
                if answer.is_some_and(|a| a.rqueue > 0) {
                    return Ok(false);
                }
                // The reader lets go of the lock once it has acknowledged, if it does that at all.
                for _ in 0..ACK_TURNS {
                    if sys::unacked(stream.as_fd()).is_ok_and(|n| n == 0) {
                        break;
                    }
                }
                Ok(true)
            }
            _ => sys::unacked(stream.as_fd())
                .map(|n| n == 0)
                .map_err(|e| WatchError::io("ioctl", &e)),
        }
    }

    /// True if at least `bytes` lie unread in the peer's queue. One look.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub fn queued(&mut self, bytes: u64) -> Result<bool, WatchError> {
        Ok(u64::from(self.look()?.unread) >= bytes)
    }

    /// How many looks this watch took in its life.
    pub fn looks(&self) -> u64 {
        self.looks
    }
}

fn unix_diag(diag: &mut Option<Diag>) -> Result<&mut Diag, WatchError> {
    match diag {
        Some(diag) => Ok(diag),
        None => Ok(diag.insert(Diag::open().map_err(|e| WatchError::io("sock_diag(7)", &e))?)),
    }
}

/// How often our own SIOCOUTQ is asked for the acknowledgement of a read, about 2 us in all.
const ACK_TURNS: u32 = 10;

/// Own SIOCOUTQ; an error if the peer is gone, because its queue is emptied then too. The kernel
/// shuts our end down before it empties the queue, so that asking in this order cannot miss it.
fn unix_unread(own: &Own) -> Result<u32, WatchError> {
    let fd = own.socket.as_fd();
    let unacked = sys::unacked(fd).map_err(|e| WatchError::io("ioctl", &e))?;
    if unacked == 0 {
        let interest = [Interest {
            fd,
            read: false,
            write: false,
        }];
        let mut ready = [Ready::default()];
        crate::poll_into(&interest, Duration::ZERO, &mut ready)
            .map_err(|e| WatchError::io("poll", &e))?;
        if ready[0].hangup || ready[0].error {
            return Err(WatchError::Gone);
        }
    }
    Ok(u32::try_from(unacked).unwrap_or(u32::MAX))
}

fn is_closing(state: TcpState) -> bool {
    !matches!(
        state,
        TcpState::Established | TcpState::CloseWait | TcpState::SynReceived
    )
}

fn is_established(stream: &Stream) -> bool {
    stream
        .tcp_info()
        .is_none_or(|i| i.state == TcpState::Established)
}

//! A bound Unix datagram socket.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{self, UnixDatagram};
use std::time::Duration;

use super::datagrams::Bound;

/// How long a reply waits for room in its client's queue, which holds few datagrams (unix(7),
/// max_dgram_qlen): the server has no other clients to serve meanwhile than those that can wait.
const ROOM_WITHIN: Duration = Duration::from_secs(1);

/// A bound Unix datagram socket.
pub(super) struct UnixDgram {
    socket: UnixDatagram,
    /// What replies leave from.
    sender: UnixDatagram,
}

impl UnixDgram {
    pub(super) fn new(socket: UnixDatagram, answers_from_another: bool) -> io::Result<Self> {
        let sender = if answers_from_another {
            UnixDatagram::unbound()?
        } else {
            socket.try_clone()?
        };
        // Both descriptors are one socket and share this mode: reads are polled for before.
        sender.set_nonblocking(false)?;
        sender.set_write_timeout(Some(ROOM_WITHIN))?;
        Ok(Self { socket, sender })
    }
}

impl AsFd for UnixDgram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Bound for UnixDgram {
    type Peer = net::SocketAddr;

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<Self::Peer>)> {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        let mut set = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        if poll(&mut set, PollTimeout::ZERO)? == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let (size, from) = self.socket.recv_from(buffer)?;
        Ok((size, (!from.is_unnamed()).then_some(from)))
    }

    fn send(&self, reply: &[u8], to: &Self::Peer) {
        let _ = self.sender.send_to_addr(reply, to);
    }

    fn address(_: &Self::Peer) -> Option<SocketAddr> {
        None
    }

    fn at(_: SocketAddr) -> Option<Self::Peer> {
        None
    }
}

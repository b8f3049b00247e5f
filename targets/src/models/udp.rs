//! A bound UDP socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use nix::cmsg_space;
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
};

use super::datagrams::Bound;

/// The local address that a datagram came to; replies leave from it. A server bound to the
/// wildcard address would otherwise answer from whatever address the route suggests, and a
/// connected client never sees that reply (ip(7), IP_PKTINFO).
#[derive(Clone, Copy)]
pub(super) enum Local {
    /// Bound to one address: the kernel uses that.
    Bound,
    V4(nix::libc::in_pktinfo),
    V6(nix::libc::in6_pktinfo),
}

/// A bound UDP socket.
pub(super) struct Udp {
    socket: UdpSocket,
    /// Fault: what replies leave from.
    other: Option<UdpSocket>,
    wildcard: bool,
}

impl Udp {
    pub(super) fn new(socket: UdpSocket, answers_from_another: bool) -> io::Result<Self> {
        let local = socket.local_addr()?;
        let wildcard = local.ip().is_unspecified();
        if wildcard {
            match local.ip() {
                IpAddr::V4(_) => setsockopt(&socket, Ipv4PacketInfo, &true)?,
                IpAddr::V6(_) => setsockopt(&socket, Ipv6RecvPacketInfo, &true)?,
            }
        }
        let other = if answers_from_another {
            Some(UdpSocket::bind((local.ip(), 0))?)
        } else {
            None
        };
        Ok(Self {
            socket,
            other,
            wildcard,
        })
    }
}

impl AsFd for Udp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Bound for Udp {
    type Peer = (SocketAddr, Local);

    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<Self::Peer>)> {
        let (size, from, to) = if self.wildcard {
            receive_with_local(&self.socket, buffer)?
        } else {
            let (size, from) = self.socket.recv_from(buffer)?;
            (size, from, Local::Bound)
        };
        Ok((size, Some((from, to))))
    }

    fn send(&self, reply: &[u8], (client, from): &Self::Peer) {
        let socket = self.other.as_ref().unwrap_or(&self.socket);
        let info = match from {
            Local::Bound => {
                let _ = socket.send_to(reply, client);
                return;
            }
            Local::V4(info) => [ControlMessage::Ipv4PacketInfo(info)],
            Local::V6(info) => [ControlMessage::Ipv6PacketInfo(info)],
        };
        let _ = sendmsg(
            socket.as_raw_fd(),
            &[IoSlice::new(reply)],
            &info,
            MsgFlags::empty(),
            Some(&SockaddrStorage::from(*client)),
        );
    }

    fn address((client, _): &Self::Peer) -> Option<SocketAddr> {
        Some(*client)
    }

    fn at(address: SocketAddr) -> Option<Self::Peer> {
        Some((address, Local::Bound))
    }
}

fn receive_with_local(
    socket: &UdpSocket,
    buffer: &mut [u8],
) -> io::Result<(usize, SocketAddr, Local)> {
    let mut control = cmsg_space!(nix::libc::in_pktinfo, nix::libc::in6_pktinfo);
    let mut parts = [IoSliceMut::new(buffer)];
    let message = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut control),
        MsgFlags::empty(),
    )?;
    let from = message.address.and_then(socket_addr).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "a datagram without an address")
    })?;
    let mut local = Local::Bound;
    for control in message.cmsgs()? {
        match control {
            ControlMessageOwned::Ipv4PacketInfo(mut info) => {
                // The interface is left to the route: only the source address is wanted.
                info.ipi_ifindex = 0;
                info.ipi_spec_dst = info.ipi_addr;
                local = Local::V4(info);
            }
            ControlMessageOwned::Ipv6PacketInfo(info) => local = Local::V6(info),
            _ => {}
        }
    }
    Ok((message.bytes, from, local))
}

fn socket_addr(addr: SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = addr.as_sockaddr_in() {
        return Some(SocketAddr::V4((*v4).into()));
    }
    addr.as_sockaddr_in6()
        .map(|v6| SocketAddr::V6((*v6).into()))
}

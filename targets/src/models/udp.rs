//! Datagrams: one socket, one loop, one answer to each.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};

use nix::cmsg_space;
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
};
use socket2::Socket;

use crate::datagram::{Answer, Responder};
use crate::shared::Shared;

/// The local address that a datagram came to; replies leave from it. A server bound to the
/// wildcard address would otherwise answer from whatever address the route suggests, and a
/// connected client never sees that reply (ip(7), IP_PKTINFO).
#[derive(Clone, Copy)]
enum Local {
    /// Bound to one address: the kernel uses that.
    Bound,
    V4(nix::libc::in_pktinfo),
    V6(nix::libc::in6_pktinfo),
}

/// Serves until the server ends.
pub(crate) fn serve(socket: Socket, mut responder: Box<dyn Responder>, shared: &Shared) {
    let socket = UdpSocket::from(socket);
    if let Err(e) = answer_all(&socket, responder.as_mut(), shared) {
        shared.die(format!("the datagram socket failed: {e}"));
    }
}

fn answer_all(
    socket: &UdpSocket,
    responder: &mut dyn Responder,
    shared: &Shared,
) -> io::Result<()> {
    let local = socket.local_addr()?;
    let wildcard = local.ip().is_unspecified();
    if wildcard {
        match local.ip() {
            IpAddr::V4(_) => setsockopt(socket, Ipv4PacketInfo, &true)?,
            IpAddr::V6(_) => setsockopt(socket, Ipv6RecvPacketInfo, &true)?,
        }
    }
    let other = if shared.sockets.other_port {
        Some(UdpSocket::bind((local.ip(), 0))?)
    } else {
        None
    };
    let mut buffer = vec![0; shared.sockets.datagram_buffer];
    let mut reply = Vec::new();
    let mut first: Option<SocketAddr> = None;
    loop {
        let received = if wildcard {
            receive_with_local(socket, &mut buffer)
        } else {
            socket
                .recv_from(&mut buffer)
                .map(|(n, from)| (n, from, Local::Bound))
        };
        let (size, from, to) = match received {
            Ok(received) => received,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                if !shared.wait_readable(Some(socket.as_fd()), None)? {
                    return Ok(());
                }
                continue;
            }
            // An ICMP error for an earlier reply, or a signal: no datagram of anybody's.
            Err(_) if shared.is_running() => continue,
            Err(_) => return Ok(()),
        };
        let first = *first.get_or_insert(from);
        reply.clear();
        let through = other.as_ref().unwrap_or(socket);
        match responder.datagram(&buffer[..size], &mut reply) {
            Answer::Reply => send(through, &reply, from, to),
            Answer::ReplyToFirst => send(through, &reply, first, to),
            Answer::Pieces(size) => reply.chunks(size).for_each(|p| send(through, p, from, to)),
            Answer::Silence => {}
            Answer::Crash(how) => {
                shared.die(how);
                return Ok(());
            }
        }
        if !shared.is_running() {
            return Ok(());
        }
    }
}

/// One datagram out. A reply that cannot be sent is lost, as any datagram may be; other clients
/// are still served.
fn send(socket: &UdpSocket, reply: &[u8], client: SocketAddr, from: Local) {
    let info = match &from {
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
        Some(&SockaddrStorage::from(client)),
    );
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

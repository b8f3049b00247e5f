//! Datagrams: one socket, one loop, one answer to each.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;

use harness_net::Transport;
use socket2::Socket;

use super::udp::Udp;
use super::unix_dgram::UnixDgram;
use crate::datagram::{Answer, Incoming, Responder};
use crate::shared::Shared;

/// A bound socket of some address family.
pub(super) trait Bound: AsFd {
    /// Whoever can be answered, and from which local address.
    type Peer: Clone;

    /// Takes one datagram, as far as it fits; its sender is `None` if it has no name.
    ///
    /// # Errors
    /// WouldBlock: none is there.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<Self::Peer>)>;

    /// One datagram out. A reply that cannot be sent is lost, as any datagram may be; other clients
    /// are still served.
    fn send(&self, reply: &[u8], to: &Self::Peer);

    /// The peer's address, where it has an IP address.
    fn address(peer: &Self::Peer) -> Option<SocketAddr>;

    /// The peer at an IP address.
    fn at(address: SocketAddr) -> Option<Self::Peer>;
}

/// Serves until the server ends.
pub(crate) fn serve(
    socket: Socket,
    transport: Transport,
    mut responder: Box<dyn Responder>,
    shared: &Shared,
) {
    let responder = responder.as_mut();
    let other = shared.sockets.other_port;
    let served = if transport == Transport::UnixDgram {
        UnixDgram::new(
            UnixDatagram::from(std::os::fd::OwnedFd::from(socket)),
            other,
        )
        .and_then(|bound| answer_all(&bound, responder, shared))
    } else {
        Udp::new(UdpSocket::from(socket), other)
            .and_then(|bound| answer_all(&bound, responder, shared))
    };
    if let Err(e) = served {
        shared.die(format!("the datagram socket failed: {e}"));
    }
}

fn answer_all<B: Bound>(
    bound: &B,
    responder: &mut dyn Responder,
    shared: &Shared,
) -> io::Result<()> {
    let mut buffer = vec![0; shared.sockets.datagram_buffer];
    let mut reply = Vec::new();
    let mut first: Option<B::Peer> = None;
    loop {
        let (size, from) = match bound.receive(&mut buffer) {
            Ok(received) => received,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                if !shared.wait_readable(Some(bound.as_fd()), None)? {
                    return Ok(());
                }
                continue;
            }
            // An ICMP error for an earlier reply, or a signal: no datagram of anybody's.
            Err(_) if shared.is_running() => continue,
            Err(_) => return Ok(()),
        };
        if from.is_none() && shared.sockets.dies_on_unnamed {
            shared.die("a datagram came from a socket without a name".to_owned());
            return Ok(());
        }
        if first.is_none() {
            first.clone_from(&from);
        }
        reply.clear();
        let answer = |to: &Option<B::Peer>, reply: &[u8]| {
            // Who has no name cannot be answered.
            if let Some(to) = to {
                bound.send(reply, to);
            }
        };
        let datagram = Incoming {
            bytes: &buffer[..size],
            from: from.as_ref().and_then(B::address),
        };
        match responder.datagram(datagram, &mut reply) {
            Answer::Reply => answer(&from, &reply),
            Answer::ReplyToFirst => answer(&first, &reply),
            Answer::Pieces(size) => reply.chunks(size).for_each(|piece| answer(&from, piece)),
            Answer::Relay(all) => all
                .into_iter()
                .for_each(|(to, datagram)| answer(&B::at(to), &datagram)),
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

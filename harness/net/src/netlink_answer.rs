//! What sock_diag(7) answers about one socket, read from the kernel's bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const INET_ANSWER: usize = 72;
const UNIX_ANSWER: usize = 16;
pub(crate) const INET_DIAG_INFO: u16 = 2;
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_VFS: u16 = 1;
const UNIX_DIAG_PEER: u16 = 2;
const UNIX_DIAG_RQLEN: u16 = 4;

/// A TCP or UDP socket as the kernel tells it (`struct inet_diag_msg`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct InetAnswer<'a> {
    pub(crate) state: u8,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// Bytes unread. On a listener: connections in the accept queue.
    pub(crate) rqueue: u32,
    pub(crate) wqueue: u32,
    pub(crate) uid: u32,
    /// 0 where no process holds it: not accepted yet, or closed.
    pub(crate) inode: u32,
    /// TCP_INFO, where it was asked for and the socket has it.
    pub(crate) info: Option<&'a [u8]>,
}

/// A Unix socket as the kernel tells it (`struct unix_diag_msg`).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UnixAnswer<'a> {
    /// SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
    pub(crate) kind: u8,
    pub(crate) state: u8,
    pub(crate) inode: u32,
    /// The name as it was given to bind(2); an abstract one begins with NUL.
    pub(crate) name: Option<&'a [u8]>,
    /// Inode and device of its file.
    pub(crate) file: Option<(u32, u32)>,
    /// The inode of its peer.
    pub(crate) peer: Option<u32>,
    /// Bytes unread. On a listener: connections in the accept queue.
    pub(crate) rqueue: u32,
}

/// From `struct inet_diag_msg` and what follows it.
pub(crate) fn inet_answer(payload: &[u8]) -> Option<InetAnswer<'_>> {
    let v6 = i32::from(*payload.first()?) == libc::AF_INET6;
    let mut info = None;
    attributes(payload.get(INET_ANSWER..)?, |kind, value| {
        if kind == INET_DIAG_INFO {
            info = Some(value);
        }
    });
    Some(InetAnswer {
        state: *payload.get(1)?,
        local: address(v6, payload, 4, 8)?,
        remote: address(v6, payload, 6, 24)?,
        rqueue: u32_at(payload, 56)?,
        wqueue: u32_at(payload, 60)?,
        uid: u32_at(payload, 64)?,
        inode: u32_at(payload, 68)?,
        info,
    })
}

/// From `struct unix_diag_msg` and what follows it.
pub(crate) fn unix_answer(payload: &[u8]) -> Option<UnixAnswer<'_>> {
    let mut answer = UnixAnswer {
        kind: *payload.get(1)?,
        state: *payload.get(2)?,
        inode: u32_at(payload, 4)?,
        ..UnixAnswer::default()
    };
    attributes(payload.get(UNIX_ANSWER..)?, |kind, value| match kind {
        // A path ends with NUL here; an abstract name begins with it.
        UNIX_DIAG_NAME => {
            answer.name = Some(
                value
                    .strip_suffix(&[0])
                    .filter(|n| n.first() != Some(&0))
                    .unwrap_or(value),
            )
        }
        UNIX_DIAG_VFS => answer.file = u32_at(value, 0).zip(u32_at(value, 4)),
        UNIX_DIAG_PEER => answer.peer = u32_at(value, 0),
        UNIX_DIAG_RQLEN => answer.rqueue = u32_at(value, 0).unwrap_or(0),
        _ => {}
    });
    Some(answer)
}

/// Walks `struct nlattr`s.
fn attributes<'a>(mut rest: &'a [u8], mut each: impl FnMut(u16, &'a [u8])) {
    while let (Some(len), Some(kind)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let Some(value) = rest.get(4..usize::from(len)) else {
            return;
        };
        each(kind, value);
        rest = rest.get(align(usize::from(len))..).unwrap_or_default();
    }
}

fn address(v6: bool, payload: &[u8], port_at: usize, ip_at: usize) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(payload.get(port_at..port_at + 2)?.try_into().ok()?);
    let ip: IpAddr = if v6 {
        let octets: [u8; 16] = payload.get(ip_at..ip_at + 16)?.try_into().ok()?;
        Ipv6Addr::from(octets).into()
    } else {
        let octets: [u8; 4] = payload.get(ip_at..ip_at + 4)?.try_into().ok()?;
        Ipv4Addr::from(octets).into()
    };
    Some(SocketAddr::new(ip, port))
}

pub(crate) fn align(len: usize) -> usize {
    len.next_multiple_of(4)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

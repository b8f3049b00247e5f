//! The kernel's socket monitoring over netlink (sock_diag(7)): requests, answers, and nothing else.
//!
//! The layouts are those of `linux/netlink.h`, `linux/inet_diag.h` and `linux/unix_diag.h`; numbers
//! are in the host's byte order, ports and addresses in the network's.

use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use crate::netlink_answer::{
    INET_DIAG_INFO, InetAnswer, UnixAnswer, align, inet_answer, u16_at, u32_at, unix_answer,
};

const HEADER: usize = 16;
const INET_REQUEST: usize = HEADER + 56;
const UNIX_REQUEST: usize = HEADER + 24;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// Which attributes a Unix request asks for: name, file, peer, queues.
const UDIAG_SHOW: u32 = 1 | 2 | 4 | 16;

/// One netlink socket, with buffers that every request uses again.
pub(crate) struct Diag {
    socket: Socket,
    request: Vec<u8>,
    answer: Vec<u8>,
    sequence: u32,
}

impl std::fmt::Debug for Diag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Diag").finish_non_exhaustive()
    }
}

/// What a dump is limited to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InetDump {
    /// A bit for each state's number; 0 is every state.
    pub(crate) states: u32,
    /// 0 is every port.
    pub(crate) local_port: u16,
    /// 0 is every port.
    pub(crate) remote_port: u16,
}

impl Diag {
    /// # Errors
    /// EPROTONOSUPPORT where the kernel was built without sock_diag(7); EPERM, EACCES in a sandbox.
    pub(crate) fn open() -> io::Result<Self> {
        let socket = Socket::new_raw(
            Domain::from(libc::AF_NETLINK),
            Type::RAW.cloexec().nonblocking(),
            Some(Protocol::from(libc::NETLINK_SOCK_DIAG)),
        )?;
        Ok(Self {
            socket,
            request: Vec::with_capacity(INET_REQUEST),
            // Dumps come in pieces of at most 32 KiB.
            answer: vec![0; 32 * 1024],
            sequence: 0,
        })
    }

    /// The one TCP socket with this 4-tuple. `None` if there is none; the kernel may then answer
    /// with the listener on that port, which is left out here.
    ///
    /// With `info`, TCP_INFO comes along, and the answer waits for the socket's lock; without it,
    /// the socket is not locked.
    pub(crate) fn tcp_exact(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        info: bool,
    ) -> io::Result<Option<InetAnswer<'_>>> {
        self.begin(INET_REQUEST, libc::NLM_F_REQUEST);
        inet_request(
            &mut self.request,
            family(local),
            libc::IPPROTO_TCP as u8,
            u8::from(info) << (INET_DIAG_INFO - 1),
            u32::MAX,
            local,
            remote,
        );
        let Some(len) = self.exchange()? else {
            return Ok(None);
        };
        let answer = inet_answer(self.answer.get(HEADER..len).unwrap_or_default());
        Ok(answer.filter(|a| a.remote.port() == remote.port()))
    }

    /// Every socket of a family and protocol that `dump` lets through.
    pub(crate) fn inet_dump(
        &mut self,
        family: u8,
        protocol: u8,
        dump: InetDump,
        each: &mut dyn FnMut(InetAnswer<'_>),
    ) -> io::Result<()> {
        let any: IpAddr = match i32::from(family) {
            libc::AF_INET => Ipv4Addr::UNSPECIFIED.into(),
            _ => Ipv6Addr::UNSPECIFIED.into(),
        };
        self.begin(INET_REQUEST, libc::NLM_F_REQUEST | libc::NLM_F_DUMP);
        inet_request(
            &mut self.request,
            family,
            protocol,
            0,
            if dump.states == 0 {
                u32::MAX
            } else {
                dump.states
            },
            SocketAddr::new(any, dump.local_port),
            SocketAddr::new(any, dump.remote_port),
        );
        self.dump(&mut |payload| {
            if let Some(answer) = inet_answer(payload) {
                each(answer);
            }
        })
    }

    /// The Unix socket with this inode; `None` if there is none.
    pub(crate) fn unix_exact(&mut self, inode: u32) -> io::Result<Option<UnixAnswer<'_>>> {
        self.begin(UNIX_REQUEST, libc::NLM_F_REQUEST);
        unix_request(&mut self.request, u32::MAX, inode);
        let Some(len) = self.exchange()? else {
            return Ok(None);
        };
        Ok(unix_answer(
            self.answer.get(HEADER..len).unwrap_or_default(),
        ))
    }

    /// Every Unix socket in one of `states` (a bit for each number).
    pub(crate) fn unix_dump(
        &mut self,
        states: u32,
        each: &mut dyn FnMut(UnixAnswer<'_>),
    ) -> io::Result<()> {
        self.begin(UNIX_REQUEST, libc::NLM_F_REQUEST | libc::NLM_F_DUMP);
        unix_request(&mut self.request, states, 0);
        self.dump(&mut |payload| {
            if let Some(answer) = unix_answer(payload) {
                each(answer);
            }
        })
    }

    /// `struct nlmsghdr`.
    fn begin(&mut self, len: usize, flags: i32) {
        self.sequence = self.sequence.wrapping_add(1);
        let r = &mut self.request;
        r.clear();
        r.extend_from_slice(&(len as u32).to_ne_bytes());
        r.extend_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        r.extend_from_slice(&(flags as u16).to_ne_bytes());
        r.extend_from_slice(&self.sequence.to_ne_bytes());
        r.extend_from_slice(&0_u32.to_ne_bytes());
    }

    /// One request, one answer; the answer's length, or `None` for ENOENT. The kernel answers
    /// within the send, so that the receive never waits.
    fn exchange(&mut self) -> io::Result<Option<usize>> {
        self.socket.send(&self.request)?;
        loop {
            let got = (&self.socket).read(&mut self.answer)?;
            let message = &self.answer[..got];
            // What is left of an exchange that failed half-way has an older number.
            if u32_at(message, 8) != Some(self.sequence) {
                continue;
            }
            return match u16_at(message, 4).map(i32::from) {
                Some(libc::NLMSG_ERROR) => match error_of(message) {
                    libc::ENOENT => Ok(None),
                    errno => Err(io::Error::from_raw_os_error(errno)),
                },
                Some(_) => Ok(Some(
                    u32_at(message, 0).map_or(0, |len| len as usize).min(got),
                )),
                None => Err(io::ErrorKind::InvalidData.into()),
            };
        }
    }

    fn dump(&mut self, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        self.socket.send(&self.request)?;
        loop {
            let got = (&self.socket).read(&mut self.answer)?;
            let mut rest = &self.answer[..got];
            while let Some(len) = u32_at(rest, 0) {
                let len = len as usize;
                let Some(message) = rest.get(..len).filter(|m| m.len() >= HEADER) else {
                    break;
                };
                rest = rest.get(align(len)..).unwrap_or_default();
                if u32_at(message, 8) != Some(self.sequence) {
                    continue;
                }
                match u16_at(message, 4).map(i32::from) {
                    Some(libc::NLMSG_DONE) => return Ok(()),
                    Some(libc::NLMSG_ERROR) => {
                        return Err(io::Error::from_raw_os_error(error_of(message)));
                    }
                    _ => each(&message[HEADER..]),
                }
            }
        }
    }
}

/// `AF_INET` or `AF_INET6`.
pub(crate) fn family(addr: SocketAddr) -> u8 {
    match addr {
        SocketAddr::V4(_) => libc::AF_INET as u8,
        SocketAddr::V6(_) => libc::AF_INET6 as u8,
    }
}

/// `struct inet_diag_req_v2`.
fn inet_request(
    r: &mut Vec<u8>,
    family: u8,
    protocol: u8,
    extensions: u8,
    states: u32,
    local: SocketAddr,
    remote: SocketAddr,
) {
    r.extend_from_slice(&[family, protocol, extensions, 0]);
    r.extend_from_slice(&states.to_ne_bytes());
    r.extend_from_slice(&local.port().to_be_bytes());
    r.extend_from_slice(&remote.port().to_be_bytes());
    for addr in [local, remote] {
        match addr.ip() {
            IpAddr::V4(ip) => {
                r.extend_from_slice(&ip.octets());
                r.extend_from_slice(&[0; 12]);
            }
            IpAddr::V6(ip) => r.extend_from_slice(&ip.octets()),
        }
    }
    let interface = match local {
        SocketAddr::V4(_) => 0,
        SocketAddr::V6(a) => a.scope_id(),
    };
    r.extend_from_slice(&interface.to_ne_bytes());
    // INET_DIAG_NOCOOKIE.
    r.extend_from_slice(&[0xff; 8]);
}

/// `struct unix_diag_req`.
fn unix_request(r: &mut Vec<u8>, states: u32, inode: u32) {
    r.extend_from_slice(&[libc::AF_UNIX as u8, 0, 0, 0]);
    r.extend_from_slice(&states.to_ne_bytes());
    r.extend_from_slice(&inode.to_ne_bytes());
    r.extend_from_slice(&UDIAG_SHOW.to_ne_bytes());
    r.extend_from_slice(&[0xff; 8]);
}

/// The positive error number of an `NLMSG_ERROR`.
fn error_of(message: &[u8]) -> i32 {
    u32_at(message, HEADER).map_or(libc::EPROTO, |e| e.cast_signed().wrapping_neg())
}

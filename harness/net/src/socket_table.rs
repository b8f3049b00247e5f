//! Who has which port, in which state: the socket table of this network namespace.
//!
//! By sock_diag(7), and from /proc/net where that is missing. Other users' sockets are seen too.

use std::io;
use std::net::SocketAddr;

use crate::netlink::{Diag, InetDump};
use crate::{TcpState, Transport, UnixAddr};

/// A TCP or UDP socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its own address. IPv4 connections of a dual-stack socket have IPv4 addresses here.
    pub local: SocketAddr,
    /// The other end; port 0 where there is none.
    pub remote: SocketAddr,
    /// A UDP socket is [`TcpState::Closed`], and [`TcpState::Established`] once it is connected.
    pub state: TcpState,
    /// Who opened it.
    pub uid: u32,
    /// For [`owner`]; 0 where no process holds it (TIME_WAIT, not accepted, closed).
    pub inode: u64,
    /// Bytes unread; on a listener, connections in the accept queue.
    pub rqueue: u32,
    /// Bytes not acknowledged; on a listener, the accept queue's maximum.
    pub wqueue: u32,
}

/// Which TCP sockets are wanted; the empty filter means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only with this local port.
    pub local_port: Option<u16>,
    /// Only with this remote port.
    pub remote_port: Option<u16>,
    /// Only in these states; none named means all.
    pub states: Vec<TcpState>,
}

impl Filter {
    /// The sockets of one local port.
    pub fn port(local_port: u16) -> Self {
        Self {
            local_port: Some(local_port),
            ..Self::default()
        }
    }

    /// Only those in one state.
    #[must_use]
    pub fn state(mut self, state: TcpState) -> Self {
        self.states.push(state);
        self
    }

    fn lets(&self, entry: &Entry) -> bool {
        self.local_port.is_none_or(|p| p == entry.local.port())
            && self.remote_port.is_none_or(|p| p == entry.remote.port())
            && (self.states.is_empty() || self.states.contains(&entry.state))
    }

    fn dump(&self) -> InetDump {
        let mut states = 0;
        for state in &self.states {
            states |= 1 << *state as u32;
        }
        InetDump {
            states,
            local_port: self.local_port.unwrap_or(0),
            remote_port: self.remote_port.unwrap_or(0),
        }
    }
}

/// The TCP sockets that a filter lets through, IPv4 and IPv6.
///
/// # Errors
/// Those of netlink(7) and, where it is missing, of reading /proc/net/tcp.
pub fn tcp_sockets(filter: Filter) -> io::Result<Vec<Entry>> {
    sockets(libc::IPPROTO_TCP, &filter)
}

/// The UDP sockets that are bound to a port, IPv4 and IPv6.
///
/// # Errors
/// As [`tcp_sockets`].
pub fn udp_sockets(local_port: u16) -> io::Result<Vec<Entry>> {
    sockets(libc::IPPROTO_UDP, &Filter::port(local_port))
}

/// Every TCP socket with this local port: its state, its address and the other end's.
///
/// # Errors
/// As [`tcp_sockets`].
pub fn port_states(port: u16) -> io::Result<Vec<(TcpState, SocketAddr, SocketAddr)>> {
    let entries = tcp_sockets(Filter::port(port))?;
    Ok(entries
        .into_iter()
        .map(|e| (e.state, e.local, e.remote))
        .collect())
}

fn sockets(protocol: i32, filter: &Filter) -> io::Result<Vec<Entry>> {
    let by_diag = |filter: &Filter| -> io::Result<Vec<Entry>> {
        let mut diag = Diag::open()?;
        let mut found = Vec::new();
        for family in [libc::AF_INET, libc::AF_INET6] {
            diag.inet_dump(family as u8, protocol as u8, filter.dump(), &mut |a| {
                found.extend(TcpState::from_linux(a.state).map(|state| Entry {
                    local: unmapped(a.local),
                    remote: unmapped(a.remote),
                    state,
                    uid: a.uid,
                    inode: a.inode.into(),
                    rqueue: a.rqueue,
                    wqueue: a.wqueue,
                }));
            })?;
        }
        Ok(found)
    };
    let mut found = match by_diag(filter) {
        Ok(found) => found,
        Err(e) => crate::proc_net::inet(protocol).map_err(|_| e)?,
    };
    found.retain(|e| filter.lets(e));
    Ok(found)
}

/// An IPv4-mapped address as the IPv4 address that it stands for (RFC 4291 section 2.5.5.2).
pub(crate) fn unmapped(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}

/// The inode of the Unix socket of this kind that listens on a name, or, for datagrams, is bound to
/// it; `None` if there is none. Abstract names of different kinds are different names.
///
/// A path is known by the file that it names: a server that bound a relative path is found, and one
/// whose file was unlinked and bound again by another is not.
///
/// # Errors
/// As [`tcp_sockets`].
pub fn unix_listening(kind: Transport, addr: &UnixAddr) -> io::Result<Option<u64>> {
    let (name, file) = match addr {
        UnixAddr::Abstract(name) => ([b"\0", name.as_bytes()].concat(), None),
        UnixAddr::Path(path) => match nix::sys::stat::stat(path) {
            Ok(stat) => (
                path.as_os_str().as_encoded_bytes().to_vec(),
                Some(stat.st_ino),
            ),
            // Without its file, nobody can connect.
            Err(_) => return Ok(None),
        },
    };
    let socket_type = match kind {
        Transport::UnixDgram => libc::SOCK_DGRAM,
        Transport::UnixSeqpacket => libc::SOCK_SEQPACKET,
        Transport::Unix | Transport::Tcp | Transport::Udp => libc::SOCK_STREAM,
    };
    // A datagram socket serves once it is bound, and may be connected besides.
    let states: &[TcpState] = match kind {
        Transport::UnixDgram => &[TcpState::Closed, TcpState::Established],
        _ => &[TcpState::Listen],
    };
    let mask = states.iter().fold(0, |mask, s| mask | 1 << *s as u32);
    let by_diag = || -> io::Result<Option<u64>> {
        let (mut by_file, mut by_name) = (None, None);
        Diag::open()?.unix_dump(mask, &mut |socket| {
            let serves = states.iter().any(|s| *s as u8 == socket.state);
            if !serves || i32::from(socket.kind) != socket_type {
                return;
            }
            let inode = Some(u64::from(socket.inode));
            if socket.name == Some(&name[..]) {
                by_name = inode;
            }
            // The kernel tells the lower half of the file's inode, and not its file system.
            let same_file = file.zip(socket.file).is_some_and(|(f, s)| f as u32 == s.0);
            if same_file && socket.name.is_some_and(|n| last(n) == last(&name)) {
                by_file = inode;
            }
        })?;
        Ok(by_file.or(by_name))
    };
    by_diag().or_else(|e| crate::proc_net::unix_listening(socket_type, &name).map_err(|_| e))
}

/// The last component of a path.
fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

/// Which of these processes holds the socket with this inode, as far as their descriptors can be
/// seen: those of the same user, or all for root (proc_pid_fd(5)).
pub fn owner(inode: u64, pids: &[u32]) -> Option<u32> {
    pids.iter()
        .copied()
        .find(|pid| fd_of(*pid, inode).is_some())
}

/// The process that holds a socket, and its number there: `first` is asked first, then all.
pub(crate) fn owner_fd(inode: u64, first: Option<u32>) -> Option<(u32, i32)> {
    if let Some(found) = first.and_then(|pid| Some((pid, fd_of(pid, inode)?))) {
        return Some(found);
    }
    std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .find_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            Some((pid, fd_of(pid, inode)?))
        })
}

fn fd_of(pid: u32, inode: u64) -> Option<i32> {
    let wanted = format!("socket:[{inode}]");
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    fds.flatten().find_map(|fd| {
        let target = std::fs::read_link(fd.path()).ok()?;
        if target.as_os_str() == wanted.as_str() {
            fd.file_name().to_str()?.parse().ok()
        } else {
            None
        }
    })
}

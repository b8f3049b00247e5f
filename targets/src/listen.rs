//! Sockets that listen, with the options that a correct server sets.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use harness_net::{Endpoint, UnixAddr};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::service::Sockets;

/// The backlog asked for; the kernel cuts it to net.core.somaxconn (listen(2)).
const BACKLOG: i32 = 4096;

/// A bound socket, where it is bound, and the file to remove with it.
pub(crate) struct Listening {
    pub(crate) socket: Socket,
    pub(crate) endpoint: Endpoint,
    pub(crate) file: Option<SocketFile>,
}

/// Binds, and for streams listens, with every descriptor nonblocking: the drivers wait in poll.
pub(crate) fn listen(endpoint: &Endpoint, options: Sockets) -> io::Result<Listening> {
    let listening = match endpoint {
        Endpoint::Tcp(addr) => tcp(*addr, options)?,
        Endpoint::Udp(addr) => udp(*addr, options)?,
        Endpoint::Unix(addr) => unix(endpoint, addr, Type::STREAM, options)?,
        Endpoint::UnixDgram(addr) => unix(endpoint, addr, Type::DGRAM, options)?,
        Endpoint::UnixSeqpacket(addr) => unix(endpoint, addr, Type::SEQPACKET, options)?,
    };
    listening.socket.set_nonblocking(true)?;
    Ok(listening)
}

fn tcp(addr: SocketAddr, options: Sockets) -> io::Result<Listening> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    // Without it, bind fails for a minute after a restart, as long as the old connections are in
    // TIME_WAIT. On Linux it never lets two servers listen on one port (socket(7)).
    socket.set_reuse_address(options.reuseaddr)?;
    if options.reuseport {
        socket.set_reuse_port(true)?;
    }
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    let endpoint = Endpoint::Tcp(bound(&socket, addr));
    Ok(Listening {
        socket,
        endpoint,
        file: None,
    })
}

fn udp(addr: SocketAddr, options: Sockets) -> io::Result<Listening> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, None)?;
    if options.reuseaddr_udp {
        socket.set_reuse_address(true)?;
    }
    if options.reuseport {
        socket.set_reuse_port(true)?;
    }
    socket.bind(&addr.into())?;
    let endpoint = Endpoint::Udp(bound(&socket, addr));
    Ok(Listening {
        socket,
        endpoint,
        file: None,
    })
}

fn bound(socket: &Socket, asked: SocketAddr) -> SocketAddr {
    socket
        .local_addr()
        .ok()
        .and_then(|addr| addr.as_socket())
        .unwrap_or(asked)
}

fn unix(
    endpoint: &Endpoint,
    addr: &UnixAddr,
    kind: Type,
    options: Sockets,
) -> io::Result<Listening> {
    let name = unix_address(addr)?;
    if let UnixAddr::Path(path) = addr
        && !options.keeps_file
    {
        remove_stale(path, &name, kind, options)?;
    }
    let socket = Socket::new(Domain::UNIX, kind, None)?;
    socket.bind(&name)?;
    if kind != Type::DGRAM {
        socket.listen(BACKLOG)?;
    }
    let file = match addr {
        UnixAddr::Path(path) if !options.keeps_file => Some(SocketFile::new(path)?),
        _ => None,
    };
    Ok(Listening {
        socket,
        endpoint: endpoint.clone(),
        file,
    })
}

fn unix_address(addr: &UnixAddr) -> io::Result<SockAddr> {
    match addr {
        UnixAddr::Path(path) => SockAddr::unix(path),
        UnixAddr::Abstract(name) => SockAddr::unix(format!("\0{name}")),
    }
}

/// An endpoint as the system takes it.
pub(crate) fn address(endpoint: &Endpoint) -> io::Result<SockAddr> {
    match endpoint {
        Endpoint::Tcp(addr) | Endpoint::Udp(addr) => Ok((*addr).into()),
        Endpoint::Unix(addr) | Endpoint::UnixDgram(addr) | Endpoint::UnixSeqpacket(addr) => {
            unix_address(addr)
        }
    }
}

/// Removes the file that a killed server left behind: a socket that nobody listens on. A live
/// server's file stays, also one of another type (EPROTOTYPE), and bind then fails with EADDRINUSE,
/// as it does for files of other kinds.
fn remove_stale(path: &Path, name: &SockAddr, kind: Type, options: Sockets) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {}
        _ => return Ok(()),
    }
    if options.takes_live_file {
        return std::fs::remove_file(path);
    }
    let probe = Socket::new(Domain::UNIX, kind, None)?;
    probe.set_nonblocking(true)?;
    match probe.connect(name) {
        Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path),
        _ => Ok(()),
    }
}

/// The file of a bound Unix socket, removed on drop unless somebody else's stands there by then.
pub(crate) struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity(path)?,
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = std::fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// What a connection gets: one that was just accepted, or is about to be made.
pub(crate) fn prepare(socket: &Socket, endpoint: &Endpoint, options: Sockets) -> io::Result<()> {
    if matches!(endpoint, Endpoint::Tcp(_)) {
        // Each reply is one write already; waiting for more would only delay it (RFC 896).
        socket.set_tcp_nodelay(options.nodelay)?;
    }
    #[cfg(target_os = "linux")]
    if matches!(endpoint, Endpoint::UnixSeqpacket(_)) {
        // Credentials come with each message, and so tell an empty one from the end (unix(7)).
        socket.set_passcred(true)?;
    }
    if let Some(size) = options.single_write {
        socket.set_send_buffer_size(size)?;
    }
    Ok(())
}

/// The fault of a single write: what does not fit into the send buffer at once is lost.
pub(crate) fn once(socket: &Socket, bytes: &[u8]) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    let sent = socket.send(bytes);
    socket.set_nonblocking(false)?;
    match sent {
        Err(e) if e.kind() != io::ErrorKind::WouldBlock => Err(e),
        _ => Ok(()),
    }
}

/// True where a read ended because its time was over (SO_RCVTIMEO of socket(7)).
pub(crate) fn is_timeout(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// True for errors of accept(2) that name one lost connection; the next may be sound.
pub(crate) fn is_one_connections_error(e: &io::Error) -> bool {
    use nix::errno::Errno;
    matches!(
        e.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::WouldBlock
            | io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::PermissionDenied
    ) || e.raw_os_error() == Some(Errno::EPROTO as i32)
}

/// True for errors of accept(2) that pass when something is closed: EMFILE, ENFILE, ENOBUFS,
/// ENOMEM. The connection stays queued, so that the listener stays readable: without a pause the
/// server would spin.
pub(crate) fn is_shortage(e: &io::Error) -> bool {
    use nix::errno::Errno;
    [Errno::EMFILE, Errno::ENFILE, Errno::ENOBUFS, Errno::ENOMEM]
        .iter()
        .any(|&errno| e.raw_os_error() == Some(errno as i32))
}

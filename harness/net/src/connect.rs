//! Making a connection within a deadline.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::{Endpoint, Interest, NetError, SocketOptions, Transport, UnixAddr};

/// A new socket, nonblocking and close-on-exec.
pub(crate) fn socket(
    domain: Domain,
    ty: Type,
    protocol: Option<Protocol>,
    to: &Endpoint,
) -> Result<Socket, NetError> {
    Socket::new(domain, ty, protocol)
        .and_then(|s| s.set_nonblocking(true).map(|()| s))
        .map_err(|e| NetError::new("socket", format!("for {to}"), &e))
}

/// A connected stream socket.
pub(crate) fn stream(
    to: &Endpoint,
    options: &SocketOptions,
    deadline: Instant,
) -> Result<Socket, NetError> {
    match to {
        Endpoint::Tcp(addr) => tcp(to, *addr, options, deadline),
        Endpoint::Unix(addr) => unix(to, addr, options, deadline),
        Endpoint::Udp(_) | Endpoint::UnixDgram(_) | Endpoint::UnixSeqpacket(_) => {
            Err(no_stream(to))
        }
    }
}

/// A stream socket whose connect(2) is under way, or done.
pub(crate) fn begin(to: &Endpoint, options: &SocketOptions) -> Result<Socket, NetError> {
    let fail = |e: &io::Error| NetError::new("connect", format!("to {to}"), e);
    let (domain, protocol, address, remote) = match to {
        Endpoint::Tcp(addr) => (
            Domain::for_address(*addr),
            Some(Protocol::TCP),
            SockAddr::from(*addr),
            Some(*addr),
        ),
        Endpoint::Unix(addr) => {
            let address = unix_address(addr).map_err(|e| fail(&e))?;
            (Domain::UNIX, None, address, None)
        }
        Endpoint::Udp(_) | Endpoint::UnixDgram(_) | Endpoint::UnixSeqpacket(_) => {
            return Err(no_stream(to));
        }
    };
    let socket = socket(domain, Type::STREAM, protocol, to)?;
    options.apply_before_connect(&socket, to.transport(), remote)?;
    match socket.connect(&address) {
        Err(e) if !is_under_way(&e) => Err(fail(&e)),
        _ => Ok(socket),
    }
}

/// True where connect(2) goes on by itself.
fn is_under_way(e: &io::Error) -> bool {
    e.raw_os_error() == Some(libc::EINPROGRESS) || e.kind() == io::ErrorKind::Interrupted
}

fn no_stream(to: &Endpoint) -> NetError {
    NetError::from_errno("connect", format!("to {to}"), libc::EPROTOTYPE)
        .advice("a stream needs a tcp:// or unix:// endpoint")
}

fn tcp(
    to: &Endpoint,
    addr: SocketAddr,
    options: &SocketOptions,
    deadline: Instant,
) -> Result<Socket, NetError> {
    let (socket, done) = start(to, addr, options)?;
    if !done {
        finish(&socket, to, deadline)?;
    }
    options.apply_after_connect(&socket, Transport::Tcp)?;
    Ok(socket)
}

/// A TCP socket on which connect(2) was called, and whether the connection stands.
fn start(
    to: &Endpoint,
    addr: SocketAddr,
    options: &SocketOptions,
) -> Result<(Socket, bool), NetError> {
    let socket = socket(
        Domain::for_address(addr),
        Type::STREAM,
        Some(Protocol::TCP),
        to,
    )?;
    options.apply_before_connect(&socket, Transport::Tcp, Some(addr))?;
    match socket.connect(&SockAddr::from(addr)) {
        Ok(()) => Ok((socket, true)),
        Err(e) if is_under_way(&e) => Ok((socket, false)),
        Err(e) => Err(NetError::new("connect", format!("to {to}"), &e)),
    }
}

/// Waits for the outcome of a connect(2) that is under way.
pub(crate) fn finish(socket: &Socket, to: &Endpoint, deadline: Instant) -> Result<(), NetError> {
    let fail = |e: &io::Error| NetError::new("connect", format!("to {to}"), e);
    let begun = Instant::now();
    let interest = [Interest {
        fd: socket.as_fd(),
        read: false,
        write: true,
    }];
    let mut ready = [crate::Ready::default()];
    let left = deadline.saturating_duration_since(begun);
    crate::poll_into(&interest, left, &mut ready).map_err(|e| fail(&e))?;
    match socket.take_error() {
        Ok(None) if ready[0].any() => Ok(()),
        Ok(None) => Err(
            NetError::from_errno("connect", format!("to {to}"), libc::ETIMEDOUT).advice(format!(
                "the harness's own deadline passed after {:.3} s without an answer",
                begun.elapsed().as_secs_f64()
            )),
        ),
        Ok(Some(e)) | Err(e) => Err(fail(&e)),
    }
}

fn unix(
    to: &Endpoint,
    addr: &UnixAddr,
    options: &SocketOptions,
    deadline: Instant,
) -> Result<Socket, NetError> {
    let fail = |e: &io::Error| NetError::new("connect", format!("to {to}"), e);
    let address = unix_address(addr).map_err(|e| fail(&e))?;
    let socket = socket(Domain::UNIX, Type::STREAM, None, to)?;
    options.apply_before_connect(&socket, Transport::Unix, None)?;
    let left = deadline.saturating_duration_since(Instant::now());
    match socket.connect(&address) {
        Ok(()) => Ok(socket),
        // The backlog is full. A nonblocking connect cannot be waited for (connect(2)), a blocking
        // one waits for room as long as SO_SNDTIMEO says, and then fails with EAGAIN too.
        Err(e) if e.kind() == io::ErrorKind::WouldBlock && left > Duration::from_millis(1) => {
            let wait = || -> io::Result<()> {
                socket.set_nonblocking(false)?;
                socket.set_write_timeout(Some(left))?;
                socket.connect(&address)?;
                socket.set_write_timeout(None)?;
                socket.set_nonblocking(true)
            };
            match wait() {
                Ok(()) => Ok(socket),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => Err(fail(&e).advice(format!(
                    "the backlog of the listener was full for {:.3} s",
                    left.as_secs_f64()
                ))),
                Err(e) => Err(fail(&e)),
            }
        }
        Err(e) => Err(fail(&e)),
    }
}

/// The address of a Unix socket as the kernel takes it.
pub(crate) fn unix_address(addr: &UnixAddr) -> io::Result<SockAddr> {
    match addr {
        UnixAddr::Path(path) => SockAddr::unix(path),
        #[cfg(target_os = "linux")]
        UnixAddr::Abstract(name) => SockAddr::unix(format!("\0{name}")),
        #[cfg(not(target_os = "linux"))]
        UnixAddr::Abstract(_) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "abstract names of Unix sockets exist on Linux only",
        )),
    }
}

/// The local address of a connected socket.
pub(crate) fn local(socket: &Socket, peer: &Endpoint) -> Endpoint {
    let addr = socket.local_addr().ok().and_then(|a| a.as_socket());
    match (peer, addr) {
        (Endpoint::Tcp(_), Some(a)) => Endpoint::Tcp(a),
        (Endpoint::Udp(_), Some(a)) => Endpoint::Udp(a),
        _ => peer.clone(),
    }
}

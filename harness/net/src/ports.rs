//! Ports that no client of this host can take by chance, and no other run of the harness takes.

use std::fs::{File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, SockAddr, Socket, Type};

/// A port outside the ephemeral range (ip_local_port_range of ip(7)), so that a server which starts
/// again never finds it taken by a client. It is claimed by a lock (flock(2)) that ends with this
/// value, or with the process.
#[derive(Debug)]
pub struct PortLease {
    port: u16,
    /// Held for its lock.
    _lock: File,
}

/// Why there is no port.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The lock files cannot be used.
    #[error("the port locks in `{}` cannot be used: {source}", dir.display())]
    Locks {
        /// Their folder.
        dir: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// All ports that were tried are taken.
    #[error(
        "no port of {}-{} is free: all are bound, in TIME_WAIT, or leased to other runs",
        range.start(), range.end()
    )]
    NoneFree {
        /// The ports that were tried.
        range: RangeInclusive<u16>,
    },
}

/// Below it, well-known servers are met.
const LOWEST: u16 = 20_000;
/// Linux's default, where /proc does not tell.
const DEFAULT_EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;
/// macOS, IANA and Windows begin here.
const IANA_EPHEMERAL: RangeInclusive<u16> = 49_152..=65_535;

impl PortLease {
    /// Takes a port that nothing is bound to now, TCP and UDP, IPv4 and IPv6, on any address.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn take() -> Result<Self, PortError> {
        let dir = lock_dir();
        let locks = |source| PortError::Locks {
            dir: dir.clone(),
            source,
        };
        make_private(&dir).map_err(locks)?;
        let range = outside(&ephemeral());
        let count = u32::from(*range.end() - *range.start()) + 1;
        // Runs begin at different places, so that they seldom meet.
        static TURN: AtomicU32 = AtomicU32::new(0);
        let first = std::process::id()
            .wrapping_mul(2_654_435_761)
            .wrapping_add(TURN.fetch_add(1, Ordering::Relaxed));
        for turn in 0..count {
            let offset = first.wrapping_add(turn) % count;
            let port = *range.start() + u16::try_from(offset).unwrap_or(0);
            let lock = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(dir.join(format!("{port}.lock")))
                .map_err(locks)?;
            match lock.try_lock() {
                Ok(()) if is_free(port) => return Ok(Self { port, _lock: lock }),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(e)) => return Err(locks(e)),
            }
        }
        Err(PortError::NoneFree { range })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// One folder for all runs of one user: it may not depend on anything else. The lock files stay;
/// removing one would let two runs lock two files of one name.
fn lock_dir() -> PathBuf {
    let user = nix::unistd::getuid();
    std::env::temp_dir().join(format!("harness-ports-{user}"))
}

fn make_private(dir: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let found = std::fs::symlink_metadata(dir)?;
    if !found.is_dir() || found.uid() != nix::unistd::getuid().as_raw() {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is not a folder of this user; remove it",
        ));
    }
    Ok(())
}

/// The ports that the kernel gives to clients.
fn ephemeral() -> RangeInclusive<u16> {
    if cfg!(not(target_os = "linux")) {
        return IANA_EPHEMERAL;
    }
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|text| {
            let mut ends = text.split_ascii_whitespace().map(str::parse);
            Some(ends.next()?.ok()?..=ends.next()?.ok()?)
        })
        .unwrap_or(DEFAULT_EPHEMERAL)
}

/// The larger choice of what the clients leave: below their range, or above.
fn outside(ephemeral: &RangeInclusive<u16>) -> RangeInclusive<u16> {
    let (start, end) = (*ephemeral.start(), *ephemeral.end());
    if start > LOWEST {
        LOWEST..=start - 1
    } else if end < u16::MAX {
        end + 1..=u16::MAX
    } else {
        // The clients have all of them; 1024 and above need no privilege.
        1024..=start.saturating_sub(1).max(LOWEST)
    }
}

/// True if nothing is bound to the port, connected from it, or in TIME_WAIT on it. Without
/// SO_REUSEADDR, bind(2) of the wildcard address answers just that.
fn is_free(port: u16) -> bool {
    let v4 = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let v6 = SocketAddr::from((Ipv6Addr::UNSPECIFIED, port));
    [Type::STREAM, Type::DGRAM]
        .into_iter()
        .all(|ty| can_bind(v4, ty) && can_bind(v6, ty))
}

fn can_bind(addr: SocketAddr, ty: Type) -> bool {
    let bind = || -> io::Result<()> {
        let socket = Socket::new(Domain::for_address(addr), ty, None)?;
        if addr.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&SockAddr::from(addr))
    };
    match bind() {
        Ok(()) => true,
        // Where IPv6 is off, nothing can be bound to it.
        Err(e) => {
            addr.is_ipv6()
                && matches!(
                    e.raw_os_error(),
                    Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL)
                )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, UdpSocket};

    #[test]
    fn no_two_leases_share_a_port() {
        let leases: Vec<_> = (0..20).map(|_| PortLease::take().unwrap()).collect();
        let mut ports: Vec<_> = leases.iter().map(PortLease::port).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 20);
        let clients = ephemeral();
        assert!(
            ports.iter().all(|p| !clients.contains(p)),
            "{ports:?} {clients:?}"
        );
        // Not even another descriptor of this process gets the lock.
        let lock = File::options()
            .write(true)
            .open(lock_dir().join(format!("{}.lock", ports[0])))
            .unwrap();
        assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        drop(leases);
        lock.try_lock().unwrap();
    }

    #[test]
    fn a_bound_port_is_not_free() {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(!is_free(tcp.local_addr().unwrap().port()));
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(!is_free(udp.local_addr().unwrap().port()));
        let lease = PortLease::take().unwrap();
        let _server = TcpListener::bind(("127.0.0.1", lease.port())).unwrap();
        assert!(!is_free(lease.port()));
    }

    #[test]
    fn ports_lie_outside_the_clients_range() {
        assert_eq!(outside(&(32_768..=60_999)), 20_000..=32_767);
        assert_eq!(outside(&(15_000..=60_999)), 61_000..=65_535);
        assert_eq!(outside(&(1024..=65_535)), 1024..=20_000);
    }
}

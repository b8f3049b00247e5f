//! Who is at the other end of a Unix socket.

use std::os::fd::BorrowedFd;

/// The process that called connect(2) or listen(2), as it was then: it may have changed its user,
/// handed the connection on, or ended since (SO_PEERCRED of unix(7)). Datagram sockets have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerCred {
    /// Its process id.
    pub pid: u32,
    /// Its effective user id.
    pub uid: u32,
    /// Its effective group id.
    pub gid: u32,
}

impl PeerCred {
    /// `None` where the socket has no such peer, or the system does not tell.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(fd: BorrowedFd<'_>) -> Option<Self> {
        // struct ucred: pid, uid, gid.
        let mut cred = [0_u8; 12];
        let len = crate::sys::getsockopt_bytes(fd, libc::SOL_SOCKET, libc::SO_PEERCRED, &mut cred)
            .ok()?;
        let word = |at: usize| Some(u32::from_ne_bytes(cred.get(at..at + 4)?.try_into().ok()?));
        let found = Self {
            pid: word(0)?,
            uid: word(4)?,
            gid: word(8)?,
        };
        (len == cred.len() && found.pid != 0).then_some(found)
    }

    /// Linux's alone.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of(_fd: BorrowedFd<'_>) -> Option<Self> {
        None
    }
}

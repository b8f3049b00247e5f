//! Waiting until sockets can be read or written, with the microseconds of ppoll(2).

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::sys;

/// What to wait for on one file descriptor.
#[derive(Clone, Copy, Debug)]
pub struct Interest<'a> {
    /// The file descriptor.
    pub fd: BorrowedFd<'a>,
    /// Wait until it can be read: data, end of stream, or an error.
    pub read: bool,
    /// Wait until it can be written.
    pub write: bool,
}

/// What a file descriptor is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// A read returns at once: data, end of stream, or an error.
    pub read: bool,
    /// A write takes at least a byte, or fails at once.
    pub write: bool,
    /// The peer closed or reset its end, or closed its writing half (POLLHUP, POLLRDHUP). A FIN
    /// and a half-close cannot be told apart (poll(2)).
    pub hangup: bool,
    /// An error is pending (POLLERR), as after RST.
    pub error: bool,
}

/// A socket of a [`Poller`](crate::Poller) that is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// The number under which it was added.
    pub token: u32,
    /// A read returns at once: data, the end, or an error.
    pub read: bool,
    /// A write takes at least a byte, or fails at once.
    pub write: bool,
}

impl Ready {
    /// True if anything at all is the case.
    pub fn any(self) -> bool {
        self.read || self.write || self.hangup || self.error
    }
}

/// How many descriptors are polled without an allocation.
const ON_STACK: usize = 8;

/// Waits until one of `interests` is ready, at most `timeout`. The answer has the interests' order;
/// nothing is ready if the time ran out. A signal does not end the wait.
///
/// # Errors
/// Those of poll(2) and ppoll(2): EINVAL where more descriptors are given than RLIMIT_NOFILE
/// allows, ENOMEM.
pub fn poll(interests: &[Interest<'_>], timeout: Duration) -> io::Result<Vec<Ready>> {
    let mut ready = vec![Ready::default(); interests.len()];
    poll_into(interests, timeout, &mut ready)?;
    Ok(ready)
}

/// As [`poll`], without an allocation for up to 8 descriptors: the answers are written to `ready`,
/// one for each interest (further elements of either slice are left alone). Returns how many
/// descriptors are ready.
///
/// # Errors
/// As [`poll`].
pub fn poll_into(
    interests: &[Interest<'_>],
    timeout: Duration,
    ready: &mut [Ready],
) -> io::Result<usize> {
    let count = interests.len().min(ready.len());
    let interests = &interests[..count];
    if count <= ON_STACK {
        let mut fds = [NO_FD; ON_STACK];
        for (fd, interest) in fds.iter_mut().zip(interests) {
            *fd = poll_fd(interest);
        }
        wait(&mut fds[..count], timeout, ready)
    } else {
        let mut fds: Vec<_> = interests.iter().map(poll_fd).collect();
        wait(&mut fds, timeout, ready)
    }
}

const NO_FD: libc::pollfd = libc::pollfd {
    fd: -1,
    events: 0,
    revents: 0,
};

#[cfg(target_os = "linux")]
const PEER_CLOSED: libc::c_short = libc::POLLRDHUP;
#[cfg(not(target_os = "linux"))]
const PEER_CLOSED: libc::c_short = 0;

fn poll_fd(interest: &Interest<'_>) -> libc::pollfd {
    let mut events = 0;
    if interest.read {
        events |= libc::POLLIN | PEER_CLOSED;
    }
    if interest.write {
        events |= libc::POLLOUT;
    }
    libc::pollfd {
        fd: interest.fd.as_raw_fd(),
        events,
        revents: 0,
    }
}

fn wait(fds: &mut [libc::pollfd], timeout: Duration, ready: &mut [Ready]) -> io::Result<usize> {
    let begun = (!timeout.is_zero()).then(Instant::now);
    let mut left = timeout;
    let count = loop {
        match sys::poll(fds, left) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {
                left = timeout.saturating_sub(begun.map_or(timeout, |b| b.elapsed()));
            }
            other => break other?,
        }
    };
    for (fd, ready) in fds.iter().zip(ready) {
        let got = |flags| fd.revents & flags != 0;
        let broken = got(libc::POLLERR | libc::POLLHUP | libc::POLLNVAL);
        *ready = Ready {
            read: got(libc::POLLIN | PEER_CLOSED) || (broken && fd.events & libc::POLLIN != 0),
            write: got(libc::POLLOUT) || (broken && fd.events & libc::POLLOUT != 0),
            hangup: got(libc::POLLHUP | PEER_CLOSED),
            error: got(libc::POLLERR | libc::POLLNVAL),
        };
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    fn read(fd: &UnixStream) -> Interest<'_> {
        Interest {
            fd: fd.as_fd(),
            read: true,
            write: false,
        }
    }

    #[test]
    fn only_what_is_ready_is_ready() {
        let (a, mut b) = UnixStream::pair().unwrap();
        let quiet = poll(&[read(&a), read(&b)], Duration::ZERO).unwrap();
        assert!(quiet.iter().all(|r| !r.any()));
        b.write_all(b"x").unwrap();
        let ready = poll(&[read(&a), read(&b)], Duration::from_secs(5)).unwrap();
        assert!(ready[0].read && !ready[0].hangup && !ready[1].any());
        drop(b);
        let ready = poll(&[read(&a)], Duration::from_secs(5)).unwrap();
        assert!(ready[0].read && ready[0].hangup);
    }

    #[test]
    fn more_descriptors_than_fit_the_stack() {
        let pairs: Vec<_> = (0..20).map(|_| UnixStream::pair().unwrap()).collect();
        (&pairs[17].1).write_all(b"x").unwrap();
        let interests: Vec<_> = pairs.iter().map(|(a, _)| read(a)).collect();
        let ready = poll(&interests, Duration::from_secs(5)).unwrap();
        for (i, r) in ready.iter().enumerate() {
            assert_eq!(r.read, i == 17, "{i}");
        }
    }

    #[test]
    fn a_timeout_is_kept() {
        let (a, _b) = UnixStream::pair().unwrap();
        let begun = Instant::now();
        let ready = poll(&[read(&a)], Duration::from_millis(20)).unwrap();
        assert!(!ready[0].any());
        assert!(begun.elapsed() >= Duration::from_millis(20));
    }
}

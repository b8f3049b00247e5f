//! Waiting for many sockets at once, to the nanosecond: epoll(7), for the workers of load cases.
//!
//! [`poll`](crate::poll) hands all descriptors to the kernel with every call, which costs more than
//! the messages themselves once there are dozens; and waits in whole milliseconds, as epoll_wait(2)
//! and most event loops offer them, are too coarse to send 100,000 messages a second on time.
#![expect(
    unsafe_code,
    reason = "epoll_pwait2(2) is called with a pointer to this poller's own events"
)]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};

use crate::Readiness;

/// A set of sockets that are waited for together. A socket leaves the set when it is closed.
/// Level-triggered: what was not read is told again.
#[derive(Debug)]
pub struct Poller {
    epoll: Epoll,
    events: Vec<libc::epoll_event>,
    ready: usize,
}

impl Poller {
    /// An empty set. One wait tells of at most `events` sockets, at least one.
    ///
    /// # Errors
    /// Those of epoll_create1(2): EMFILE, ENFILE, ENOMEM.
    pub fn new(events: usize) -> io::Result<Self> {
        let none = libc::epoll_event { events: 0, u64: 0 };
        Ok(Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            events: vec![none; events.max(1)],
            ready: 0,
        })
    }

    /// Adds a socket under a number. Input is always waited for, room to write only with `write`.
    ///
    /// # Errors
    /// Those of epoll_ctl(2): EEXIST for a socket that is in the set already, ENOSPC above
    /// `fs.epoll.max_user_watches`.
    pub fn add(&self, socket: impl AsFd, token: u32, write: bool) -> io::Result<()> {
        let event = EpollEvent::new(interest(write), u64::from(token));
        Ok(self.epoll.add(socket, event)?)
    }

    /// Changes whether room to write is waited for.
    ///
    /// # Errors
    /// Those of epoll_ctl(2): ENOENT for a socket that is not in the set.
    pub fn change(&self, socket: impl AsFd, token: u32, write: bool) -> io::Result<()> {
        let mut event = EpollEvent::new(interest(write), u64::from(token));
        Ok(self.epoll.modify(socket, &mut event)?)
    }

    /// Waits until a socket is ready, at most `timeout`; zero only looks. Returns how many are. A
    /// signal ends the wait with none.
    ///
    /// # Errors
    /// Those of epoll_pwait2(2).
    pub fn wait(&mut self, timeout: Duration) -> io::Result<usize> {
        self.ready = match self.wait_nanoseconds(timeout) {
            Ok(ready) => ready,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => 0,
            // Before Linux 5.11. Rounded down: a late wake-up is worse than an early one.
            Err(e) if e.raw_os_error() == Some(libc::ENOSYS) => self.wait_milliseconds(timeout)?,
            Err(e) => return Err(e),
        };
        Ok(self.ready)
    }

    fn wait_nanoseconds(&mut self, timeout: Duration) -> io::Result<usize> {
        let timeout = timeout.min(LONGEST);
        let time = libc::timespec {
            tv_sec: timeout.as_secs() as libc::time_t,
            tv_nsec: timeout.subsec_nanos() as libc::c_long,
        };
        let no_mask: *const libc::sigset_t = std::ptr::null();
        // SAFETY: `events` is an array of that many epoll_events and `time` a valid timespec; both
        // outlive the call. A null mask leaves the thread's signal mask as it is.
        let rc = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait2,
                self.epoll.0.as_raw_fd(),
                self.events.as_mut_ptr(),
                self.events.len() as libc::c_int,
                &raw const time,
                no_mask,
                0_usize,
            )
        };
        usize::try_from(rc).map_err(|_| io::Error::last_os_error())
    }

    fn wait_milliseconds(&mut self, timeout: Duration) -> io::Result<usize> {
        let ms = timeout.min(LONGEST).as_millis() as libc::c_int;
        // SAFETY: as above.
        let rc = unsafe {
            libc::epoll_wait(
                self.epoll.0.as_raw_fd(),
                self.events.as_mut_ptr(),
                self.events.len() as libc::c_int,
                ms,
            )
        };
        usize::try_from(rc).map_err(|_| io::Error::last_os_error())
    }

    /// The socket with this place among those that the last wait found ready.
    pub fn ready(&self, place: usize) -> Option<Readiness> {
        let event = self.events.get(..self.ready)?.get(place)?;
        let flags = event.events;
        let has = |flag: libc::c_int| flags & flag as u32 != 0;
        let broken = has(libc::EPOLLERR) || has(libc::EPOLLHUP);
        Some(Readiness {
            token: event.u64 as u32,
            read: broken || has(libc::EPOLLIN),
            write: broken || has(libc::EPOLLOUT),
        })
    }
}

/// As good as for ever.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

fn interest(write: bool) -> EpollFlags {
    if write {
        EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT
    } else {
        EpollFlags::EPOLLIN
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn input_is_told_until_it_is_read_and_room_only_where_asked_for() {
        let (mut a, b) = UnixStream::pair().unwrap();
        let mut poller = Poller::new(4).unwrap();
        poller.add(&b, 7, false).unwrap();
        assert_eq!(poller.wait(Duration::ZERO).unwrap(), 0);
        assert_eq!(poller.ready(0), None);
        a.write_all(b"x").unwrap();
        let told = |read, write| {
            Some(Readiness {
                token: 7,
                read,
                write,
            })
        };
        for _ in 0..2 {
            assert_eq!(poller.wait(Duration::from_secs(10)).unwrap(), 1);
            assert_eq!(poller.ready(0), told(true, false));
        }
        poller.change(&b, 7, true).unwrap();
        assert_eq!(poller.wait(Duration::from_secs(10)).unwrap(), 1);
        assert_eq!(poller.ready(0), told(true, true));
        drop(b);
        assert_eq!(poller.wait(Duration::ZERO).unwrap(), 0);
    }

    #[test]
    fn waits_are_shorter_than_a_millisecond() {
        let mut poller = Poller::new(1).unwrap();
        let begun = std::time::Instant::now();
        for _ in 0..10 {
            assert_eq!(poller.wait(Duration::from_micros(50)).unwrap(), 0);
        }
        assert!(begun.elapsed() >= Duration::from_micros(500));
    }
}

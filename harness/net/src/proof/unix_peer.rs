//! The end of a Unix stream connection that another process holds.
//!
//! Own SIOCOUTQ is 0 once the peer took the last byte out of its queue. That alone proves nothing:
//! the recv(2) that took it may still be under way, look into the queue once more, and take what
//! was written meanwhile (seen: 6 of 50,000 one-byte pieces were read together with the one before).
//! So the peer's socket is borrowed for a moment (pidfd_getfd(2)) and peeked at: the kernel lets
//! one reader at a time into it, so that the peek returns after the reader has left. Where
//! borrowing is not allowed, each thread of the process is seen asleep instead, which no thread
//! inside recv(2) with bytes in hand is.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use crate::netlink::Diag;
use crate::socket_table::owner_fd;
use crate::stream::Own;
use crate::{PeerCred, sys, threads_blocked};

/// What is known about the peer of one connection.
#[derive(Debug, Default)]
pub(crate) struct UnixPeer {
    /// The inode of its socket. Known from when it was accepted.
    inode: Option<u32>,
    holder: Option<Holder>,
    /// pidfd_getfd(2) was refused.
    pub(crate) no_borrowing: bool,
}

#[derive(Debug)]
struct Holder {
    pid: u32,
    /// The number of the socket in that process.
    fd: i32,
    /// pidfd_open(2).
    process: OwnedFd,
}

impl UnixPeer {
    /// The inode of the peer's socket, by unix_diag from our own. `None` until it was accepted.
    pub(crate) fn inode(&mut self, own: &Own, diag: &mut Diag) -> io::Result<Option<u32>> {
        if self.inode.is_none() {
            let mine = nix::sys::stat::fstat(&own.socket)?.st_ino;
            let mine = u32::try_from(mine).map_err(io::Error::other)?;
            self.inode = diag
                .unix_exact(mine)?
                .and_then(|a| a.peer)
                .filter(|i| *i != 0);
        }
        Ok(self.inode)
    }

    /// Bytes that the peer has not read, exactly. `None` until it was accepted.
    pub(crate) fn unread(&mut self, own: &Own, diag: &mut Diag) -> io::Result<Option<u32>> {
        let Some(inode) = self.inode(own, diag)? else {
            return Ok(None);
        };
        Ok(diag.unix_exact(inode)?.map(|a| a.rqueue))
    }

    /// True if no reader is inside recv(2) with bytes that it took before this call. Asked when
    /// the queue is empty.
    ///
    /// # Errors
    /// ErrorKind::PermissionDenied, NotFound: the process that holds the socket is not seen.
    pub(crate) fn readers_are_through(&mut self, own: &Own, diag: &mut Diag) -> io::Result<bool> {
        let Some(inode) = self.inode(own, diag)? else {
            return Ok(false);
        };
        // The socket may have been handed to another process, or got another number.
        for _ in 0..2 {
            if self.holder.is_none() {
                self.holder = Some(Holder::find(own, inode)?);
            }
            let Some(holder) = &self.holder else { break };
            if self.no_borrowing {
                return threads_blocked(&[holder.pid]);
            }
            match holder.borrow(inode) {
                Ok(socket) => return sys::is_drained(socket.as_fd()),
                Err(e)
                    if e.kind() == io::ErrorKind::PermissionDenied
                        || e.raw_os_error() == Some(libc::ENOSYS) =>
                {
                    self.no_borrowing = true;
                    return threads_blocked(&[holder.pid]);
                }
                Err(_) => self.holder = None,
            }
        }
        Ok(false)
    }
}

impl Holder {
    /// The process that listened is asked first; then all that can be seen.
    fn find(own: &Own, inode: u32) -> io::Result<Self> {
        let listener = PeerCred::of(own.socket.as_fd()).map(|c| c.pid);
        let (pid, fd) = owner_fd(inode.into(), listener).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("the process that holds the peer's socket (inode {inode}) is not seen"),
            )
        })?;
        Ok(Self {
            pid,
            fd,
            process: sys::pidfd_open(pid)?,
        })
    }

    fn borrow(&self, inode: u32) -> io::Result<OwnedFd> {
        let socket = sys::pidfd_getfd(self.process.as_fd(), self.fd)?;
        let found = nix::sys::stat::fstat(&socket)?.st_ino;
        if found == u64::from(inode) {
            Ok(socket)
        } else {
            Err(io::ErrorKind::NotFound.into())
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::io::Read as _;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use crate::{Await, PeerWatch, SocketOptions, Stream};

    /// The reader is dd(1), which tells how many reads it made, and has got the connection from the
    /// process that accepted it.
    fn reads_of_dd(borrowing: bool) -> String {
        let path =
            std::env::temp_dir().join(format!("harness-net-dd-{borrowing}-{}", std::process::id()));
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let to = format!("unix://{}", path.display()).parse().unwrap();
        let late = Instant::now() + Duration::from_secs(60);
        let stream = Stream::connect(&to, &SocketOptions::default(), late).unwrap();
        std::fs::remove_file(&path).unwrap();
        let accepted: std::os::fd::OwnedFd = listener.accept().unwrap().0.into();
        let mut dd = Command::new("dd")
            .args(["bs=64k", "of=/dev/null"])
            .stdin(accepted)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut watch = PeerWatch::new(&stream).unwrap();
        for _ in 0..1000 {
            watch.unix.no_borrowing |= !borrowing;
            stream.write(b"x").unwrap();
            let got = watch.await_consumed(&stream, stream.written(), late, &mut || false);
            assert_eq!(got, Ok(Await::Consumed));
            assert_eq!(
                watch.unix.no_borrowing, !borrowing,
                "pidfd_getfd(2) is refused here"
            );
        }
        stream.close();
        let mut said = String::new();
        dd.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        dd.wait().unwrap();
        said.lines().next().unwrap().to_owned()
    }

    #[test]
    fn pieces_are_proved_by_a_peek_behind_the_reader() {
        assert_eq!(reads_of_dd(true), "0+1000 records in");
    }

    #[test]
    fn pieces_are_proved_by_sleeping_threads_where_borrowing_is_refused() {
        assert_eq!(reads_of_dd(false), "0+1000 records in");
    }
}

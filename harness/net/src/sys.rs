//! The few system calls that neither socket2 nor nix wraps safely.
#![expect(
    unsafe_code,
    reason = "ioctl(2), getsockopt(2) and recvfrom(2) are called with pointers to locals"
)]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use socket2::{SockAddr, Socket};

/// SIOCOUTQNSD of `linux/sockios.h`.
#[cfg(target_os = "linux")]
const SIOCOUTQNSD: libc::Ioctl = 0x894B;
#[cfg(target_os = "linux")]
type Request = libc::Ioctl;
#[cfg(not(target_os = "linux"))]
type Request = libc::c_ulong;

/// FIONREAD: bytes that can be read.
pub(crate) fn unread(fd: BorrowedFd<'_>) -> io::Result<usize> {
    ioctl_int(fd, libc::FIONREAD)
}

/// SIOCOUTQ of tcp(7) and unix(7): bytes written but not acknowledged.
#[cfg(target_os = "linux")]
pub(crate) fn unacked(fd: BorrowedFd<'_>) -> io::Result<usize> {
    ioctl_int(fd, libc::TIOCOUTQ)
}

/// SIOCOUTQNSD of `linux/sockios.h`: bytes accepted but not sent.
#[cfg(target_os = "linux")]
pub(crate) fn unsent(fd: BorrowedFd<'_>) -> io::Result<usize> {
    ioctl_int(fd, SIOCOUTQNSD)
}

/// Linux's alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unacked(_fd: BorrowedFd<'_>) -> io::Result<usize> {
    Err(linux_only("SIOCOUTQ exists on Linux only"))
}

/// Linux's alone; nothing can be said.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unsent(_fd: BorrowedFd<'_>) -> io::Result<usize> {
    Ok(0)
}

#[cfg(not(target_os = "linux"))]
fn linux_only(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}

/// An ioctl(2) that writes one `int`.
fn ioctl_int(fd: BorrowedFd<'_>, request: Request) -> io::Result<usize> {
    let mut value: libc::c_int = 0;
    // SAFETY: the descriptor is open for as long as it is borrowed, and each request passed here
    // (FIONREAD, SIOCOUTQ, SIOCOUTQNSD) writes exactly one int to the pointer.
    let rc = unsafe { libc::ioctl(fd.as_raw_fd(), request, &raw mut value) };
    if rc < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(value).unwrap_or(0))
}

/// getsockopt(2) into raw bytes; returns how many the kernel wrote.
#[cfg(target_os = "linux")]
pub(crate) fn getsockopt_bytes(
    fd: BorrowedFd<'_>,
    level: i32,
    option: i32,
    buf: &mut [u8],
) -> io::Result<usize> {
    let mut len = libc::socklen_t::try_from(buf.len()).unwrap_or(0);
    // SAFETY: the kernel writes at most `len` bytes to `buf`, which has that many, and the written
    // length to `len`.
    let rc = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            level,
            option,
            buf.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    if rc < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((len as usize).min(buf.len()))
}

/// setsockopt(2) of one `int`.
#[cfg(target_os = "linux")]
pub(crate) fn setsockopt_int(
    fd: BorrowedFd<'_>,
    level: i32,
    option: i32,
    value: i32,
) -> io::Result<()> {
    // SAFETY: the kernel reads one int from the pointer, of the size that is told.
    let rc = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            size_of::<i32>() as libc::socklen_t,
        )
    };
    if rc < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Takes one datagram: its full length, whether the buffer was too short, and its sender.
pub(crate) fn recv_datagram(
    socket: &Socket,
    buf: &mut [u8],
) -> io::Result<(usize, bool, SockAddr)> {
    let len = buf.len();
    let start: *mut MaybeUninit<u8> = buf.as_mut_ptr().cast();
    // SAFETY: the same memory under a type of the same layout. recvfrom(2) writes bytes to it or
    // leaves them alone, so that all of `buf` stays initialised; `buf` is not used meanwhile.
    let uninit = unsafe { std::slice::from_raw_parts_mut(start, len) };
    #[cfg(target_os = "linux")]
    {
        let (full, from) = socket.recv_from_with_flags(uninit, libc::MSG_TRUNC)?;
        Ok((full, full > len, from))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let mut slices = [socket2::MaybeUninitSlice::new(uninit)];
        let (full, flags, from) = socket.recv_from_vectored(&mut slices)?;
        Ok((full, flags.is_truncated(), from))
    }
}

/// SO_MEMINFO of `linux/sock_diag.h`: what was dropped for want of room, its ninth figure.
#[cfg(target_os = "linux")]
pub(crate) fn dropped(fd: BorrowedFd<'_>) -> Option<u32> {
    // Nine u32.
    let mut info = [0_u8; 36];
    let len = getsockopt_bytes(fd, libc::SOL_SOCKET, libc::SO_MEMINFO, &mut info).ok()?;
    let drops = info.get(32..len)?;
    Some(u32::from_ne_bytes(drops.try_into().ok()?))
}

/// Linux's alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn dropped(_fd: BorrowedFd<'_>) -> Option<u32> {
    None
}

/// ppoll(2) without a signal mask: how many descriptors are ready.
#[cfg(target_os = "linux")]
pub(crate) fn poll(fds: &mut [libc::pollfd], timeout: Duration) -> io::Result<usize> {
    // A year is as good as for ever, and fits every time_t.
    let timeout = timeout.min(Duration::from_secs(365 * 24 * 3600));
    let time = libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos() as libc::c_long,
    };
    // SAFETY: `fds` is an array of that many pollfds, `time` a valid timespec, and both outlive the
    // call; a null mask leaves the thread's signal mask as it is.
    let rc = unsafe {
        libc::ppoll(
            fds.as_mut_ptr(),
            fds.len() as libc::nfds_t,
            &raw const time,
            std::ptr::null(),
        )
    };
    usize::try_from(rc).map_err(|_| io::Error::last_os_error())
}

/// poll(2): how many descriptors are ready. Milliseconds are rounded up, so that a short wait does
/// not turn into a spin.
#[cfg(not(target_os = "linux"))]
pub(crate) fn poll(fds: &mut [libc::pollfd], timeout: Duration) -> io::Result<usize> {
    let ms = i32::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
    // SAFETY: `fds` is an array of that many pollfds and outlives the call.
    let rc = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, ms) };
    usize::try_from(rc).map_err(|_| io::Error::last_os_error())
}

/// pidfd_open(2): a handle on a process that no later process with its number takes over.
#[cfg(target_os = "linux")]
pub(crate) fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two integers and touches no memory of ours.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    owned(fd)
}

/// pidfd_getfd(2): a copy of another process's descriptor, close-on-exec.
#[cfg(target_os = "linux")]
pub(crate) fn pidfd_getfd(process: BorrowedFd<'_>, fd: i32) -> io::Result<OwnedFd> {
    // SAFETY: the call takes three integers and touches no memory of ours.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), fd, 0) };
    owned(fd)
}

#[cfg(target_os = "linux")]
fn owned(fd: libc::c_long) -> io::Result<OwnedFd> {
    use std::os::fd::FromRawFd as _;
    match i32::try_from(fd) {
        // SAFETY: the kernel has just opened this descriptor for us; nobody else knows it.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Linux's alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pidfd_open(_pid: u32) -> io::Result<OwnedFd> {
    Err(linux_only("pidfd_open(2) exists on Linux only"))
}

/// Linux's alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pidfd_getfd(_process: BorrowedFd<'_>, _fd: i32) -> io::Result<OwnedFd> {
    Err(linux_only("pidfd_getfd(2) exists on Linux only"))
}

/// True if a socket has nothing to read, seen by a peek that takes nothing away.
pub(crate) fn is_drained(socket: BorrowedFd<'_>) -> io::Result<bool> {
    let mut byte = 0_u8;
    // SAFETY: at most one byte is written to `byte`, which has one.
    let got = unsafe {
        libc::recv(
            socket.as_raw_fd(),
            (&raw mut byte).cast(),
            1,
            libc::MSG_PEEK | libc::MSG_DONTWAIT,
        )
    };
    match got {
        // 0: our own end was half-closed, and nothing lies before that.
        0 => Ok(true),
        1.. => Ok(false),
        _ => match io::Error::last_os_error() {
            e if e.kind() == io::ErrorKind::WouldBlock => Ok(true),
            e => Err(e),
        },
    }
}

/// pidfd_send_signal(2).
#[cfg(target_os = "linux")]
pub(crate) fn pidfd_send_signal(process: BorrowedFd<'_>, signal: i32) -> io::Result<()> {
    let no_info: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: the call takes integers and a null pointer, which means the siginfo of kill(2).
    let rc = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_raw_fd(),
            signal,
            no_info,
            0,
        )
    };
    match io::Error::last_os_error() {
        _ if rc == 0 => Ok(()),
        // It has ended.
        e if e.raw_os_error() == Some(libc::ESRCH) => Ok(()),
        e => Err(e),
    }
}

/// Linux's alone.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pidfd_send_signal(_process: BorrowedFd<'_>, _signal: i32) -> io::Result<()> {
    Err(linux_only("pidfd_send_signal(2) exists on Linux only"))
}

/// Marks every descriptor from 3 on as close-on-exec (CLOSE_RANGE_CLOEXEC of close_range(2), Linux
/// 5.11): what this process was given unasked goes no further. Closes nothing.
#[cfg(target_os = "linux")]
pub(crate) fn keep_descriptors_here() -> io::Result<()> {
    // SAFETY: the call takes three integers; with this flag no descriptor is closed.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    if rc == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Not known elsewhere.
#[cfg(not(target_os = "linux"))]
pub(crate) fn keep_descriptors_here() -> io::Result<()> {
    Ok(())
}

//! Limits and precision of the harness's own process.

use std::io;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// How many descriptors this process may open now, and could at most (RLIMIT_NOFILE of
/// getrlimit(2)).
///
/// # Errors
/// Those of getrlimit(2).
#[expect(
    clippy::useless_conversion,
    reason = "rlim_t is not u64 on every system"
)]
pub fn fd_limit() -> io::Result<(u64, u64)> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok((soft.into(), hard.into()))
}

/// Raises the limit on descriptors as far as this process may, and returns what holds now.
///
/// # Errors
/// Those of setrlimit(2).
pub fn raise_fd_limit() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard {
        // macOS tells of no bound but has one.
        #[cfg(target_os = "macos")]
        let hard = hard.min(libc::OPEN_MAX as libc::rlim_t);
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    }
    Ok(fd_limit()?.0)
}

/// Lowers the limit on descriptors of this process, the soft one alone, so that a shortage can be
/// shown.
///
/// # Errors
/// Those of setrlimit(2): EINVAL above the hard limit.
#[expect(
    clippy::useless_conversion,
    reason = "rlim_t is not u64 on every system"
)]
pub fn lower_fd_limit(most: u64) -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    let most = most.try_into().map_err(io::Error::other)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, most, hard)?)
}

/// How late the kernel may end this thread's waits, in nanoseconds; threads started later inherit
/// it. The default is 50,000 (PR_SET_TIMERSLACK of prctl(2)). With 1, sleeps were measured 21 to
/// 45 us late instead of 80 to 105.
///
/// # Errors
/// ErrorKind::Unsupported elsewhere than on Linux.
pub fn set_timer_slack(ns: u32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        // 0 would mean the default.
        Ok(nix::sys::prctl::set_timerslack(u64::from(ns.max(1)))?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = ns;
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "PR_SET_TIMERSLACK exists on Linux only",
        ))
    }
}

/// Processor time of this thread so far, user and system (RUSAGE_THREAD of getrusage(2)). `None`
/// elsewhere than on Linux.
pub fn thread_cpu_time() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::resource::{UsageWho, getrusage};
        use nix::sys::time::TimeValLike as _;
        let usage = getrusage(UsageWho::RUSAGE_THREAD).ok()?;
        let us = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        u64::try_from(us).ok().map(Duration::from_micros)
    }
    #[cfg(not(target_os = "linux"))]
    {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_can_be_raised_to_the_hard_one() {
        let (_, hard) = fd_limit().unwrap();
        let now = raise_fd_limit().unwrap();
        assert_eq!(fd_limit().unwrap().0, now);
        if cfg!(target_os = "linux") {
            assert_eq!(now, hard);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn slack_is_this_threads_own() {
        set_timer_slack(1).unwrap();
        assert_eq!(nix::sys::prctl::get_timerslack().unwrap(), 1);
    }
}

//! Whether every thread of some processes is blocked: they are done with what they were given.

use std::io;

/// True if there was an instant at which every thread of these processes slept (state S of
/// proc_pid_stat(5)). Threads that run or wait for a processor (R), for a disk (D), or are stopped
/// (T) say no. Processes that have ended are not looked at.
///
/// Threads are read one after another, so that two which wake each other could both be seen asleep.
/// Hence two passes: a thread that slept in both, and was not given a processor in between, slept
/// from the end of the first to the start of the second.
///
/// Together with [`PeerWatch::consumed`](crate::PeerWatch::consumed) it proves that a target did
/// all it can with the bytes it has: also threads and processes behind the one that reads.
///
/// # Errors
/// ErrorKind::Unsupported where there is no /proc of Linux's kind; else those of reading it.
pub fn threads_blocked(pids: &[u32]) -> io::Result<bool> {
    let Some(before) = pass(pids, Order::CountFirst)? else {
        return Ok(false);
    };
    Ok(pass(pids, Order::StateFirst)? == Some(before))
}

/// The count is read on the outer side of the two states.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    CountFirst,
    StateFirst,
}

/// `None` if a thread does not sleep; else a digest of all threads, and of how often each was given
/// a processor.
#[cfg(target_os = "linux")]
fn pass(pids: &[u32], order: Order) -> io::Result<Option<u64>> {
    let mut buf = Vec::with_capacity(512);
    let mut digest = FNV_START;
    for pid in pids {
        let tasks = match std::fs::read_dir(format!("/proc/{pid}/task")) {
            Ok(tasks) => tasks,
            Err(e) if crate::procfs::is_gone(&e) => continue,
            Err(e) => return Err(e),
        };
        for task in tasks {
            let Ok(task) = task else { break };
            let task = task.path();
            let (asleep, count);
            if order == Order::CountFirst {
                count = timeslices(&task, &mut buf);
                asleep = is_asleep(&task, &mut buf)?;
            } else {
                asleep = is_asleep(&task, &mut buf)?;
                count = timeslices(&task, &mut buf);
            }
            if !asleep {
                return Ok(None);
            }
            for byte in task.as_os_str().as_encoded_bytes() {
                digest = fnv(digest, u64::from(*byte));
            }
            digest = fnv(digest, count);
        }
    }
    Ok(Some(digest))
}

/// A thread that has ended since is no obstacle.
#[cfg(target_os = "linux")]
fn is_asleep(task: &std::path::Path, buf: &mut Vec<u8>) -> io::Result<bool> {
    match crate::procfs::state(&task.join("stat"), buf) {
        Ok(state) => Ok(matches!(state, Some(b'S' | b'Z' | b'X'))),
        Err(e) if crate::procfs::is_gone(&e) => Ok(true),
        Err(e) => Err(e),
    }
}

/// How often a thread was given a processor: the third figure of its schedstat. 0 where the kernel
/// does not count.
#[cfg(target_os = "linux")]
fn timeslices(task: &std::path::Path, buf: &mut Vec<u8>) -> u64 {
    if crate::procfs::read(&task.join("schedstat"), buf).is_err() {
        return 0;
    }
    std::str::from_utf8(buf)
        .ok()
        .and_then(|text| text.split_ascii_whitespace().nth(2)?.parse().ok())
        .unwrap_or(0)
}

/// FNV-1a, 64 bits.
#[cfg(target_os = "linux")]
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

#[cfg(target_os = "linux")]
fn fnv(digest: u64, value: u64) -> u64 {
    (digest ^ value).wrapping_mul(0x0100_0000_01b3)
}

#[cfg(not(target_os = "linux"))]
fn pass(_pids: &[u32], _order: Order) -> io::Result<Option<u64>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "the states of threads are read from /proc, which exists on Linux only",
    ))
}

//! The descendants of a process, and the states that they are in (proc(5)).

use std::io;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The live descendants of a process, itself not included, parents before children. What has ended
/// and was not reaped yet is not live.
#[cfg(target_os = "linux")]
pub(crate) fn descendants(of: u32) -> Vec<u32> {
    let mut buf = Vec::new();
    let mut found = below(of, &mut buf);
    found.retain(|pid| is_live(*pid, &mut buf));
    found
}

/// How many descendants of a process have ended and were not waited for (zombies, proc_pid_stat(5)).
#[cfg(target_os = "linux")]
pub(crate) fn zombies(of: u32) -> usize {
    let mut buf = Vec::new();
    let mut found = below(of, &mut buf);
    found.retain(|pid| state_and_parent(*pid, &mut buf).is_some_and(|(state, _)| state == b'Z'));
    found.len()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn zombies(_of: u32) -> usize {
    0
}

/// The descendants of a process, ended ones included.
#[cfg(target_os = "linux")]
fn below(of: u32, buf: &mut Vec<u8>) -> Vec<u32> {
    let mut found = Vec::new();
    let mut next = vec![of];
    while let Some(parent) = next.pop() {
        let Some(children) = children(parent, buf) else {
            return below_by_parent(of, buf);
        };
        next.extend_from_slice(&children);
        found.extend(children);
    }
    found
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn descendants(_of: u32) -> Vec<u32> {
    Vec::new()
}

/// By the `children` files of its threads; `None` where the kernel has none.
#[cfg(target_os = "linux")]
fn children(of: u32, buf: &mut Vec<u8>) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{of}/task")) else {
        return Some(found);
    };
    for task in tasks.flatten() {
        match crate::procfs::read(&task.path().join("children"), buf) {
            Ok(()) => found.extend(
                String::from_utf8_lossy(buf)
                    .split_ascii_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            ),
            // Without CONFIG_PROC_CHILDREN the file is missing while its directory is there.
            Err(_) if task.path().join("stat").exists() => return None,
            Err(_) => {}
        }
    }
    Some(found)
}

/// By the parent that every process names.
#[cfg(target_os = "linux")]
fn below_by_parent(of: u32, buf: &mut Vec<u8>) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        if let Some((_, parent)) = state_and_parent(pid, buf) {
            parents.push((pid, parent));
        }
    }
    let mut found = vec![of];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(parents.iter().filter(|p| p.1 == parent).map(|p| p.0));
        at += 1;
    }
    found.retain(|pid| *pid != of);
    found
}

#[cfg(target_os = "linux")]
fn state_and_parent(pid: u32, buf: &mut Vec<u8>) -> Option<(u8, u32)> {
    crate::procfs::read(format!("/proc/{pid}/stat").as_ref(), buf).ok()?;
    let mut fields = crate::procfs::fields(buf)?;
    let state = *fields.next()?.first()?;
    let parent = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
    Some((state, parent))
}

#[cfg(target_os = "linux")]
fn is_live(pid: u32, buf: &mut Vec<u8>) -> bool {
    state_and_parent(pid, buf).is_some_and(|(state, _)| !matches!(state, b'Z' | b'X'))
}

/// True if every thread of these processes is stopped (state T), or has ended.
#[cfg(target_os = "linux")]
pub(crate) fn all_stopped(pids: &[u32]) -> io::Result<bool> {
    let mut buf = Vec::new();
    for pid in pids {
        let tasks = match std::fs::read_dir(format!("/proc/{pid}/task")) {
            Ok(tasks) => tasks,
            Err(e) if crate::procfs::is_gone(&e) => continue,
            Err(e) => return Err(e),
        };
        for task in tasks.flatten() {
            match crate::procfs::state(&task.path().join("stat"), &mut buf) {
                Ok(Some(b'T' | b't' | b'Z' | b'X')) => {}
                Ok(_) => return Ok(false),
                Err(e) if crate::procfs::is_gone(&e) => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn all_stopped(_pids: &[u32]) -> io::Result<bool> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "the states of threads are read from /proc, which exists on Linux only",
    ))
}

/// Sends a signal; a process that has ended is no error.
pub(crate) fn send(pid: u32, signal: Signal) -> io::Result<()> {
    let pid = i32::try_from(pid).map_err(io::Error::other)?;
    // 0 and below are groups, and 1 is nobody's target.
    if pid <= 1 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn both_ways_find_the_same_children() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let own = std::process::id();
        let fast = descendants(own);
        let slow = below_by_parent(own, &mut Vec::new());
        child.kill().unwrap();
        while zombies(own) == 0 {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(fast.contains(&child.id()), "{fast:?}");
        assert!(slow.contains(&child.id()), "{slow:?}");
        assert!(!descendants(own).contains(&child.id()));
    }
}

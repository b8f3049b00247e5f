//! Descendants that lost their guard: a target can kill it.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};

use super::tree;

/// Between two looks at processes that were killed.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(1);

/// Adopts what a killed guard leaves, and ends it.
#[derive(Debug)]
pub struct Orphanage(());

impl Orphanage {
    /// Adopts orphans from now on. `None` where they could not be told from others: this process
    /// had children already (a script that did `server & exec harness`), is the first of its
    /// container, or the system has no subreaper.
    pub fn open() -> Option<Self> {
        let own = std::process::id();
        if own == 1 || !tree::descendants(own).is_empty() {
            return None;
        }
        super::become_subreaper().ok().map(|()| Self(()))
    }

    /// Kills and reaps every descendant of this process, and returns those that were met alive.
    /// For the end of a run: no [`Process`](super::Process) and no other child may be in use, since
    /// their ends are learned here. Processes that cannot be killed are left at `deadline`.
    pub fn close(self, deadline: Instant) -> Vec<u32> {
        end_descendants(deadline)
    }
}

fn end_descendants(deadline: Instant) -> Vec<u32> {
    let own = std::process::id();
    let mut met = Vec::new();
    loop {
        let left = tree::descendants(own);
        // All are frozen before one is killed, so that none can make another for it meanwhile.
        for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
            for pid in &left {
                // Who cannot be killed is left.
                let _ = tree::send(*pid, signal);
            }
        }
        let new: Vec<u32> = left.iter().filter(|p| !met.contains(*p)).copied().collect();
        met.extend(new);
        while matches!(
            waitpid(None, Some(WaitPidFlag::WNOHANG)),
            Ok(status) if status != WaitStatus::StillAlive
        ) {}
        if left.is_empty() || Instant::now() >= deadline {
            return met;
        }
        // Each end is seen by waitpid(2) above, but those of grandchildren come to us later.
        let _ = crate::poll(&[], LOOK_AGAIN_AFTER);
    }
}

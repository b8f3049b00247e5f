//! Processes that must not outlive their server.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

/// The children that run now, and how they are ended.
pub(crate) struct Children {
    end: fn(Pid),
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stopped: bool,
    running: HashSet<Pid>,
}

impl Children {
    /// Commands, each in a process group of its own, that are killed with all that they started.
    pub(crate) fn commands() -> Self {
        Self::ended_by(kill_group)
    }

    /// Worker processes, which end in order when they are asked to.
    pub(crate) fn workers() -> Self {
        Self::ended_by(|worker| {
            // ESRCH only means that it has ended by itself.
            let _ = kill(worker, Signal::SIGTERM);
        })
    }

    fn ended_by(end: fn(Pid)) -> Self {
        Self {
            end,
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a child; ends it at once if the server has stopped meanwhile.
    pub(crate) fn enter(&self, child: Pid) {
        let mut state = self.lock();
        if state.stopped {
            (self.end)(child);
        }
        state.running.insert(child);
    }

    /// Forgets a child, before its number can be given to another process.
    pub(crate) fn leave(&self, child: Pid) {
        self.lock().running.remove(&child);
    }

    /// Ends every child, now and later.
    pub(crate) fn end_all(&self) {
        let mut state = self.lock();
        state.stopped = true;
        state.running.iter().copied().for_each(self.end);
    }
}

impl fmt::Debug for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Children").finish_non_exhaustive()
    }
}

/// Kills a process group. ESRCH only means that it has ended by itself.
pub(crate) fn kill_group(group: Pid) {
    let _ = killpg(group, Signal::SIGKILL);
}

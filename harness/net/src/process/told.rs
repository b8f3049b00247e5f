//! What the guard has told of the program, shared with the thread that hears it.

use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::Exit;
use super::record::Record;

/// What the guard has told.
#[derive(Debug, Default)]
pub(super) struct Shared {
    told: Mutex<Told>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) exit: Option<Exit>,
    pub(super) killed: Vec<u32>,
    pub(super) guard_is_gone: bool,
}

impl Shared {
    /// What is known now.
    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what the guard tells, until it is gone.
    pub(super) fn listen(&self, control: &UnixStream) {
        loop {
            let record = Record::receive(control);
            let mut told = self.told();
            match record {
                Ok(Record::Ended(exit)) => told.exit = Some(exit),
                Ok(Record::Killed(pid)) => told.killed.extend(u32::try_from(pid)),
                Ok(_) => {}
                Err(_) => told.guard_is_gone = true,
            }
            let gone = told.guard_is_gone;
            self.changed.notify_all();
            if gone {
                return;
            }
        }
    }

    /// Waits until something is known, at most until `deadline`.
    pub(super) fn wait(
        &self,
        deadline: Instant,
        until: impl Fn(&Told) -> bool,
    ) -> MutexGuard<'_, Told> {
        let mut told = self.told();
        while !until(&told) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            told = self
                .changed
                .wait_timeout(told, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        told
    }
}

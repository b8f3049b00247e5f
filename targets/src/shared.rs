//! What a server's threads share: whether it runs, who is connected, and how to wake sleepers.

use std::collections::HashMap;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::Socket;
use tokio::sync::watch;

use crate::children::Children;
use crate::service::Sockets;

/// Whether a server still runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    /// It was told to stop.
    Stopping,
    /// A planted fault ended it, in this way.
    Died(String),
}

pub(crate) struct Shared {
    pub(crate) sockets: Sockets,
    /// Commands that clients run.
    pub(crate) groups: Arc<Children>,
    /// Processes that serve a connection each.
    pub(crate) workers: Children,
    /// Reads that returned 0 after the first, over all connections.
    pub(crate) spins: AtomicU64,
    /// True once a connection spins.
    spinning: AtomicBool,
    state: watch::Sender<State>,
    /// Dropped to wake whoever polls `woken`.
    wake: Mutex<Option<io::PipeWriter>>,
    woken: io::PipeReader,
    clients: Mutex<Clients>,
    left: Condvar,
}

#[derive(Default)]
struct Clients {
    live: usize,
    next: u64,
    sockets: HashMap<u64, Arc<Socket>>,
}

impl Shared {
    pub(crate) fn new(sockets: Sockets, groups: Arc<Children>) -> io::Result<Self> {
        let (woken, wake) = io::pipe()?;
        Ok(Self {
            sockets,
            groups,
            workers: Children::workers(),
            spins: AtomicU64::new(0),
            spinning: AtomicBool::new(false),
            state: watch::Sender::new(State::Running),
            wake: Mutex::new(Some(wake)),
            woken,
            clients: Mutex::default(),
            left: Condvar::new(),
        })
    }

    pub(crate) fn state(&self) -> State {
        self.state.borrow().clone()
    }

    pub(crate) fn is_running(&self) -> bool {
        *self.state.borrow() == State::Running
    }

    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Ends the server as the end of its process would: for good, for every client.
    pub(crate) fn die(&self, how: String) {
        self.leave(State::Died(how));
        self.disconnect();
    }

    /// Ends the server in order.
    pub(crate) fn stop(&self) {
        self.leave(State::Stopping);
        if !self.sockets.waits_for_clients {
            self.disconnect();
        }
    }

    fn leave(&self, state: State) {
        self.state.send_if_modified(|now| {
            let first = *now == State::Running;
            if first {
                *now = state;
            }
            first
        });
        drop(lock(&self.wake).take());
        self.groups.end_all();
        self.left.notify_all();
    }

    /// Ends a server whose work is done.
    pub(crate) fn finish(&self) {
        self.leave(State::Stopping);
    }

    fn disconnect(&self) {
        self.workers.end_all();
        for socket in lock(&self.clients).sockets.values() {
            // Fails only where the client has left already.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Notes a connection until the guard is dropped. Its socket is shut down when the server
    /// ends; tasks, which end with their runtime, and processes, which are told, give none.
    pub(crate) fn enter(self: &Arc<Self>, socket: Option<Arc<Socket>>) -> Guard {
        let mut clients = lock(&self.clients);
        clients.live += 1;
        clients.next += 1;
        let id = clients.next;
        if let Some(socket) = socket {
            if !self.is_running() {
                let _ = socket.shutdown(Shutdown::Both);
            }
            clients.sockets.insert(id, socket);
        }
        Guard {
            shared: Arc::clone(self),
            id,
        }
    }

    /// Waits until fewer clients than the limit are connected; false if the server ended.
    pub(crate) fn wait_for_place(&self) -> bool {
        if let Some(limit) = self.sockets.clients {
            let clients = lock(&self.clients);
            drop(
                self.left
                    .wait_while(clients, |c| c.live >= limit && self.is_running())
                    .unwrap_or_else(PoisonError::into_inner),
            );
        }
        self.is_running()
    }

    /// Waits until all clients have left; without end for the server that waits for them.
    pub(crate) fn wait_until_empty(&self) {
        let clients = lock(&self.clients);
        if self.sockets.waits_for_clients {
            drop(
                self.left
                    .wait_while(clients, |c| c.live > 0)
                    .unwrap_or_else(PoisonError::into_inner),
            );
        } else {
            drop(
                self.left
                    .wait_timeout_while(clients, Duration::from_secs(5), |c| c.live > 0),
            );
        }
    }

    #[cfg(test)]
    pub(crate) fn clients(&self) -> usize {
        lock(&self.clients).live
    }

    /// True for the first connection that asks. One busy thread shows the fault; hundreds, after a
    /// sweep, would only starve whoever measures it.
    pub(crate) fn may_spin(&self) -> bool {
        !self.spinning.swap(true, Ordering::Relaxed)
    }

    /// Sits out the rest of a stall, where the planted fault has one now. It blocks its thread:
    /// a server that stalls does nothing else meanwhile.
    pub(crate) fn stall(&self) {
        if let Some(stall) = self.sockets.stalls {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            std::thread::sleep(stall.left(now.unwrap_or_default()));
        }
    }

    pub(crate) fn spun(&self) {
        self.spins.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until the descriptor can be read. False if the server ended first, or the time
    /// passed.
    pub(crate) fn wait_readable(
        &self,
        fd: Option<BorrowedFd<'_>>,
        timeout: Option<Duration>,
    ) -> io::Result<bool> {
        let timeout = match timeout {
            None => PollTimeout::NONE,
            Some(time) => PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX),
        };
        let mut set = vec![PollFd::new(self.woken.as_fd(), PollFlags::POLLIN)];
        set.extend(fd.map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        loop {
            match poll(&mut set, timeout) {
                Ok(0) => return Ok(false),
                Ok(_) => break,
                Err(Errno::EINTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(self.is_running() && set.get(1).is_some_and(|fd| fd.any().unwrap_or(false)))
    }
}

/// A connection's place among the clients.
pub(crate) struct Guard {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut clients = lock(&self.shared.clients);
        clients.live -= 1;
        clients.sockets.remove(&self.id);
        drop(clients);
        self.shared.left.notify_all();
    }
}

/// A thread that panicked leaves nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A process for each connection: the server's own program again, with the connection as its stdin.
//!
//! Nothing is forked: a server with threads may not run on in a forked child (fork(2)).

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use socket2::Socket;

use super::{Driver, blocking};
use crate::shared::{Guard, Shared};

/// Most workers at a time where nothing else limits them. The next client waits in the backlog.
pub(crate) const WORKERS: usize = 1024;

/// How a worker is started.
pub(crate) struct Worker {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) env: Vec<(&'static str, OsString)>,
}

/// Serves until the server ends.
pub(crate) fn serve(driver: &Driver, worker: &Worker) {
    let shared = &driver.shared;
    blocking::accept(driver, |socket| {
        let place = shared.enter(None);
        // Where the system has no process left, this client is dropped and the others live on.
        if let Ok(child) = worker.start(socket) {
            reap(child, place, shared);
        }
    });
    if shared.sockets.waits_for_clients {
        // Workers end with the thread that started them.
        shared.wait_until_empty();
    }
}

impl Worker {
    fn start(&self, socket: Socket) -> io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(OwnedFd::from(socket))
            .stdout(Stdio::null())
            .spawn()
    }
}

/// Waits for a worker in a thread of its own, and gives its place free then.
fn reap(child: Child, place: Guard, shared: &Arc<Shared>) {
    // A process id fits: the kernel's own type is signed.
    let pid = Pid::from_raw(child.id().cast_signed());
    shared.workers.enter(pid);
    let server = Arc::clone(shared);
    let waits = move || {
        let mut child = child;
        // Its number is another process's only after it was reaped: it is forgotten before that.
        let _ = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
        server.workers.leave(pid);
        if !server.sockets.leaves_zombies {
            let _ = child.wait();
        }
        drop(place);
    };
    // Without a thread, the worker is reaped by nobody until the server ends.
    let _ = std::thread::Builder::new()
        .name("reaper".to_owned())
        .stack_size(64 << 10)
        .spawn(waits);
}

//! A program under test while it runs.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::guard::GUARD;
use super::output::Drain;
use super::record::Record;
use super::told::Shared;
use super::{Exit, Launch, Output, ProcessError, Signal, Stopped, tree, usage};
use crate::sys;

/// How long a guard may take until it has started the target, or has got rid of everything.
const GUARD_LIMIT: Duration = Duration::from_secs(40);
/// How long the rest of the output is waited for once all its writers are gone.
const OUTPUT_LIMIT: Duration = Duration::from_secs(1);
/// Between two looks at a tree that is being frozen.
const LOOK_AGAIN_AFTER: Duration = Duration::from_micros(200);

/// A program that runs under a guard. Dropping it kills the program and all its descendants.
#[derive(Debug)]
pub struct Process {
    guard: Child,
    control: UnixStream,
    pid: u32,
    /// Where the system has pidfd_open(2), and the target had not ended already.
    handle: Option<OwnedFd>,
    shared: Arc<Shared>,
    stdout: Drain,
    stderr: Drain,
    paused: AtomicBool,
    stopped: Option<Stopped>,
}

impl Process {
    /// Starts a program under a guard, and returns once it is executed.
    ///
    /// # Errors
    /// [`ProcessError`]: names the program and says why it cannot be executed.
    pub fn start(launch: &Launch) -> Result<Self, ProcessError> {
        let Some(program) = launch.argv.first().filter(|p| !p.is_empty()) else {
            return Err(ProcessError::NothingToStart);
        };
        let failed = |why: String| ProcessError::Guard {
            launcher: launch.launcher.display().to_string(),
            why,
        };
        let (control, theirs) = UnixStream::pair().map_err(|e| failed(e.to_string()))?;
        let mut command = Command::new(&launch.launcher);
        command.args([GUARD, "0"]);
        if let Some(dir) = &launch.dir {
            command.arg("--dir").arg(dir);
        }
        for (name, value) in &launch.env {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        command
            .arg("--")
            .arg(program)
            .args(&launch.argv[1..])
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut guard = command
            .spawn()
            .map_err(|e| failed(format!("it cannot be executed: {e}")))?;
        // The command holds the guard's end of the control socket, whose closing is a message.
        drop(command);
        match Self::attend(&mut guard, control, launch) {
            Ok((control, pid, stdout, stderr)) => {
                let shared = Arc::new(Shared::default());
                let process = Self {
                    guard,
                    pid,
                    handle: sys::pidfd_open(pid).ok(),
                    shared: Arc::clone(&shared),
                    stdout,
                    stderr,
                    paused: AtomicBool::new(false),
                    stopped: None,
                    control,
                };
                let control = process
                    .control
                    .try_clone()
                    .map_err(|e| failed(e.to_string()))?;
                std::thread::Builder::new()
                    .name("guard".to_owned())
                    .spawn(move || shared.listen(&control))
                    .map_err(|e| failed(e.to_string()))?;
                Ok(process)
            }
            Err(e) => {
                // Its control socket is closed by now, and what it started ends with it. What is no
                // guard need not know that.
                if !matches!(e, ProcessError::Execute { .. }) {
                    let _ = guard.kill();
                }
                let _ = guard.wait();
                Err(e)
            }
        }
    }

    /// Waits for the guard's first word.
    fn attend(
        guard: &mut Child,
        control: UnixStream,
        launch: &Launch,
    ) -> Result<(UnixStream, u32, Drain, Drain), ProcessError> {
        let failed = |why: String| ProcessError::Guard {
            launcher: launch.launcher.display().to_string(),
            why,
        };
        let io = |e: io::Error| failed(e.to_string());
        let (Some(stdout), Some(stderr)) = (guard.stdout.take(), guard.stderr.take()) else {
            return Err(failed("it has no output".to_owned()));
        };
        let stdout = Drain::start("stdout", stdout, launch.output_limit).map_err(io)?;
        let stderr = Drain::start("stderr", stderr, launch.output_limit).map_err(io)?;
        control.set_read_timeout(Some(GUARD_LIMIT)).map_err(io)?;
        let first = Record::receive(&control);
        control.set_read_timeout(None).map_err(io)?;
        match first {
            Ok(Record::Started(pid)) => match u32::try_from(pid) {
                Ok(pid) => Ok((control, pid, stdout, stderr)),
                Err(_) => Err(failed(format!("it told of a process {pid}"))),
            },
            Ok(Record::NotStarted(errno)) => Err(ProcessError::execute(launch, errno)),
            Ok(other) => Err(failed(format!("its first message was {other:?}"))),
            Err(e) => {
                drop(control);
                stderr.wait_for_end(Instant::now() + OUTPUT_LIMIT);
                let said = String::from_utf8_lossy(&stderr.kept().0).trim().to_owned();
                Err(failed(if said.is_empty() {
                    format!("it did not start the program ({e})")
                } else {
                    format!("it said: {said}")
                }))
            }
        }
    }

    /// The process of the program itself.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The program and all its live descendants, those of another session or process group
    /// included.
    pub fn tree(&self) -> Vec<u32> {
        tree::descendants(self.guard.id())
    }

    /// How many processes that the program started have ended and were not waited for: zombies,
    /// each of which keeps its process id. Always 0 elsewhere than on Linux.
    pub fn zombies(&self) -> usize {
        tree::zombies(self.pid)
    }

    /// How the program ended; `None` while it runs. Does not wait.
    pub fn exit(&self) -> Option<Exit> {
        self.shared.told().exit
    }

    /// Waits until the program has ended; `None` at the deadline, or if the guard was killed.
    pub fn wait(&self, deadline: Instant) -> Option<Exit> {
        self.shared
            .wait(deadline, |told| told.exit.is_some() || told.guard_is_gone)
            .exit
    }

    /// Sends a signal to the program's own process. One that has ended gets none.
    ///
    /// # Errors
    /// Those of kill(2): EPERM.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.exit().is_some() {
            return Ok(());
        }
        match &self.handle {
            // No later process with the same number can be hit.
            Some(handle) => sys::pidfd_send_signal(handle.as_fd(), signal.nix() as i32),
            None => tree::send(self.pid, signal.nix()),
        }
    }

    /// Sends a signal to the program and all its descendants.
    ///
    /// # Errors
    /// As [`signal`](Self::signal); the others have got it all the same.
    pub fn signal_tree(&self, signal: Signal) -> io::Result<()> {
        let mut result = Ok(());
        for pid in self.tree() {
            result = result.and(tree::send(pid, signal.nix()));
        }
        result
    }

    /// Freezes the program and all its descendants (SIGSTOP), and returns when every thread is seen
    /// stopped.
    ///
    /// # Errors
    /// ErrorKind::TimedOut at the deadline: what could be stopped is stopped.
    /// ErrorKind::Unsupported elsewhere than on Linux.
    pub fn pause(&self, deadline: Instant) -> io::Result<()> {
        self.paused.store(true, Ordering::Relaxed);
        loop {
            let tree = self.tree();
            for pid in &tree {
                tree::send(*pid, Signal::Stop.nix())?;
            }
            // What a process forked before it stopped is found by the second look.
            if tree::all_stopped(&tree)? && self.tree().iter().all(|pid| tree.contains(pid)) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "the program did not stop on SIGSTOP before the deadline",
                ));
            }
            // Signals are taken when a process next enters or leaves the kernel; nothing tells of
            // it to others than the parent.
            crate::poll(&[], LOOK_AGAIN_AFTER)?;
        }
    }

    /// Lets the program and all its descendants go on (SIGCONT).
    ///
    /// # Errors
    /// As [`signal_tree`](Self::signal_tree).
    pub fn resume(&self) -> io::Result<()> {
        self.paused.store(false, Ordering::Relaxed);
        self.signal_tree(Signal::Cont)
    }

    /// Ends it: SIGTERM to the program, `grace` for it to end, then SIGKILL for all that is left of
    /// it and its descendants, which are reaped. Again: gives the same answer.
    pub fn stop(&mut self, grace: Duration) -> Stopped {
        if let Some(stopped) = &self.stopped {
            return stopped.clone();
        }
        if self.exit().is_none() && !grace.is_zero() {
            // What cannot be signalled is killed by the guard, if by anyone.
            let _ = self.signal(Signal::Term);
            if self.paused.load(Ordering::Relaxed) {
                let _ = self.resume();
            }
            self.wait(Instant::now() + grace);
        }
        let forced = self.exit().is_none();
        // A guard that does not take the message is gone.
        let _ = Record::Quit.send(&self.control);
        let told = {
            let told = self
                .shared
                .wait(Instant::now() + GUARD_LIMIT, |told| told.guard_is_gone);
            Stopped {
                exit: told.exit,
                forced,
                leftovers: told.killed.clone(),
            }
        };
        // The guard ends after it has closed the control socket; if it does not, it is killed.
        if !self.shared.told().guard_is_gone {
            let _ = self.guard.kill();
        }
        let _ = self.guard.wait();
        let deadline = Instant::now() + OUTPUT_LIMIT;
        self.stdout.wait_for_end(deadline);
        self.stderr.wait_for_end(deadline);
        self.stopped = Some(told.clone());
        told
    }

    /// What the program and its descendants wrote so far.
    pub fn output(&self) -> Output {
        let (stdout, stdout_bytes) = self.stdout.kept();
        let (stderr, stderr_bytes) = self.stderr.kept();
        Output {
            stdout,
            stderr,
            stdout_bytes,
            stderr_bytes,
        }
    }

    /// Waits for a line on stdout that `wanted` accepts, among those kept or to come. `None` at the
    /// deadline, or if stdout ended without it.
    pub fn stdout_line_matching(
        &self,
        mut wanted: impl FnMut(&str) -> bool,
        deadline: Instant,
    ) -> Option<String> {
        self.stdout.line(&mut wanted, deadline)
    }

    /// Processor time, user and system, that the tree has used so far, in ticks of 10 ms. `None`
    /// after [`stop`](Self::stop), and elsewhere than on Linux.
    pub fn cpu_time(&self) -> Option<Duration> {
        if self.stopped.is_some() {
            return None;
        }
        usage::cpu_time(self.guard.id(), &self.tree())
    }

    /// Resident memory of the tree in bytes. `None` elsewhere than on Linux.
    pub fn rss_bytes(&self) -> Option<u64> {
        usage::rss_bytes(&self.tree())
    }

    /// Open descriptors of the tree. `None` elsewhere than on Linux.
    pub fn fds(&self) -> Option<usize> {
        usage::fds(&self.tree())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

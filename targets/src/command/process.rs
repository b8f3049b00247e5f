//! Runs one program: its own process group, both pipes drained together, time and output bounded.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

use crate::children::kill_group;

use super::{Job, NOT_EXECUTABLE, NOT_FOUND, Outcome, Runner, TIMED_OUT};

/// How long output is awaited from pipes that processes outside the group hold open, once the
/// program has ended and its group is killed.
const GRACE: Duration = Duration::from_millis(200);

pub(super) fn run(job: Job) -> Outcome {
    let program = job.program.to_string_lossy().into_owned();
    let mut command = Command::new(&job.program);
    command
        .args(&job.arguments)
        .stdin(if job.runner.stdin_left_open {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Outcome::refused(NOT_FOUND, &format!("{program}: not found"));
        }
        Err(e) => return Outcome::refused(NOT_EXECUTABLE, &format!("{program}: {e}")),
    };
    // A process id fits: the kernel's own type is signed.
    let group = Pid::from_raw(child.id().cast_signed());
    let groups = Arc::clone(&job.runner.groups);
    groups.enter(group);
    let outcome = watch(child, group, &job.runner).unwrap_or_else(|e| {
        kill_group(group);
        Outcome::refused(NOT_EXECUTABLE, &format!("{program}: {e}"))
    });
    groups.leave(group);
    outcome
}

/// One output pipe and what came through it.
struct Drain<R> {
    pipe: Option<R>,
    bytes: Vec<u8>,
}

impl<R: Read + AsFd> Drain<R> {
    /// Reads once what is there, and notes the end.
    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 << 10];
        if let Some(pipe) = &mut self.pipe {
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => self.bytes.extend_from_slice(&buffer[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// A thread that waits for the child and then lets the pipe that it holds hang up: an exit that
/// poll(2) can see, on every system.
fn wait_for(mut child: Child) -> io::Result<(io::PipeReader, mpsc::Receiver<ExitStatus>)> {
    let (reader, writer) = io::pipe()?;
    let (send, status) = mpsc::channel();
    std::thread::Builder::new()
        .name("command".to_owned())
        .stack_size(64 << 10)
        .spawn(move || {
            let _held = writer;
            if let Ok(status) = child.wait() {
                let _ = send.send(status);
            }
        })?;
    Ok((reader, status))
}

fn watch(mut child: Child, group: Pid, runner: &Runner) -> io::Result<Outcome> {
    let _open = child.stdin.take();
    let mut out = Drain {
        pipe: child.stdout.take(),
        bytes: Vec::new(),
    };
    let mut err = Drain {
        pipe: child.stderr.take(),
        bytes: Vec::new(),
    };
    let (exit, status) = wait_for(child)?;
    let mut exited: Option<u8> = None;
    let mut stopped: Option<u8> = None;
    let mut deadline = Instant::now() + runner.timeout;
    while exited.is_none() || out.pipe.is_some() || err.pipe.is_some() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            kill_group(group);
            if exited.is_some() || stopped.is_some() {
                if runner.waits_for_background {
                    stopped = Some(TIMED_OUT);
                }
                break;
            }
            stopped = Some(TIMED_OUT);
            deadline = Instant::now() + GRACE;
            continue;
        }
        let held_back = runner.one_pipe_after_the_other && out.pipe.is_some();
        let ready = wait(
            [
                out.pipe.as_ref().map(AsFd::as_fd),
                err.pipe.as_ref().filter(|_| !held_back).map(AsFd::as_fd),
                exited.is_none().then(|| exit.as_fd()),
            ],
            left,
        )?;
        if ready[0] {
            out.read()?;
        }
        if ready[1] {
            err.read()?;
        }
        if ready[2] {
            exited = Some(status.recv().map_or(NOT_EXECUTABLE, code));
            if !runner.waits_for_background {
                // What the program left running in its group would hold the pipes open. Once
                // reaped, its number could name another group only after a full turn of the ids.
                kill_group(group);
                deadline = deadline.min(Instant::now() + GRACE);
            }
        }
        if out.bytes.len() + err.bytes.len() > runner.output_limit {
            kill_group(group);
            break;
        }
    }
    let mut outcome = Outcome {
        status: stopped.or(exited).unwrap_or(NOT_EXECUTABLE),
        stdout: out.bytes,
        stderr: err.bytes,
    };
    outcome.cut(runner.output_limit);
    if stopped == Some(TIMED_OUT) {
        let note = format!("stopped after the time limit of {:?}\n", runner.timeout);
        outcome.stderr.extend_from_slice(note.as_bytes());
    }
    Ok(outcome)
}

/// The status as a shell has it: a signal counts from 128.
fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    u8::try_from(code & 0xff).unwrap_or(u8::MAX)
}

/// Which of the descriptors can be read, or have hung up. Waits at most `left`.
fn wait<const N: usize>(fds: [Option<BorrowedFd<'_>>; N], left: Duration) -> io::Result<[bool; N]> {
    let mut ready = [false; N];
    let mut at = Vec::with_capacity(N);
    let mut set = Vec::with_capacity(N);
    for (index, fd) in fds.into_iter().enumerate() {
        if let Some(fd) = fd {
            at.push(index);
            set.push(PollFd::new(fd, PollFlags::POLLIN));
        }
    }
    // Rounded up: a rest below a millisecond must not become a busy loop.
    let timeout =
        PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX);
    match poll(&mut set, timeout) {
        Ok(_) | Err(Errno::EINTR) => {}
        Err(e) => return Err(e.into()),
    }
    for (fd, index) in set.iter().zip(at) {
        ready[index] = fd.any().unwrap_or(false);
    }
    Ok(ready)
}

#[cfg(test)]
mod tests {
    use super::super::TOO_MUCH_OUTPUT;
    use super::*;

    #[test]
    fn status_and_both_outputs_are_kept() {
        let outcome = Runner::for_tests().run("sh -c 'echo out; echo err >&2; exit 3'");
        assert_eq!(outcome.status, 3);
        assert_eq!(outcome.stdout, b"out\n");
        assert_eq!(outcome.stderr, b"err\n");
    }

    #[test]
    fn a_signal_a_missing_and_a_forbidden_program_have_their_status() {
        let runner = Runner::for_tests();
        assert_eq!(runner.run("sh -c 'kill -TERM $$'").status, 128 + 15);
        assert_eq!(runner.run("no-such-program").status, NOT_FOUND);
        assert_eq!(runner.run("/etc/hosts").status, NOT_EXECUTABLE);
    }

    #[test]
    fn both_pipes_are_drained_together() {
        let outcome = Runner::for_tests()
            .run("sh -c 'head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero'");
        assert_eq!(outcome.status, 0);
        assert_eq!(
            (outcome.stdout.len(), outcome.stderr.len()),
            (300_000, 300_000)
        );
    }

    #[test]
    fn stdin_is_empty() {
        assert_eq!(Runner::for_tests().run("cat"), Outcome::default());
    }

    #[test]
    fn a_background_process_delays_nothing_and_ends() {
        let outcome = Runner::for_tests().run("sh -c 'sleep 1000 & echo $!'");
        assert_eq!(outcome.status, 0);
        let pid = Pid::from_raw(
            str::from_utf8(&outcome.stdout)
                .unwrap()
                .trim()
                .parse()
                .unwrap(),
        );
        // Killed, it is a zombie until init reaps it.
        crate::tests::sockets::until("the end of the process", || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let state = stat.rsplit(") ").next().unwrap_or_default();
            state.is_empty() || state.starts_with(['Z', 'X'])
        });
    }

    #[test]
    fn the_time_limit_kills_the_group() {
        let runner = Runner {
            timeout: Duration::from_millis(100),
            ..Runner::for_tests()
        };
        let outcome = runner.run("sh -c 'echo begun; sleep 1000; echo never'");
        assert_eq!(outcome.status, TIMED_OUT);
        assert_eq!(outcome.stdout, b"begun\n");
        assert_eq!(outcome.stderr, b"stopped after the time limit of 100ms\n");
    }

    #[test]
    fn the_output_limit_kills_the_group() {
        let outcome = Runner::for_tests().run("cat /dev/zero");
        assert_eq!(
            (outcome.status, outcome.stdout.len()),
            (TOO_MUCH_OUTPUT, 1 << 20)
        );
    }

    #[test]
    fn stopping_the_server_ends_commands() {
        let runner = Runner::for_tests();
        let groups = Arc::clone(&runner.groups);
        groups.end_all();
        assert_eq!(runner.run("sleep 1000").status, 128 + 9);
    }
}

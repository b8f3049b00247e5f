//! The guard: a process between the harness and a program under test, whose death cannot be
//! forgotten.
//!
//! It adopts every descendant whose parent ends (PR_SET_CHILD_SUBREAPER of prctl(2)), so that none
//! leaves its tree: not by setsid(2), not by a double fork. When the harness asks, or is gone, even
//! by SIGKILL, the guard freezes and kills all of them, reaps, and exits. The end of the control
//! socket is what tells it: the kernel closes it with the harness.
#![expect(
    unsafe_code,
    reason = "signal handlers, and the death signal of the target, are set before anything runs"
)]

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitStatus, waitpid};

use super::record::Record;
use super::{Exit, tree};

/// The command word under which the harness runs [`guard_main`].
pub(crate) const GUARD: &str = "__guard";

/// How long the guard tries to get rid of processes that cannot be killed: in state D, or of
/// another user.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// How long it waits for what it killed before it looks for what was forked meanwhile.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Runs the guard: what `harness __guard` is. `args` follow that word:
/// `CONTROL_FD [--dir DIR] [--env NAME=VALUE]... -- PROGRAM [ARG]...`; the descriptor is 0, a Unix
/// stream socket.
pub fn guard_main(args: impl Iterator<Item = OsString>) -> ExitCode {
    match guard(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Nothing more can be done if stderr is gone too.
            let _ = writeln!(io::stderr(), "guard: {why}");
            ExitCode::from(2)
        }
    }
}

/// Lets this process adopt the orphans among its descendants (PR_SET_CHILD_SUBREAPER of prctl(2)).
///
/// # Errors
/// ErrorKind::Unsupported elsewhere than on Linux.
pub fn become_subreaper() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        Ok(nix::sys::prctl::set_child_subreaper(true)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "PR_SET_CHILD_SUBREAPER exists on Linux only",
        ))
    }
}

fn guard(args: impl Iterator<Item = OsString>) -> Result<(), String> {
    let mut command = parse(args)?;
    let control: UnixStream = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map_err(|e| format!("descriptor 0: {e}"))?
        .into();
    control.peer_addr().map_err(|e| {
        format!("descriptor 0 is not the control socket ({e}); only the harness starts a guard")
    })?;
    become_calm().map_err(|e| format!("signals: {e}"))?;
    // Elsewhere than on Linux only the target's process group can be killed.
    let _ = become_subreaper();
    // A listening socket or a pipe that the harness was started with would live on in the target.
    // Kernels before 5.11 pass them on.
    let _ = crate::sys::keep_descriptors_here();

    command
        .stdin(Stdio::null())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .process_group(0);
    die_with_guard(&mut command);
    let target = match command.spawn() {
        Ok(child) => i32::try_from(child.id()).map_err(|e| e.to_string())?,
        Err(e) => {
            let errno = e.raw_os_error().unwrap_or(libc::EINVAL);
            return Record::NotStarted(errno)
                .send(&control)
                .map_err(|e| e.to_string());
        }
    };
    // Its descriptors and arguments are the target's alone now.
    drop(command);
    let _ = let_go_of_output();
    // A harness that is gone shows as the end of the stream below.
    let _ = Record::Started(target).send(&control);

    let none_left = Arc::new((Mutex::new(false), Condvar::new()));
    let reaper = {
        let none_left = Arc::clone(&none_left);
        let control = control.try_clone().map_err(|e| e.to_string())?;
        std::thread::Builder::new()
            .name("reaper".to_owned())
            .spawn(move || reap(target, &control, &none_left))
    };
    if reaper.is_err() {
        // Without a reaper the tree cannot be seen to end; kill it rather than lose it.
        kill_tree(target, &Arc::new((Mutex::new(true), Condvar::new())));
        return Err("no thread could be started".to_owned());
    }
    while let Ok(record) = Record::receive(&control) {
        if record == Record::Quit {
            break;
        }
    }
    for pid in kill_tree(target, &none_left) {
        let _ = Record::Killed(pid).send(&control);
    }
    Ok(())
}

fn parse(args: impl Iterator<Item = OsString>) -> Result<Command, String> {
    let mut args = args.skip_while(|a| a == GUARD);
    let usage = || format!("{GUARD} 0 [--dir DIR] [--env NAME=VALUE]... -- PROGRAM [ARG]...");
    if args.next().as_deref() != Some(OsStr::new("0")) {
        return Err(usage());
    }
    let (mut dir, mut env) = (None, Vec::new());
    loop {
        let option = args.next().ok_or_else(usage)?;
        match option.to_str() {
            Some("--dir") => dir = Some(args.next().ok_or_else(usage)?),
            Some("--env") => {
                let pair = args.next().ok_or_else(usage)?;
                let bytes = pair.as_bytes();
                let at = bytes.iter().position(|b| *b == b'=').ok_or_else(usage)?;
                env.push((
                    OsStr::from_bytes(&bytes[..at]).to_owned(),
                    OsStr::from_bytes(&bytes[at + 1..]).to_owned(),
                ));
            }
            Some("--") => break,
            _ => return Err(usage()),
        }
    }
    let mut command = Command::new(args.next().ok_or_else(usage)?);
    command.args(args).envs(env);
    if let Some(dir) = dir {
        command.current_dir(dir);
    }
    Ok(command)
}

/// Takes no signal of the terminal, and none that asks it to end: the harness gets those, and tells
/// the guard. Handlers that do nothing are used rather than SIG_IGN, which the target would inherit.
fn become_calm() -> Result<(), Errno> {
    extern "C" fn nothing(_: libc::c_int) {}
    let action = SigAction::new(
        SigHandler::Handler(nothing),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        // SAFETY: the handler does nothing at all, so that it is async-signal-safe.
        unsafe { sigaction(signal, &action) }?;
    }
    // A session of its own has no terminal. EPERM: it leads one already.
    match nix::unistd::setsid() {
        Ok(_) | Err(Errno::EPERM) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Should the guard itself be killed, the target goes with it (PR_SET_PDEATHSIG of prctl(2)).
#[cfg(target_os = "linux")]
fn die_with_guard(command: &mut Command) {
    let guard = nix::unistd::getpid();
    let before_exec = move || {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        // The guard may have died before the call.
        if nix::unistd::getppid() != guard {
            return Err(Errno::ESRCH.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec, the closure makes two system calls; it allocates nothing and
    // takes no lock.
    unsafe {
        command.pre_exec(before_exec);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_guard(_command: &mut Command) {}

/// The pipes of the target's output end with the target and its descendants, not with the guard.
fn let_go_of_output() -> io::Result<()> {
    let null = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    nix::unistd::dup2_stdout(&null)?;
    nix::unistd::dup2_stderr(&null)?;
    Ok(())
}

/// Reaps children, own and adopted, until none is left. None can come later: only a descendant can
/// make one.
fn reap(target: i32, control: &UnixStream, none_left: &(Mutex<bool>, Condvar)) {
    loop {
        let (pid, exit) = match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) => (pid, Exit::Code(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, Exit::Signal(signal as i32)),
            Ok(_) | Err(Errno::EINTR) => continue,
            Err(_) => break,
        };
        if pid.as_raw() == target {
            // A harness that is gone does not want to know.
            let _ = Record::Ended(exit).send(control);
        }
    }
    let (lock, changed) = none_left;
    *lock.lock().unwrap_or_else(PoisonError::into_inner) = true;
    changed.notify_all();
}

/// Kills every descendant, and returns which ones besides the target there were. They are frozen
/// before, so that one which forks cannot outrun this.
fn kill_tree(target: i32, none_left: &(Mutex<bool>, Condvar)) -> BTreeSet<i32> {
    let own = std::process::id();
    let (lock, changed) = none_left;
    let give_up = Instant::now() + GIVE_UP_AFTER;
    let mut met = BTreeSet::new();
    if cfg!(not(target_os = "linux")) {
        let group = nix::unistd::Pid::from_raw(target);
        let _ = nix::sys::signal::killpg(group, Signal::SIGKILL);
    }
    loop {
        let mut frozen = BTreeSet::new();
        loop {
            let fresh: Vec<u32> = tree::descendants(own)
                .into_iter()
                .filter(|pid| frozen.insert(*pid))
                .collect();
            if fresh.is_empty() {
                break;
            }
            for pid in fresh {
                // Who cannot be stopped is killed below, or not at all.
                let _ = tree::send(pid, Signal::SIGSTOP);
            }
        }
        for pid in frozen {
            let _ = tree::send(pid, Signal::SIGKILL);
            met.extend(i32::try_from(pid).ok().filter(|pid| *pid != target));
        }
        let left = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, _) = changed
            .wait_timeout_while(left, LOOK_AGAIN_AFTER, |none| !*none)
            .unwrap_or_else(PoisonError::into_inner);
        if *left || Instant::now() >= give_up {
            return met;
        }
    }
}

//! Commands that clients send: parsed, run under limits, and reported whole.
//!
//! A command is split into words (no shell), and the first word is looked up among the built-in
//! commands, which run without a process so that sweeps are fast and exact; anything else is a
//! program. With `allow_shell`, the whole command goes to `/bin/sh -c` instead.

mod builtin;
mod process;
mod words;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;
use std::time::Duration;

use crate::children::Children;

/// Longest command that the services accept, in bytes.
pub(crate) const COMMAND_MAX: usize = 64 << 10;

/// The size of a pipe's buffer on Linux in bytes (pipe(7)).
pub(crate) const PIPE: usize = 64 << 10;

/// Status of a command that cannot be parsed.
pub(crate) const MALFORMED: u8 = 2;
/// Status of a command that ran into the time limit, as timeout(1) has it.
pub(crate) const TIMED_OUT: u8 = 124;
/// Status of a command that ran into the output limit.
pub(crate) const TOO_MUCH_OUTPUT: u8 = 125;
/// Status of a program that exists but cannot be executed, as sh(1) has it.
pub(crate) const NOT_EXECUTABLE: u8 = 126;
/// Status of a program that does not exist, as sh(1) has it.
pub(crate) const NOT_FOUND: u8 = 127;

/// What a command left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The exit status; 128 + n after signal n; or one of this module's own.
    pub(crate) status: u8,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Outcome {
    /// A command that could not be run, with the reason as its error output.
    pub(crate) fn refused(status: u8, why: &str) -> Self {
        Self {
            status,
            stdout: Vec::new(),
            stderr: format!("{why}\n").into_bytes(),
        }
    }

    /// Both outputs together exceed the limit: keeps what fits, stdout first.
    fn cut(&mut self, limit: usize) {
        if self.stdout.len() + self.stderr.len() > limit {
            self.stdout.truncate(limit);
            self.stderr.truncate(limit - self.stdout.len());
            self.status = TOO_MUCH_OUTPUT;
        }
    }
}

/// How commands are run.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(crate) shell: bool,
    pub(crate) timeout: Duration,
    pub(crate) output_limit: usize,
    pub(crate) groups: Arc<Children>,
    /// Fault: reads stdout to its end before stderr.
    pub(crate) one_pipe_after_the_other: bool,
    /// Fault: leaves the write end of the command's stdin open.
    pub(crate) stdin_left_open: bool,
    /// Fault: waits for background processes that hold the pipes.
    pub(crate) waits_for_background: bool,
}

/// A command that has been started.
pub(crate) enum Started {
    /// It needed no process.
    Done(Outcome),
    /// It needs one, and blocks.
    Job(Job),
}

/// A program and its arguments, ready to run.
#[derive(Debug)]
pub(crate) struct Job {
    program: OsString,
    arguments: Vec<OsString>,
    runner: Runner,
}

impl Job {
    /// Runs the program to its end or its limits. Blocks.
    pub(crate) fn run(self) -> Outcome {
        process::run(self)
    }
}

impl Runner {
    /// Parses a command and runs it, unless it needs a process. An empty command does nothing,
    /// with success.
    pub(crate) fn start(&self, command: &[u8]) -> Started {
        if command.contains(&0) {
            return Started::Done(Outcome::refused(
                MALFORMED,
                "the command contains a NUL byte",
            ));
        }
        if self.shell {
            return Started::Job(Job {
                program: "/bin/sh".into(),
                arguments: vec!["-c".into(), OsString::from_vec(command.to_vec())],
                runner: self.clone(),
            });
        }
        let words = match words::split(command) {
            Ok(words) => words,
            Err(why) => return Started::Done(Outcome::refused(MALFORMED, &why)),
        };
        let Some((program, arguments)) = words.split_first() else {
            return Started::Done(Outcome::default());
        };
        if let Some(mut outcome) = builtin::run(program, arguments, self.output_limit) {
            outcome.cut(self.output_limit);
            return Started::Done(outcome);
        }
        Started::Job(Job {
            program: OsString::from_vec(program.clone()),
            arguments: arguments
                .iter()
                .map(|w| OsString::from_vec(w.clone()))
                .collect(),
            runner: self.clone(),
        })
    }
}

#[cfg(test)]
impl Runner {
    /// The limits that tests run with: short enough to wait for.
    pub(crate) fn for_tests() -> Self {
        Self {
            shell: false,
            timeout: Duration::from_secs(10),
            output_limit: 1 << 20,
            groups: Arc::new(Children::commands()),
            one_pipe_after_the_other: false,
            stdin_left_open: false,
            waits_for_background: false,
        }
    }

    /// Starts a command and waits for it.
    pub(crate) fn run(&self, command: &str) -> Outcome {
        match self.start(command.as_bytes()) {
            Started::Done(outcome) => outcome,
            Started::Job(job) => job.run(),
        }
    }
}

//! What is to be started, and why it could not be.

use std::path::{Path, PathBuf};

use crate::NetError;

/// A program to be started under a guard. Its stdin is /dev/null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The program and its arguments. A name without `/` is looked for in PATH.
    pub argv: Vec<String>,
    /// Variables that it gets besides the harness's own.
    pub env: Vec<(String, String)>,
    /// Its working directory; the harness's own if `None`.
    pub dir: Option<PathBuf>,
    /// The program whose `__guard` command is [`guard_main`](crate::guard_main): the harness.
    pub launcher: PathBuf,
    /// So many of the last bytes of stdout, and of stderr, are kept.
    pub output_limit: usize,
}

impl Launch {
    /// A program with its arguments, in the harness's directory, of whose output the last 64 KiB
    /// are kept.
    pub fn new(launcher: impl Into<PathBuf>, argv: Vec<String>) -> Self {
        Self {
            argv,
            env: Vec::new(),
            dir: None,
            launcher: launcher.into(),
            output_limit: 64 * 1024,
        }
    }
}

/// Why a program could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcessError {
    /// There is no program in `argv`.
    #[error("there is nothing to start: `argv` is empty; its first element is the program")]
    NothingToStart,
    /// The program could not be executed (execve(2)).
    #[error("`{program}` cannot be executed: {error}; {hint}")]
    Execute {
        /// `argv[0]`.
        program: String,
        /// The error.
        error: NetError,
        /// What is wrong, as far as it can be told.
        hint: String,
    },
    /// The guard could not be started, or does not speak as one.
    #[error("the guard `{launcher}` failed: {why}")]
    Guard {
        /// The program that should have been the guard.
        launcher: String,
        /// What happened.
        why: String,
    },
}

impl ProcessError {
    /// From the error number of a failed execve(2).
    pub(crate) fn execute(launch: &Launch, errno: i32) -> Self {
        let program = launch.argv.first().cloned().unwrap_or_default();
        let hint = hint(&program, launch.dir.as_deref(), errno);
        Self::Execute {
            error: NetError::from_errno("execve", String::new(), errno),
            program,
            hint,
        }
    }
}

fn hint(program: &str, dir: Option<&Path>, errno: i32) -> String {
    if let Some(dir) = dir.filter(|d| !d.is_dir()) {
        return format!("its working directory `{}` does not exist", dir.display());
    }
    let is_path = program.contains('/');
    let file = dir.map_or_else(|| PathBuf::from(program), |d| d.join(program));
    match errno {
        libc::ENOENT if !is_path => {
            "no directory of PATH has it; write a path, such as ./NAME, for a file".to_owned()
        }
        libc::ENOENT if file.exists() => {
            "the file exists, but the interpreter that it names (#! line or loader) does not"
                .to_owned()
        }
        libc::ENOENT => format!("there is no file `{}`", file.display()),
        libc::EACCES if file.is_dir() => "it is a directory".to_owned(),
        libc::EACCES => "it has no execute permission (chmod +x)".to_owned(),
        libc::ENOEXEC => {
            "it is neither a program for this machine nor a script with a #! line".to_owned()
        }
        libc::E2BIG => "its arguments and environment are too long".to_owned(),
        _ => "see execve(2)".to_owned(),
    }
}

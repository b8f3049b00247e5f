//! Why a target could not be used.

use std::time::Duration;

/// A target that could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It did not start.
    #[error("`{command}` could not be started: {why}")]
    Start {
        /// The command line.
        command: String,
        /// What went wrong.
        why: String,
    },
    /// It ended before it was ready.
    #[error("`{command}` ended before it was ready, with {exit}{stderr}")]
    Exited {
        /// The command line.
        command: String,
        /// How it ended.
        exit: String,
        /// Its last words, each line indented; may be empty.
        stderr: String,
    },
    /// It did not become ready.
    #[error("`{command}` was not ready within {within:?}: {awaited}{stderr}")]
    NotReady {
        /// The command line.
        command: String,
        /// How long it was given.
        within: Duration,
        /// What was awaited.
        awaited: String,
        /// Its last words, each line indented; may be empty.
        stderr: String,
    },
    /// The run was to end before it was ready.
    #[error("`{0}` was not ready when the run was interrupted")]
    Interrupted(String),
    /// It cannot be stopped, paused or started: it is not the harness's own.
    #[error("the target at {0} was not started by the harness")]
    NotOurs(String),
    /// The operating system refused.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What it answered.
        error: String,
    },
}

//! Why a server did not start, or ended by itself.

use std::io;
use std::path::PathBuf;

use harness_net::{Endpoint, Transport};

use crate::{Model, UnknownService};

/// A server that could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No service has this name.
    #[error(transparent)]
    UnknownService(#[from] UnknownService),
    /// The service has no such fault.
    #[error("`{service}` has no fault `{given}`; {suggestion}")]
    UnknownFault {
        /// The service.
        service: &'static str,
        /// What was given.
        given: String,
        /// What would be right.
        suggestion: String,
    },
    /// The service does not run under this model.
    #[error("`{service}` does not run under the model `{model}`; {right}")]
    UnsupportedModel {
        /// The service.
        service: &'static str,
        /// What was asked for.
        model: Model,
        /// What would be right.
        right: String,
    },
    /// The fault does not exist under this model.
    #[error("the fault `{fault}` does not exist under the model `{model}`; use {right}")]
    FaultOfOtherModel {
        /// The fault.
        fault: &'static str,
        /// What was asked for.
        model: Model,
        /// What would be right.
        right: String,
    },
    /// The service, or its fault, does not exist over this transport.
    #[error("{what} does not exist over {transport}; listen on {right}")]
    UnsupportedTransport {
        /// The service, and the fault where that is the narrower one.
        what: String,
        /// What was asked for.
        transport: Transport,
        /// What would be right.
        right: String,
    },
    /// A service that runs commands or serves files was asked to listen beyond this host.
    #[error(
        "`{service}` {does} for everybody who can connect, so it listens on loopback and Unix \
         sockets only, not on {listen}; use tcp://127.0.0.1:{port}"
    )]
    NotLoopback {
        /// The service.
        service: &'static str,
        /// What it does for its clients.
        does: &'static str,
        /// What was asked for.
        listen: Endpoint,
        /// The port that was asked for.
        port: u16,
    },
    /// A setting lies outside its range, or is not built yet.
    #[error("{setting} {problem}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// Its value, and what would be right.
        problem: String,
    },
    /// The socket could not be made, bound or listened on.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// What was asked for.
        listen: Endpoint,
        /// The system's reason.
        source: io::Error,
    },
    /// The folder to serve cannot be opened or made.
    #[error("cannot serve the folder {}: {source}", .folder.display())]
    Folder {
        /// The folder; the one for temporary files where none was given.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A thread, pipe, runtime or signal handler could not be made.
    #[error("cannot start the server: {0}")]
    Start(io::Error),
    /// The server ended by itself, as its planted fault has it.
    #[error("the server died: {how}")]
    Died {
        /// What ended it.
        how: String,
    },
}

//! The description of a reference client, and what a caller decides about one.

use std::fmt;
use std::time::Duration;

use harness_net::{Endpoint, Transport};

use crate::conversation::Conversation;
use crate::service::{Fault, similar};

/// A reference client.
pub struct Client {
    /// Its name on the command line and in `builtin: {client: NAME}`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// How its messages lie in bytes, in one line.
    pub protocol: &'static str,
    /// What it can connect over; the first is the default.
    pub transports: &'static [Transport],
    /// The faults that can be planted, one at a time.
    pub faults: &'static [Fault],
    pub(crate) make: fn(ClientSetup) -> Box<dyn Conversation>,
    /// Per fault, what the server sends and how the correct client and the faulty one take it.
    #[cfg(test)]
    pub(crate) shown: &'static [crate::tests::clients::Shown],
}

/// Settings of one client.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where its server is.
    pub connect: Endpoint,
    /// The planted fault, by name; `None` is the correct client.
    pub fault: Option<String>,
    /// How long it waits for an answer, above zero.
    pub timeout: Duration,
    /// Asks everything at once instead of waiting for each answer.
    pub pipeline: bool,
    /// Adds spaces to each command up to this many bytes.
    pub pad: usize,
    /// What it asks, at least one.
    pub commands: Vec<String>,
}

/// What a conversation is made with.
pub(crate) struct ClientSetup {
    pub(crate) fault: Option<&'static Fault>,
    pub(crate) commands: Vec<Vec<u8>>,
    pub(crate) pipeline: bool,
}

impl Client {
    /// The fault of this name.
    pub fn fault(&self, name: &str) -> Option<&'static Fault> {
        self.faults.iter().find(|f| f.name == name)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// How a client failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No client has this name.
    #[error("`{given}` is not a reference client; {suggestion}")]
    UnknownClient {
        /// What was given.
        given: String,
        /// What would be right.
        suggestion: String,
    },
    /// The client has no such fault.
    #[error("the client `{client}` has no fault `{given}`; {suggestion}")]
    UnknownFault {
        /// The client.
        client: &'static str,
        /// What was given.
        given: String,
        /// What would be right.
        suggestion: String,
    },
    /// The client does not speak over this transport.
    #[error("`{client}` does not connect over {transport}; it connects over {right}")]
    UnsupportedTransport {
        /// The client.
        client: &'static str,
        /// What was asked for.
        transport: Transport,
        /// What would be right.
        right: String,
    },
    /// There is nothing to ask.
    #[error("the client `{0}` is not told what to ask; give one command or more")]
    NothingToAsk(&'static str),
    /// A reply breaks the protocol.
    #[error("the reply is wrong: {0}")]
    Protocol(String),
    /// An answer did not come.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// The connection ended before the last reply was whole.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// There is no server, or the system refused a socket.
    #[error("cannot talk to {connect}: {source}")]
    System {
        /// The server's address.
        connect: Endpoint,
        /// The system's reason.
        source: std::io::Error,
    },
    /// What was answered could not be shown.
    #[error("the answer cannot be written: {0}")]
    Output(std::io::Error),
}

impl ClientError {
    /// The exit status of a client that failed in this way: 1 for a wrong reply, 2 for wrong
    /// arguments, 3 for an answer that did not come in time, 4 for a connection that was not there
    /// or ended early, 5 where its output could not be written.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Protocol(_) => 1,
            Self::UnknownClient { .. }
            | Self::UnknownFault { .. }
            | Self::UnsupportedTransport { .. }
            | Self::NothingToAsk(_) => 2,
            Self::Silent(_) => 3,
            Self::Lost(_) | Self::System { .. } => 4,
            Self::Output(_) => 5,
        }
    }
}

/// What would be right instead of `given`: the names like it, or all.
pub(crate) fn suggestion(given: &str, all: impl Iterator<Item = &'static str> + Clone) -> String {
    let near = similar(given, all.clone());
    if near.is_empty() {
        format!("they are {}", all.collect::<Vec<_>>().join(", "))
    } else {
        format!("did you mean {}?", near.join(" or "))
    }
}

//! A scenario for a target about which nobody wrote one: from a few messages and the answers that
//! they got when they were sent whole.
//!
//! What is probed is written as a scenario file, and run like any other: what the user sees and
//! what can be kept are the same.

mod document;
mod frame;
mod yaml;

pub use document::document;
pub use frame::{FrameChoice, FrameError};
pub use yaml::flow;

use harness_net::Transport;

/// What is probed, and how it is addressed.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The key and value that say where the target is: `start: [...]` or `connect: ...`.
    pub origin: String,
    /// True where the harness starts it, so that it can be watched and stopped.
    pub started: bool,
    /// What it speaks over.
    pub transport: Transport,
    /// The messages as they go over the wire; at least one.
    pub messages: Vec<Vec<u8>>,
    /// How its answers lie in bytes, where the user said it.
    pub frame: Option<FrameChoice>,
}

/// What two meetings with it brought, both times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manners {
    /// What it says before it is asked; empty for nothing.
    pub greeting: Vec<u8>,
    /// Its answer to each message.
    pub answers: Vec<Vec<u8>>,
    /// True where it closes after its last answer.
    pub closes: bool,
    /// Whether its messages depend on each other.
    pub order: Order,
    /// True where a second client that says the same ends the first one's connection.
    pub displaces: bool,
}

/// Whether the answer to a message depends on those before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each message gets its answer wherever it stands, and as often as it is sent.
    Free,
    /// The messages are one conversation. For each: true where it can be sent again at once.
    Chained(Vec<bool>),
}

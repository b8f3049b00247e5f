//! Load: many requests over many connections, each answer verified, each latency recorded.
//!
//! A **coordinator** starts one **worker** a thread and gives them the same starting instant. A
//! worker is a loop over one poller: it asks its **pacer** what is due, writes encoded requests,
//! compares what comes back with the bytes that must come, and hands times to its **recorder**.
//! Nothing on that way allocates, locks, logs or calls through a trait object. Once a second a
//! recorder gives the second's histogram away and gets an empty one back; the coordinator merges.
//!
//! A request is *sent* when the worker begins it. At the end each is answered, timed out or failed:
//! `sent = answered + timeouts + failed`, always. A corrupt answer counts as answered, and as
//! corrupt. Of the warm-up only good answers are left out: what goes wrong in it counts.

mod clock;
mod conclusion;
mod connection;
mod coordinator;
mod counts;
mod job;
mod merger;
mod mix;
mod outcome;
mod pacer;
mod recorder;
mod socket;
mod ties;
mod words;
mod worker;

pub use conclusion::conclude;
pub use coordinator::{Watch, run};
pub use counts::{Corrupt, Counts};
pub use job::{Job, Turn};
pub use outcome::{NotBegun, Outcome, Progress};
pub use pacer::{Pacer, Schedule};
pub use words::words;

//! Proofs that bytes reached the peer as they were meant to.

mod idle;
mod kind;
mod unix_peer;
mod wait;
mod watch;

pub use idle::threads_blocked;
pub use kind::Proof;
pub use wait::Await;
pub use watch::{PeerState, PeerWatch, WatchError};

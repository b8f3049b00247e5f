//! Runs cases: one delivery on one thread, many deliveries side by side, and around them the
//! controller of a case, which plans, runs and judges until it knows the verdict.

mod case;
mod conclusion;
mod condition;
mod context;
mod control;
mod datagram;
mod doubt;
mod frames;
mod line;
mod meeting;
mod oracle;
mod outcome;
mod pattern;
mod play;
mod prover;
mod runner;
mod steps;
mod sweep;
mod tally;
mod trace;
mod transfer;

pub use context::{Deadlines, Interrupt};
pub use meeting::{Manner, Meeting};
pub use prover::Prover;
pub use runner::{Settings, run};
pub use steps::words as step_words;
pub use tally::Tally;

//! Runs cases: one delivery on one thread, many deliveries side by side, and around them the
//! controller of a case, which plans, runs and judges until it knows the verdict.

mod case;
mod conclusion;
mod condition;
mod context;
mod control;
mod datagram;
mod doubt;
mod end;
mod exchange;
mod frames;
mod line;
mod loaded;
mod mask;
mod meeting;
mod merge;
mod oracle;
mod outcome;
mod own;
mod pattern;
mod places;
mod play;
mod prover;
mod runner;
mod scene;
mod serve;
mod steps;
mod sweep;
mod tally;
mod trace;

pub(crate) use condition::await_it;
pub(crate) use context::Context;
pub use context::{Deadlines, Interrupt};
pub(crate) use datagram::{
    closed as flow_closed, play as play_flow, recv as recv_on_flow, send as send_on_flow,
    shutdown as shutdown_flow,
};
pub(crate) use line::Line;
pub use meeting::{Manner, Meeting};
pub(crate) use own::Own;
pub(crate) use play::{play as play_line, write_merged};
pub use prover::Prover;
pub use runner::{Settings, run};
pub(crate) use scene::{Conn, Scene};
pub(crate) use steps::run as run_steps;
pub use tally::Tally;

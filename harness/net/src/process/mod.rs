//! Programs under test: started under a guard, watched, stopped, and never left behind.

mod exit;
mod guard;
mod launch;
mod orphans;
mod output;
mod record;
mod running;
mod told;
mod tree;
mod usage;

pub use exit::{Exit, Signal, Stopped};
pub use guard::{become_subreaper, guard_main};
pub use launch::{Launch, ProcessError};
pub use orphans::Orphanage;
pub use output::Output;
pub use running::Process;

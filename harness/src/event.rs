//! What the engine tells reporters while a run goes on: the only channel between them.

use crate::load::Progress;
use crate::run::{CaseResult, Run};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The run begins.
    RunStarted {
        /// Cases that will be run or skipped.
        cases: usize,
        /// Deliveries planned over all cases.
        deliveries: u64,
        /// The seed.
        seed: u64,
    },
    /// A case begins.
    CaseStarted {
        /// The scenario's name.
        scenario: &'a str,
        /// The case's id.
        id: &'a str,
        /// Deliveries planned.
        deliveries: u64,
    },
    /// Deliveries of a case were carried out.
    Progress {
        /// The case's id.
        id: &'a str,
        /// How many since the last such event.
        delivered: u64,
        /// How many of them failed.
        failed: u64,
    },
    /// A load case goes on.
    Load {
        /// The case's id.
        id: &'a str,
        /// How it goes.
        progress: &'a Progress,
    },
    /// A case has its verdict.
    CaseFinished {
        /// The scenario's name.
        scenario: &'a str,
        /// The result.
        result: &'a CaseResult,
    },
    /// The run is over, or was interrupted.
    RunFinished {
        /// The result.
        run: &'a Run,
    },
}

/// Receives events, possibly from several threads, one at a time.
pub trait Reporter: Send {
    /// Takes one event.
    fn event(&mut self, event: &Event<'_>);
}

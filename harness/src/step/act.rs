//! What the later stages ask of a step.

use std::fmt;

use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::model::{Role, Step};
use crate::verdict::Deviation;

/// A step that was found valid.
pub(crate) trait Act: fmt::Debug {
    /// The step in words, for reports.
    fn words(&self) -> String;

    /// With what a case that has it may run side by side.
    fn lane(&self) -> Lane {
        Lane::Parallel
    }

    /// True where it needs the target.
    fn asks_target(&self) -> bool {
        false
    }

    /// True where it opens a socket at which the case is its own peer.
    fn opens_own(&self) -> bool {
        false
    }

    /// The role of the targets that it is for; `None` where it fits either.
    fn role(&self) -> Option<Role> {
        None
    }

    /// The steps inside it.
    fn inner(&self) -> &[Step] {
        &[]
    }

    /// Carries it out.
    ///
    /// # Errors
    /// What was not as expected.
    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt>;
}

/// A step that was not as expected, as reports tell of it.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    /// The step, in words.
    pub step: Box<str>,
    /// Its line in the scenario file.
    pub line: u32,
    /// What was not as expected.
    pub deviation: Deviation,
}

/// Why a step did not come to its end.
#[derive(Clone, Debug)]
pub(crate) enum Halt {
    /// It was not as expected.
    Step(Deviation),
    /// A part of it was not, which these words name better: an exchange.
    Part(String, Deviation),
    /// A step inside it was not.
    Inner(Failed),
}

impl From<Deviation> for Halt {
    fn from(deviation: Deviation) -> Self {
        Self::Step(deviation)
    }
}

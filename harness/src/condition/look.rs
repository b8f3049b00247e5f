//! What the later stages ask of a condition.

use std::fmt;

use crate::conform::{Context, Scene};
use crate::plan::Lane;

/// A condition that was found valid.
pub(crate) trait Look: fmt::Debug {
    /// The condition in words, for reports.
    fn words(&self) -> String;

    /// With what a case that looks at it may run side by side.
    fn lane(&self) -> Lane {
        Lane::Parallel
    }

    /// True where it is about the target.
    fn asks_target(&self) -> bool {
        false
    }

    /// Looks once.
    ///
    /// # Errors
    /// Why it cannot be seen at all.
    fn look(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<Seen, String>;
}

/// What one look at a condition showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It holds.
    Holds,
    /// This, instead. It may hold later.
    Not(String),
    /// This, instead, for good.
    Final(String),
}

//! `accept_queue`: the connections that wait at a listener of the case's own.

use schemars::JsonSchema;
use serde::Deserialize;

use super::look::{Look, Seen};
use super::measured::bounded;
use crate::conform::{Context, Scene};
use crate::scenario::model::Comparison;
use crate::scenario::syntax::{Bound, Item};
use crate::step::Here;
use crate::verdict;

/// The connections that wait at a listener.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct AcceptQueueSyntax {
    /// The listener.
    pub of: Item<String>,
    /// The bound.
    pub is: Item<Bound>,
}

/// Connections that are complete and wait to be accepted.
#[derive(Clone, Debug)]
pub struct AcceptQueue {
    /// The listener.
    pub of: String,
    /// The bound.
    pub is: Comparison,
}

impl AcceptQueue {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        given: &Item<AcceptQueueSyntax>,
    ) -> Option<Self> {
        let args = given.get()?;
        let of = steps.listener(cx, &args.of);
        let is = args.is.get().map(|bound| bound.0);
        Some(Self { of: of?, is: is? })
    }
}

impl Look for AcceptQueue {
    fn words(&self) -> String {
        format!(
            "connections that wait at {} {}",
            self.of,
            verdict::bound(self.is)
        )
    }

    fn look(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<Seen, String> {
        let listener = scene.listeners.get(&self.of);
        let listener = listener.ok_or_else(|| format!("`{}` does not listen", self.of))?;
        let queued = listener
            .queued()
            .ok_or("this system does not tell the queue")?;
        Ok(bounded(self.is, queued.into(), "connections that wait"))
    }
}

//! `accept`: the next connection of a listener of the case's own.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::scenario::lower::step::optional_time;
use crate::scenario::model::ConnName;
use crate::scenario::syntax::{Item, Time};
use crate::step::Here;

/// A connection to accept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct AcceptSyntax {
    /// The name of this end of it.
    pub name: Item<String>,
    /// The listener.
    pub from: Item<String>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

/// Accepts the connection that waits longest.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The name of this end of it.
    pub name: ConnName,
    /// The listener.
    pub from: String,
    /// How long it may take, where the user said it.
    pub within: Option<Duration>,
}

impl Accept {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        item: &Item<AcceptSyntax>,
    ) -> Option<Self> {
        let given = item.get()?;
        let from = steps.listener(cx, &given.from);
        let within = optional_time(cx, given.within.as_ref());
        let Some(name) = given.name.get() else {
            steps.connections.unsure = true;
            return None;
        };
        steps.opens(cx, name, given.name.span).then_some(())?;
        Some(Self {
            name: name.clone(),
            from: from?,
            within: within?,
        })
    }
}

impl Act for Accept {
    fn words(&self) -> String {
        format!("accept {}", self.name)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let wait = self.within.unwrap_or(ctx.deadlines.state);
        Ok(scene.accept(ctx, &self.name, &self.from, wait)?)
    }
}

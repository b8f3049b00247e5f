//! `accept`: the connection of the client under test, or the next one of a listener of the case's own.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::scenario::lower::step::optional_time;
use crate::scenario::model::{ConnName, Role};
use crate::scenario::syntax::{Item, Time, by_shape};
use crate::step::Here;

by_shape! {
    /// A connection to accept: its name, or a map that says more.
    pub enum AcceptSyntax expecting "the name of a connection, or a map with `name`" {
        /// Its name. It is the client's.
        "scalar" => Name(String),
        /// The same with more.
        "map" | "bytes" => Map(AcceptMap),
    }
}

/// A connection to accept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct AcceptMap {
    /// The name of this end of it.
    pub name: Item<String>,
    /// The listener of the case's own. Absent: the client under test connects.
    pub from: Option<Item<String>>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

/// Accepts the connection that waits longest.
#[derive(Clone, Debug)]
pub struct Accept {
    /// The name of this end of it.
    pub name: ConnName,
    /// The listener; `None` where the client under test connects.
    pub from: Option<String>,
    /// How long it may take, where the user said it.
    pub within: Option<Duration>,
}

impl Accept {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        item: &Item<AcceptSyntax>,
    ) -> Option<Self> {
        let (name, at, from, within) = match item.get()? {
            AcceptSyntax::Name(name) => (Some(name), item.span, None, None),
            AcceptSyntax::Map(map) => (
                map.name.get(),
                map.name.span,
                map.from.as_ref(),
                map.within.as_ref(),
            ),
        };
        let from = match from {
            None => Some(None),
            Some(from) => steps.listener(cx, from).map(Some),
        };
        let within = optional_time(cx, within);
        let Some(name) = name else {
            steps.connections.unsure = true;
            return None;
        };
        steps.opens(cx, name, at).then_some(())?;
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

    fn asks_target(&self) -> bool {
        self.from.is_none()
    }

    fn role(&self) -> Option<Role> {
        self.from.is_none().then_some(Role::Client)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let Some(from) = &self.from else {
            return Ok(scene.accept_client(ctx, &self.name, self.within)?);
        };
        let wait = self.within.unwrap_or(ctx.deadlines.state);
        Ok(scene.accept(ctx, &self.name, from, wait)?)
    }
}

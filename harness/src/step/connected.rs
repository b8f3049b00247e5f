//! `connected`: the outcome of a connection that was begun.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use super::connect::outcome;
use crate::conform::{Conn, Context, Scene};
use crate::scenario::lower::step::{error_name, optional_time};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::{Item, Time, by_shape};
use crate::step::Here;
use crate::verdict::must;

by_shape! {
    /// A connection that was begun: its name, or a map that says more.
    pub enum ConnectedSyntax expecting "the name of a connection, or a map with `on`" {
        /// Its name.
        "scalar" => Name(String),
        /// The same with more.
        "map" | "bytes" => Map(ConnectedMap),
    }
}

/// A connection that was begun with `connect: {wait: false}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ConnectedMap {
    /// The connection.
    pub on: Item<String>,
    /// The error that must come, such as `ETIMEDOUT`. Absent: it must succeed.
    pub error: Option<Item<String>>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

/// A connection that was begun must come to stand.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The connection.
    pub on: ConnName,
    /// The error that must come; `None` for success.
    pub error: Option<String>,
    /// How long it may take, where the user said it.
    pub within: Option<Duration>,
}

impl Connected {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Item<ConnectedSyntax>,
    ) -> Option<Self> {
        steps.stream_only(cx, "connected", at);
        let (on, error, within) = match item.get()? {
            ConnectedSyntax::Name(name) => {
                let on = Item {
                    value: Some(name.clone()),
                    span: item.span,
                };
                (steps.connections.used(cx, Some(&on), at), None, None)
            }
            ConnectedSyntax::Map(map) => (
                steps.connections.used(cx, Some(&map.on), at),
                map.error.as_ref(),
                map.within.as_ref(),
            ),
        };
        let error = match error {
            None => None,
            Some(item) => Some(error_name(cx, item)?),
        };
        Some(Self {
            on: on?,
            error,
            within: optional_time(cx, within)?,
        })
    }
}

impl Act for Connected {
    fn words(&self) -> String {
        format!("connected {}", self.on)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let deadline = ctx.by(self.within.unwrap_or(ctx.deadlines.connect));
        let Conn::Line(line) = scene.conn(&self.on)? else {
            return Ok(());
        };
        let done = line.stream().await_connected(deadline);
        let done = done.map_err(|e| outcome(&e, deadline));
        Ok(must(done, self.error.as_deref(), "a connection")?)
    }
}

//! `closed`: the peer must close.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Conn, Context, Scene, flow_closed};
use crate::scenario::lower::step::optional_time;
use crate::scenario::model::ConnName;
use crate::scenario::syntax::{Item, Time, by_shape};
use crate::step::Here;
use crate::verdict::{self, Match};

by_shape! {
    /// How the peer closes, or a map that says more.
    pub enum ClosedSyntax expecting "`fin`, `reset`, `any`, or a map with `how`" {
        /// How.
        "scalar" => How(HowSyntax),
        /// The same with more.
        "map" | "bytes" => Map(ClosedMap),
    }
}

/// How a peer closes.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum HowSyntax {
    /// FIN: the end of the stream.
    Fin,
    /// RST.
    Reset,
    /// Either.
    Any,
}

/// How the peer closes, and where.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ClosedMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// How.
    pub how: Item<HowSyntax>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

/// How a peer closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseHow {
    /// FIN: the end of the stream.
    Fin,
    /// RST.
    Reset,
    /// Either.
    Any,
}

/// The peer must close.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The connection.
    pub on: ConnName,
    /// How.
    pub how: CloseHow,
    /// How long it may take, where the user said it.
    pub within: Option<Duration>,
}

impl Closed {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Item<ClosedSyntax>,
    ) -> Option<Self> {
        steps.connected_only(cx, "closed", at);
        let (on, how, within) = match item.get()? {
            ClosedSyntax::How(how) => (None, Some(*how), None),
            ClosedSyntax::Map(map) => {
                (map.on.as_ref(), map.how.get().copied(), map.within.as_ref())
            }
        };
        let on = steps.connections.used(cx, on, at);
        let within = optional_time(cx, within)?;
        let how = match how? {
            HowSyntax::Fin => CloseHow::Fin,
            HowSyntax::Reset => CloseHow::Reset,
            HowSyntax::Any => CloseHow::Any,
        };
        Some(Self {
            on: on?,
            how,
            within,
        })
    }
}

impl Act for Closed {
    fn words(&self) -> String {
        format!("closed {}", self.on)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let wait = self.within.unwrap_or(ctx.deadlines.reply);
        let line = match scene.conn(&self.on)? {
            Conn::Line(line) => line,
            Conn::Flow(flow) => return Ok(flow_closed(flow, ctx, self.how, wait)?),
        };
        let deadline = ctx.by(wait);
        let got = line.receive(deadline, Duration::ZERO, &[], |_| Ok(Match::NotYet));
        // What was told once is not told again: the next step asks the kernel anew.
        line.look_again();
        Ok(verdict::closing(self.how, &got).map_or(Ok(()), Err)?)
    }
}

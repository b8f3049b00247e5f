//! `silence`: a while in which nobody speaks.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use super::recv::RecvExpect;
use crate::conform::{Conn, Context, Scene, recv_on_flow};
use crate::plan::Lane;
use crate::scenario::lower::positive;
use crate::scenario::model::ConnName;
use crate::scenario::syntax::{Item, Time, by_shape};
use crate::step::Here;
use crate::verdict::{self, Deviation, Match, Stop};

by_shape! {
    /// How long the peer is silent, or a map that says more.
    pub enum SilenceSyntax expecting "a duration such as `100ms`, or a map with `for`" {
        /// How long.
        "scalar" => For(Time),
        /// The same with more.
        "map" | "bytes" => Map(SilenceMap),
    }
}

/// How long the peer is silent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SilenceMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// How long.
    #[serde(rename = "for")]
    pub duration: Item<Time>,
}

/// Neither side speaks for this long: the peer must neither send nor close.
#[derive(Clone, Debug)]
pub struct Silence {
    /// The connection.
    pub on: ConnName,
    /// How long.
    pub duration: Duration,
}

impl Silence {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Item<SilenceSyntax>,
    ) -> Option<Self> {
        let (on, time) = match item.get()? {
            SilenceSyntax::For(time) => (
                None,
                Item {
                    value: Some(*time),
                    span: item.span,
                },
            ),
            SilenceSyntax::Map(map) => (map.on.as_ref(), map.duration.clone()),
        };
        let on = steps.connections.used(cx, on, at);
        Some(Self {
            duration: positive(cx, &time)?,
            on: on?,
        })
    }
}

impl Act for Silence {
    fn words(&self) -> String {
        format!("silence on {}", self.on)
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let duration = &self.duration;
        let line = match scene.conn(&self.on)? {
            Conn::Line(line) => line,
            Conn::Flow(flow) => {
                let nothing = RecvExpect::Nothing(*duration);
                return Ok(recv_on_flow(flow, ctx, &nothing, None, None, *duration)?);
            }
        };
        let deadline = Instant::now() + *duration;
        let got = line.receive(deadline, Duration::ZERO, &[], |bytes| {
            Ok(if bytes.is_empty() {
                Match::NotYet
            } else {
                Match::Met(bytes.len())
            })
        });
        match got.stop {
            Stop::Deadline(_) if got.bytes.is_empty() => Ok(()),
            Stop::Complete => {
                let wanted = verdict::wanted(&RecvExpect::Nothing(*duration));
                let stray = Deviation::fail(verdict::STRAY, wanted, "");
                Err(stray.getting(&got.bytes).into())
            }
            stop => Err(Halt::Step(Deviation::fail(
                verdict::CLOSED,
                format!(
                    "an open, silent connection for {}",
                    verdict::time(*duration)
                ),
                verdict::then(&stop),
            ))),
        }
    }
}

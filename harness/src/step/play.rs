//! `play`: exchanges of the profile, under the case's deliveries.

use harness_net::SocketOptions;
use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Conn, Context, Scene, play_flow, play_line};
use crate::scenario::context::Context as Check;
use crate::scenario::lower::step::Steps;
use crate::scenario::lower::step::TargetState;
use crate::scenario::model::{ConnName, Role};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{Item, by_shape};
use crate::step::Here;
use crate::verdict::{self, Deviation};

by_shape! {
    /// What is played: `all` exchanges, or a map that says more.
    pub enum PlaySyntax expecting "`all`, or a map such as `{exchanges: [read], on: a}`" {
        /// All exchanges.
        "scalar" => All(AllWord),
        /// The same with more.
        "map" | "bytes" => Map(PlayMap),
    }
}

/// All of them.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum AllWord {
    /// All exchanges of the profile, in order.
    All,
}

/// What is played, and on which connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct PlayMap {
    /// `all`, or a list of names.
    #[schemars(extend("default" = "all"))]
    pub exchanges: Option<Item<PlayExchanges>>,
    /// The connection.
    pub on: Option<Item<String>>,
}

by_shape! {
    /// Which exchanges are played.
    pub enum PlayExchanges expecting "`all`, or a list of exchanges" {
        /// All exchanges.
        "scalar" => All(AllWord),
        /// These, in this order.
        "list" => Names(Vec<Item<String>>),
    }
}

/// Plays exchanges of the profile, under the case's deliveries. Opens `on` where it is not open:
/// because no step opened it, or because one closed it and named none (`main` only).
#[derive(Clone, Debug)]
pub struct Play {
    /// Names of exchanges; `None` for all.
    pub exchanges: Option<Vec<String>>,
    /// The connection.
    pub on: ConnName,
}

impl Play {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        item: &Item<PlaySyntax>,
    ) -> Option<Self> {
        steps.plays = true;
        match steps.target_state {
            TargetState::Running => {}
            TargetState::Paused => cx.error_help(
                item.span,
                "nothing can be played: the target is paused",
                "add `- resume_target` before it, or use `send`",
            ),
            TargetState::Stopped => cx.error_help(
                item.span,
                "nothing can be played: the target is stopped",
                "add `- start_target` before it",
            ),
        }
        let (exchanges, on) = match item.get() {
            None => {
                steps.connections.unsure = true;
                return None;
            }
            Some(PlaySyntax::All(_)) => (None, None),
            Some(PlaySyntax::Map(map)) => (map.exchanges.as_ref(), map.on.as_ref()),
        };
        let on = steps.connections.play(cx, on);
        let names = match exchanges {
            None => None,
            Some(item) => match item.get()? {
                PlayExchanges::All(_) => None,
                PlayExchanges::Names(names) => Some(exchanges_of(steps, cx, names, item.span)?),
            },
        };
        if names.is_none() {
            steps.has_exchanges(cx, item.span);
        }
        Some(Self {
            exchanges: names,
            on: on?,
        })
    }
}

fn exchanges_of(
    steps: &Steps<'_>,
    cx: &Check,
    names: &[Item<String>],
    at: Span,
) -> Option<Vec<String>> {
    if names.is_empty() {
        cx.error_help(
            at,
            "no exchange is named",
            "write `all`, or names as in `[read, write]`",
        );
        return None;
    }
    let known: Option<Vec<&str>> = steps.target.map(|t| {
        t.profile
            .exchanges
            .iter()
            .map(|e| e.name.as_str())
            .collect()
    });
    let all: Vec<Option<String>> = names
        .iter()
        .map(|item| {
            let name = item.get()?;
            if let Some(known) = &known
                && !known.contains(&name.as_str())
            {
                cx.push(suggest::unknown_name(
                    cx, "exchange", name, item.span, known,
                ));
                return None;
            }
            Some(name.clone())
        })
        .collect();
    all.into_iter().collect()
}

impl Act for Play {
    fn words(&self) -> String {
        format!("play on {}", self.on)
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let selection: Vec<usize> = match &self.exchanges {
            None => (0..ctx.profile.exchanges.len()).collect(),
            Some(names) => names
                .iter()
                .filter_map(|n| ctx.profile.exchanges.iter().position(|e| &e.name == n))
                .collect(),
        };
        let on = &self.on;
        if !scene.conns.contains_key(on) && ctx.profile.role == Role::Client {
            scene
                .accept_client(ctx, on, None)
                .map_err(|d| Halt::Part(format!("accept {on}"), d))?;
        } else if !scene.conns.contains_key(on) {
            scene
                .connect(ctx, on, &SocketOptions::default())
                .map_err(|e| {
                    let deviation =
                        Deviation::fail(verdict::NOT_REACHED, "a connection", e.to_string());
                    Halt::Part(format!("connect {on}"), deviation)
                })?;
        }
        let all = self.exchanges.is_none();
        let played = match scene.conns.get_mut(on) {
            Some(Conn::Line(line)) => play_line(line, ctx, &selection, all),
            Some(Conn::Flow(flow)) => play_flow(flow, ctx, &selection, all),
            None => Ok(()),
        };
        played.map_err(|(part, deviation)| Halt::Part(part, deviation))
    }
}

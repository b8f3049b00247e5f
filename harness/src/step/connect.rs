//! `connect`: a connection to the target.

use harness_net::SocketOptions;
use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::scenario::lower::step::{TargetState, error_name};
use crate::scenario::lower::{chosen, options};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::{Item, OptionsSyntax, by_shape};
use crate::step::Here;
use crate::verdict::must;

by_shape! {
    /// A connection to open: its name, or a map that says more.
    pub enum ConnectSyntax expecting "the name of a connection, or a map with `name`" {
        /// Its name.
        "scalar" => Name(String),
        /// The same with more.
        "map" | "bytes" => Map(ConnectMap),
    }
}

/// A connection to open.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ConnectMap {
    /// Its name.
    pub name: Item<String>,
    /// Socket options, over those of the profile.
    pub options: Option<Item<OptionsSyntax>>,
    /// The error that must come, such as `ECONNREFUSED`. Absent: it must succeed.
    pub error: Option<Item<String>>,
}

/// Opens a connection.
#[derive(Clone, Debug)]
pub struct Connect {
    /// Its name.
    pub name: ConnName,
    /// Options, over those of the profile.
    pub options: SocketOptions,
    /// The error that must come, such as `ECONNREFUSED`; `None` for success.
    pub error: Option<String>,
}

impl Connect {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        item: &Item<ConnectSyntax>,
    ) -> Option<Self> {
        let (name, at, given, error) = match item.get() {
            Some(ConnectSyntax::Name(name)) => (Some(name), item.span, None, None),
            Some(ConnectSyntax::Map(map)) => (
                map.name.get(),
                map.name.span,
                map.options.as_ref(),
                map.error.as_ref(),
            ),
            None => (None, item.span, None, None),
        };
        let options = given
            .and_then(Item::get)
            .map(|o| options::alone(cx, o, steps.transport))
            .unwrap_or_default();
        let fails = error.map(|item| error_name(cx, item));
        let Some(name) = name else {
            steps.connections.unsure = true;
            return None;
        };
        if fails.is_some() {
            // It must not come to be, so it is not open afterwards.
            chosen(cx, "a connection", name, at).then_some(())?;
        } else {
            if steps.target_state == TargetState::Stopped {
                cx.error_help(
                    at,
                    "nothing can be connected to: the target is stopped",
                    "add `error: ECONNREFUSED` if that is what must be seen, or start it before",
                );
            }
            steps.connections.open(cx, name, at).then_some(())?;
        }
        let error = match fails {
            None => None,
            Some(name) => Some(name?),
        };
        Some(Self {
            name: name.clone(),
            options,
            error,
        })
    }
}

impl Act for Connect {
    fn words(&self) -> String {
        format!("connect {}", self.name)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let connected = scene.connect(ctx, &self.name, &self.options);
        let connected = connected.map_err(|e| e.name().to_owned());
        Ok(must(connected, self.error.as_deref(), "a connection")?)
    }
}

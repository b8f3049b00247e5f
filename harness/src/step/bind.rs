//! `bind`: a UDP socket of the case's own that receives from anybody.

use harness_net::Transport;
use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use super::opening::{Opened, Opening};
use crate::conform::{Context, Scene};
use crate::scenario::syntax::{Item, OptionsSyntax, by_shape};
use crate::step::Here;
use crate::verdict::must;

by_shape! {
    /// A bound UDP socket: its name, or a map that says more.
    pub enum BindSyntax expecting "the name of a socket, or a map with `name`" {
        /// Its name.
        "scalar" => Name(String),
        /// The same with more.
        "map" | "bytes" => Map(BindMap),
    }
}

/// A UDP socket of the case's own, on a free port of 127.0.0.1 that stays claimed for the case. It
/// receives from anybody and has nobody to send to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct BindMap {
    /// Its name.
    pub name: Item<String>,
    /// A socket whose address it takes, open or closed.
    pub at: Option<Item<String>>,
    /// Socket options. `bind` is its address.
    pub options: Option<Item<OptionsSyntax>>,
    /// The error that must come, such as `EADDRINUSE`. Absent: it must succeed.
    pub error: Option<Item<String>>,
}

/// Opens a UDP socket that is bound and not connected.
#[derive(Clone, Debug)]
pub struct Bind(pub Opened);

impl Bind {
    pub(super) fn lower(mut here: Here<'_, '_>, item: &Item<BindSyntax>) -> Option<Self> {
        let (name, map) = match item.get() {
            Some(BindSyntax::Name(name)) => (Some((name, item.span)), None),
            Some(BindSyntax::Map(map)) => (map.name.get().map(|n| (n, map.name.span)), Some(map)),
            None => (None, None),
        };
        let opening = Opening {
            word: "bind",
            over: Transport::Udp,
            name,
            at: map.and_then(|m| m.at.as_ref()),
            options: map.and_then(|m| m.options.as_ref()),
            error: map.and_then(|m| m.error.as_ref()),
        };
        opening.lower(&mut here).map(Self)
    }
}

impl Act for Bind {
    fn words(&self) -> String {
        format!("bind {}", self.0.name)
    }

    fn opens_own(&self) -> bool {
        true
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let at = self.0.at.as_deref();
        let done = scene.bind(ctx, &self.0.name, at, &self.0.options)?;
        let done = done.map_err(|e| e.name().to_owned());
        Ok(must(done, self.0.error.as_deref(), "a bound socket")?)
    }
}

//! `listen`: a listener of the case's own, so that it is its own peer.

use harness_net::Transport;
use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use super::opening::{Opened, Opening};
use crate::conform::{Context, Scene};
use crate::scenario::syntax::{Int, Item, OptionsSyntax, by_shape};
use crate::step::Here;
use crate::verdict::must;

/// The backlog where none is given, that of most servers' libraries.
const BACKLOG: u16 = 128;

by_shape! {
    /// A listener: its name, or a map that says more.
    pub enum ListenSyntax expecting "the name of a listener, or a map with `name`" {
        /// Its name.
        "scalar" => Name(String),
        /// The same with more.
        "map" | "bytes" => Map(ListenMap),
    }
}

/// A listener of the case's own, on a free TCP port of 127.0.0.1 that stays claimed for the case.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ListenMap {
    /// Its name.
    pub name: Item<String>,
    /// A listener or connection whose address it takes, open or closed.
    pub at: Option<Item<String>>,
    /// How many complete connections may wait to be accepted, 0 to 65535; Linux lets one more in.
    #[schemars(extend("default" = 128))]
    pub backlog: Option<Item<Int>>,
    /// Socket options, which accepted connections inherit. `bind` is its address.
    pub options: Option<Item<OptionsSyntax>>,
    /// The error that must come, such as `EADDRINUSE`. Absent: it must succeed.
    pub error: Option<Item<String>>,
}

/// Opens a listener.
#[derive(Clone, Debug)]
pub struct Listen {
    /// Where.
    pub opened: Opened,
    /// How many complete connections may wait to be accepted.
    pub backlog: u16,
}

impl Listen {
    pub(super) fn lower(mut here: Here<'_, '_>, item: &Item<ListenSyntax>) -> Option<Self> {
        let (name, map) = match item.get() {
            Some(ListenSyntax::Name(name)) => (Some((name, item.span)), None),
            Some(ListenSyntax::Map(map)) => {
                let name = map.name.get().map(|name| (name, map.name.span));
                (name, Some(map))
            }
            None => (None, None),
        };
        let opening = Opening {
            word: "listen",
            over: Transport::Tcp,
            name,
            at: map.and_then(|m| m.at.as_ref()),
            options: map.and_then(|m| m.options.as_ref()),
            error: map.and_then(|m| m.error.as_ref()),
        };
        let opened = opening.lower(&mut here);
        let backlog = match map.and_then(|m| m.backlog.as_ref()) {
            None => Some(BACKLOG),
            Some(item) => backlog(&here, item),
        };
        Some(Self {
            opened: opened?,
            backlog: backlog?,
        })
    }
}

fn backlog(here: &Here<'_, '_>, item: &Item<Int>) -> Option<u16> {
    let given = item.get()?.0;
    let fits = u16::try_from(given).ok();
    if fits.is_none() {
        here.cx.error_help(
            item.span,
            format!("a backlog of {given} is out of range"),
            "write a number from 0 to 65535",
        );
    }
    fits
}

impl Act for Listen {
    fn words(&self) -> String {
        format!("listen {}", self.opened.name)
    }

    fn opens_own(&self) -> bool {
        true
    }

    fn run(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<(), Halt> {
        let Opened {
            name,
            at,
            options,
            error,
        } = &self.opened;
        let done = scene.listen(name, at.as_deref(), options, self.backlog)?;
        let done = done.map_err(|e| e.name().to_owned());
        Ok(must(done, error.as_deref(), "a listener")?)
    }
}

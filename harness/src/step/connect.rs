//! `connect`: a connection to the target, or to a socket of the case's own.

use std::time::Instant;

use harness_net::{NetError, SocketOptions, Transport};
use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Context, Own, Scene};
use crate::scenario::context::Context as Check;
use crate::scenario::lower::step::{Steps, TargetState, error_name};
use crate::scenario::lower::{chosen, options};
use crate::scenario::model::{ConnName, Role};
use crate::scenario::syntax::{Count, Item, OptionsSyntax, by_shape};
use crate::step::Here;
use crate::verdict::{Deviation, must};

/// The most connections that one step opens.
const CROWD: u32 = 5000;

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
    /// How many are opened, named `NAME-1`, `NAME-2` and so on.
    pub count: Option<Item<Count>>,
    /// Socket options, over those of the profile.
    pub options: Option<Item<OptionsSyntax>>,
    /// A listener, bound socket or connection of the case's own that it goes to, open or closed.
    /// Absent: the target.
    pub to: Option<Item<String>>,
    /// One whose address and port it comes from.
    pub from: Option<Item<String>>,
    /// False: its outcome is not awaited; `connected` does.
    #[schemars(extend("default" = true))]
    pub wait: Option<Item<bool>>,
    /// True, over UDP: the socket sends to `to` without being connected to it.
    #[schemars(extend("default" = false))]
    pub unconnected: Option<Item<bool>>,
    /// The error that must come, such as `ECONNREFUSED`. Absent: it must succeed.
    pub error: Option<Item<String>>,
}

/// Opens a connection, or several alike.
#[derive(Clone, Debug)]
pub struct Connect {
    /// Its name; of several, what stands before their numbers.
    pub name: ConnName,
    /// How many, named `NAME-1` and so on; `None` for one without a number.
    pub count: Option<u32>,
    /// Options, over those of the profile.
    pub options: SocketOptions,
    /// Where to; `None` for the target.
    pub to: Option<ToOwn>,
    /// The error that must come, such as `ECONNREFUSED`; `None` for success.
    pub error: Option<String>,
}

/// A connection between sockets of the case's own.
#[derive(Clone, Debug)]
pub struct ToOwn {
    /// The socket whose address it goes to.
    pub to: String,
    /// The socket whose address it comes from.
    pub from: Option<String>,
    /// True over UDP.
    pub datagrams: bool,
    /// TCP: its outcome is not awaited.
    pub begun: bool,
    /// UDP: the socket is not connected to where it sends.
    pub unconnected: bool,
}

impl Connect {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        item: &Item<ConnectSyntax>,
    ) -> Option<Self> {
        let (name, at, map) = match item.get() {
            Some(ConnectSyntax::Name(name)) => (Some(name), item.span, None),
            Some(ConnectSyntax::Map(map)) => (map.name.get(), map.name.span, Some(map)),
            None => (None, item.span, None),
        };
        let own = match map {
            Some(map) => to_own(cx, steps, map)?,
            None => None,
        };
        let options = map
            .and_then(|m| m.options.as_ref()?.get())
            .map(|o| options::alone(cx, o, steps.transport))
            .unwrap_or_default();
        let fails = map
            .and_then(|m| m.error.as_ref())
            .map(|item| error_name(cx, item));
        let count = map.and_then(|m| count(cx, m));
        let (Some(name), None | Some(Some(_))) = (name, count) else {
            steps.connections.unsure = true;
            return None;
        };
        let count = count.flatten();
        if fails.is_some() && count.is_none() {
            // It must not come to be, so it is not open afterwards.
            chosen(cx, "a connection", name, at).then_some(())?;
        } else {
            if own.is_none() && steps.target_state == TargetState::Stopped {
                cx.error_help(
                    at,
                    "nothing can be connected to: the target is stopped",
                    "add `error: ECONNREFUSED` if that is what must be seen, or start it before",
                );
            }
            // The same mistake is not told for each of several.
            let mut names = names(name, count);
            names.all(|name| steps.opens(cx, &name, at)).then_some(())?;
        }
        let error = match fails {
            None => None,
            Some(name) => Some(name?),
        };
        Some(Self {
            name: name.clone(),
            count,
            options,
            to: own,
            error,
        })
    }
}

/// How many connections are opened; `None` where it is not said. The inner `None` is a mistake.
fn count(cx: &Check, map: &ConnectMap) -> Option<Option<u32>> {
    let item = map.count.as_ref()?;
    if let Some(error) = &map.error {
        cx.error_help(
            error.span,
            "several connections cannot be expected to fail",
            "leave `count` out, or `error`",
        );
    }
    let count = item.get().map(|count| count.0);
    if let Some(count) = count.filter(|count| *count > CROWD) {
        cx.error_help(
            item.span,
            format!("{count} connections are more than one process holds"),
            format!("write {CROWD} at the most"),
        );
    }
    Some(count.filter(|count| *count <= CROWD))
}

/// The name, or that of each of several.
fn names(name: &str, count: Option<u32>) -> impl Iterator<Item = String> {
    let numbers = count.map_or(0..=0, |count| 1..=count);
    numbers.map(move |number| match count {
        None => name.to_owned(),
        Some(_) => format!("{name}-{number}"),
    })
}

/// What a connection to a socket of the case's own says. The outer `None` is a mistake.
fn to_own(cx: &Check, steps: &Steps<'_>, map: &ConnectMap) -> Option<Option<ToOwn>> {
    let datagrams = steps.transport == Some(Transport::Udp);
    let Some(to) = &map.to else {
        let others = [
            ("from", map.from.as_ref().map(|i| i.span)),
            ("wait", map.wait.as_ref().map(|i| i.span)),
            ("unconnected", map.unconnected.as_ref().map(|i| i.span)),
        ];
        for (key, span) in others {
            if let Some(span) = span {
                cx.error_help(
                    span,
                    format!("`{key}` is for connections to a socket of the case's own"),
                    "say with `to` which one",
                );
            }
        }
        return Some(None);
    };
    let foreign = [
        ("wait", map.wait.as_ref().filter(|_| datagrams), "TCP"),
        (
            "unconnected",
            map.unconnected.as_ref().filter(|_| !datagrams),
            "UDP",
        ),
    ];
    for (key, item, over) in foreign {
        if let Some(item) = item {
            cx.error(item.span, format!("`{key}` is for {over}"));
        }
    }
    let flag = |item: &Option<Item<bool>>| item.as_ref().and_then(Item::get).copied();
    let from = match &map.from {
        None => None,
        Some(item) => Some(steps.place(cx, item)?),
    };
    Some(Some(ToOwn {
        to: steps.place(cx, to)?,
        from,
        datagrams,
        begun: flag(&map.wait) == Some(false),
        unconnected: flag(&map.unconnected) == Some(true),
    }))
}

/// The name of the error, unless it is the harness itself that waited no longer.
pub(super) fn outcome(error: &NetError, deadline: Instant) -> String {
    if error.is("ETIMEDOUT") && Instant::now() >= deadline {
        return "no answer before the harness's own deadline".to_owned();
    }
    error.name().to_owned()
}

impl Act for Connect {
    fn words(&self) -> String {
        match self.count {
            None => format!("connect {}", self.name),
            Some(count) => format!("connect {0}-1 to {0}-{count}", self.name),
        }
    }

    fn asks_target(&self) -> bool {
        self.to.is_none()
    }

    fn role(&self) -> Option<Role> {
        self.to.is_none().then_some(Role::Server)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        for name in names(&self.name, self.count) {
            let opened = self.open(scene, ctx, &name);
            opened.map_err(|deviation| Halt::Part(format!("connect {name}"), deviation))?;
            if ctx.interrupt.is_set() {
                break;
            }
        }
        Ok(())
    }
}

impl Connect {
    /// Opens one of this name.
    fn open(&self, scene: &mut Scene, ctx: &Context<'_>, name: &str) -> Result<(), Deviation> {
        let deadline = ctx.by(ctx.deadlines.connect);
        let connected = match &self.to {
            None => scene.connect(ctx, name, &self.options),
            Some(own) => {
                let to = Own {
                    to: &own.to,
                    from: own.from.as_deref(),
                    begun: own.begun,
                    unconnected: own.unconnected,
                };
                scene.connect_own(ctx, name, to, &self.options, own.datagrams)?
            }
        };
        let connected = connected.map_err(|e| outcome(&e, deadline));
        must(connected, self.error.as_deref(), "a connection")
    }
}

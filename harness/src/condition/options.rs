//! `options`: socket options as the kernel tells them.

use std::time::Duration;

use harness_net::EffectiveOptions;
use schemars::JsonSchema;
use serde::Deserialize;

use super::look::{Look, Seen};
use crate::conform::{Conn, Context, Scene};
use crate::scenario::model::{Comparison, ConnName};
use crate::scenario::syntax::{Bound, Item, Time};
use crate::step::Here;
use crate::verdict;

/// Socket options as getsockopt(2) tells them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct OptionsReadSyntax {
    /// The connection.
    pub on: Option<Item<String>>,
    /// TCP_NODELAY.
    pub nodelay: Option<Item<bool>>,
    /// TCP_CORK.
    pub cork: Option<Item<bool>>,
    /// TCP_QUICKACK as it stands now; the kernel changes it by itself.
    pub quickack: Option<Item<bool>>,
    /// SO_REUSEADDR.
    pub reuseaddr: Option<Item<bool>>,
    /// SO_REUSEPORT.
    pub reuseport: Option<Item<bool>>,
    /// SO_KEEPALIVE.
    pub keepalive: Option<Item<bool>>,
    /// SO_SNDBUF in bytes, the kernel's doubled figure.
    pub sndbuf: Option<Item<Bound>>,
    /// SO_RCVBUF in bytes, the kernel's doubled figure.
    pub rcvbuf: Option<Item<Bound>>,
    /// TCP_MAXSEG: the bytes that one segment may hold now.
    pub maxseg: Option<Item<Bound>>,
    /// SO_LINGER.
    pub linger: Option<Item<Time>>,
    /// TCP_USER_TIMEOUT.
    pub user_timeout: Option<Item<Time>>,
}

/// What an option must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wanted {
    /// This.
    Flag(bool),
    /// A number within this bound.
    Number(Comparison),
    /// This time.
    Time(Duration),
}

/// Options have these values.
#[derive(Clone, Debug)]
pub struct Options {
    /// The connection.
    pub on: ConnName,
    /// Each option with what it must be, at least one.
    pub wanted: Vec<(&'static str, Wanted)>,
}

impl Options {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        given: &Item<OptionsReadSyntax>,
    ) -> Option<Self> {
        let args = given.get()?;
        let on = steps.connections.used(cx, args.on.as_ref(), given.span);
        let mut wanted = Vec::new();
        for (name, item) in [
            ("nodelay", &args.nodelay),
            ("cork", &args.cork),
            ("quickack", &args.quickack),
            ("reuseaddr", &args.reuseaddr),
            ("reuseport", &args.reuseport),
            ("keepalive", &args.keepalive),
        ] {
            let flag = item.as_ref().map(Item::get);
            wanted.extend(flag.map(|flag| flag.map(|f| (name, Wanted::Flag(*f)))));
        }
        for (name, item) in [
            ("sndbuf", &args.sndbuf),
            ("rcvbuf", &args.rcvbuf),
            ("maxseg", &args.maxseg),
        ] {
            let number = item.as_ref().map(Item::get);
            wanted.extend(number.map(|n| n.map(|n| (name, Wanted::Number(n.0)))));
        }
        for (name, item) in [
            ("linger", &args.linger),
            ("user_timeout", &args.user_timeout),
        ] {
            let time = item.as_ref().map(Item::get);
            wanted.extend(time.map(|t| t.map(|t| (name, Wanted::Time(t.0)))));
        }
        if wanted.is_empty() {
            cx.error_help(
                given.span,
                "no option is named",
                "add one with what it must be, such as `nodelay: true` or `rcvbuf: \">= 8KiB\"`",
            );
            return None;
        }
        Some(Self {
            on: on?,
            wanted: wanted.into_iter().collect::<Option<_>>()?,
        })
    }
}

impl Wanted {
    /// Whether it is met, and what there is instead.
    fn met(self, name: &str, now: &EffectiveOptions) -> (bool, String) {
        let told = |value: Option<String>| value.unwrap_or_else(|| "not set".to_owned());
        match self {
            Self::Flag(want) => {
                let flag = match name {
                    "nodelay" => now.nodelay,
                    "cork" => now.cork,
                    "quickack" => now.quickack,
                    "reuseaddr" => now.reuseaddr,
                    "reuseport" => now.reuseport,
                    _ => now.keepalive,
                };
                (flag == Some(want), told(flag.map(|f| f.to_string())))
            }
            Self::Number(is) => {
                let number = match name {
                    "sndbuf" => now.sndbuf,
                    "rcvbuf" => now.rcvbuf,
                    _ => now.maxseg.map(|bytes| bytes as usize),
                };
                let met = number.is_some_and(|n| verdict::holds(is, n as f64));
                (met, told(number.map(|n| n.to_string())))
            }
            Self::Time(want) => {
                let time = if name == "linger" {
                    now.linger
                } else {
                    now.user_timeout
                };
                (time == Some(want), told(time.map(|t| format!("{t:?}"))))
            }
        }
    }

    fn words(self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            Self::Number(is) => verdict::bound(is),
            Self::Time(time) => format!("{time:?}"),
        }
    }
}

impl Look for Options {
    fn words(&self) -> String {
        let wanted = self.wanted.iter();
        let wanted: Vec<String> = wanted.map(|(n, w)| format!("{n} {}", w.words())).collect();
        format!("options of {}: {}", self.on, wanted.join(", "))
    }

    fn look(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<Seen, String> {
        let now = match scene.conns.get(&self.on) {
            Some(Conn::Line(line)) => line.stream().effective(),
            Some(Conn::Flow(flow)) => flow.socket().effective(),
            None => return Err(format!("the connection `{}` is closed", self.on)),
        };
        for (name, wanted) in &self.wanted {
            let (met, instead) = wanted.met(name, &now);
            if !met {
                return Ok(Seen::Not(format!("{name} {instead}")));
            }
        }
        Ok(Seen::Holds)
    }
}

//! `send`: bytes, and how they are written.

use std::time::Instant;

use harness_net::Transport;
use harness_wire::Sender;
use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use super::strings::Strings;
use crate::conform::{Conn, Context, Line, Scene, send_on_flow, write_merged};
use crate::scenario::context::Context as Check;
use crate::scenario::formula::{Formula, Slots};
use crate::scenario::lower::step::Steps;
use crate::scenario::lower::step::{error_name, one_of};
use crate::scenario::model::{ConnName, Role};
use crate::scenario::source::Span;
use crate::scenario::syntax::{Bytes, Item, by_shape};
use crate::step::Here;
use crate::verdict::{self, Deviation, Stop, must};

by_shape! {
    /// Bytes to send in one write, or a map that says more.
    pub enum SendSyntax expecting "bytes, or a map such as `{parts: [\"he\", \"llo\"]}`" {
        /// The bytes.
        "scalar" | "bytes" => Whole(Bytes),
        /// How they are written.
        "map" => Map(SendMap),
    }
}

/// Bytes to send. Exactly one of `whole`, `parts`, `merged`, `writes`, `most_of`, `vectored` and
/// `stranger`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SendMap {
    /// The connection.
    pub on: Option<Item<String>>,
    /// One write.
    pub whole: Option<Item<Bytes>>,
    /// One write each; each is proved to be read before the next is written.
    pub parts: Option<Item<Vec<Item<Bytes>>>>,
    /// One write of all together, proved to be queued together.
    pub merged: Option<Item<Vec<Item<Bytes>>>>,
    /// One write each, back to back: what merges is left to the kernel.
    pub writes: Option<Item<Vec<Item<Bytes>>>>,
    /// As much as the kernel takes, until it took nothing for 100 ms. What comes is not read
    /// meanwhile. EAGAIN where it takes nothing at all.
    pub most_of: Option<Item<Bytes>>,
    /// All in one sendmsg(2).
    pub vectored: Option<Item<Vec<Item<Bytes>>>>,
    /// Over UDP, to a client: one datagram from another port than the one that it asked.
    pub stranger: Option<Item<Bytes>>,
    /// True: MSG_MORE on all but the last of `writes`.
    #[schemars(extend("default" = false))]
    pub more: Option<Item<bool>>,
    /// The error that must come, such as `EMSGSIZE`. Absent: it must succeed.
    pub error: Option<Item<String>>,
}

/// Bytes and how they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendData {
    /// One write, repeated until the kernel took it all. Where messages keep their
    /// boundaries: one message.
    Whole(Vec<u8>),
    /// One write a part; each part is proved to be consumed before the next is written.
    Parts(Vec<Vec<u8>>),
    /// One write of all together, proved to be queued together.
    Merged(Vec<Vec<u8>>),
    /// One write a part, back to back: what merges is left to the kernel.
    Writes {
        /// The parts.
        parts: Vec<Vec<u8>>,
        /// True: MSG_MORE on all but the last.
        more: bool,
    },
    /// As many of them as the kernel takes without anything being read.
    MostOf(Vec<u8>),
    /// All parts in one sendmsg(2).
    Vectored(Vec<Vec<u8>>),
    /// Over UDP, to a client: one datagram from another port than the one that it asked.
    Stranger(Vec<u8>),
}

impl Slots for SendData {
    fn slots(&mut self) -> Vec<&mut Vec<u8>> {
        match self {
            Self::Whole(bytes) | Self::MostOf(bytes) | Self::Stranger(bytes) => vec![bytes],
            Self::Parts(parts)
            | Self::Merged(parts)
            | Self::Vectored(parts)
            | Self::Writes { parts, .. } => parts.iter_mut().collect(),
        }
    }
}

/// Sends bytes.
#[derive(Clone, Debug)]
pub struct Send {
    /// The connection.
    pub on: ConnName,
    /// The bytes and how they are written.
    pub data: SendData,
    /// How the byte strings of `data` come about, one for each; empty where they are what stands
    /// there.
    pub formulas: Vec<Formula>,
    /// The error that must come, such as `EMSGSIZE`; `None` for success.
    pub error: Option<String>,
}

impl Send {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Item<SendSyntax>,
    ) -> Option<Self> {
        match item.get()? {
            SendSyntax::Whole(bytes) => {
                let on = steps.connections.sends(cx, None, at, false);
                let mut strings = Strings::new(steps, Sender::Client);
                let data = SendData::Whole(strings.bytes(cx, bytes, item.span)?);
                Some(Self {
                    on: on?,
                    data,
                    formulas: strings.done(steps),
                    error: None,
                })
            }
            SendSyntax::Map(map) => {
                let fails = map.error.is_some();
                let on = steps.connections.sends(cx, map.on.as_ref(), at, fails);
                let mut strings = Strings::new(steps, Sender::Client);
                let data = data(cx, steps, &mut strings, map, item.span);
                let error = match &map.error {
                    None => None,
                    Some(item) => Some(error_name(cx, item)?),
                };
                Some(Self {
                    on: on?,
                    data: data?,
                    formulas: strings.done(steps),
                    error,
                })
            }
        }
    }
}

fn data(
    cx: &Check,
    steps: &Steps<'_>,
    strings: &mut Strings<'_>,
    map: &SendMap,
    at: Span,
) -> Option<SendData> {
    let list_span = |item: &Option<Item<Vec<Item<Bytes>>>>| item.as_ref().map(|i| i.span);
    let given = [
        ("whole", map.whole.as_ref().map(|i| i.span)),
        ("parts", list_span(&map.parts)),
        ("merged", list_span(&map.merged)),
        ("writes", list_span(&map.writes)),
        ("most_of", map.most_of.as_ref().map(|i| i.span)),
        ("vectored", list_span(&map.vectored)),
        ("stranger", map.stranger.as_ref().map(|i| i.span)),
    ];
    one_of(cx, &given, "send", at)?;
    if let (Some(more), None) = (&map.more, &map.writes) {
        cx.error_help(
            more.span,
            "`more` belongs to `writes`",
            "MSG_MORE joins one write to the next",
        );
    }
    if let Some(span) = given[1].1 {
        steps.not_over_udp(cx, "parts", span);
    }
    if let Some(span) = given[2].1 {
        steps.stream_only(cx, "merged", span);
    }
    if let Some(item) = &map.stranger {
        let to_client = steps.target.is_none_or(|t| t.profile.role == Role::Client);
        if !to_client || steps.transport.is_some_and(|t| t != Transport::Udp) {
            cx.error_help(
                item.span,
                "`stranger` is for clients over udp: a stream has one sender",
                "use `whole`",
            );
        }
        return Some(SendData::Stranger(strings.item(cx, item)?));
    }
    if let Some(item) = &map.whole {
        return Some(SendData::Whole(strings.item(cx, item)?));
    }
    if let Some(item) = &map.most_of {
        steps.stream_only(cx, "most_of", item.span);
        let bytes = strings.item(cx, item)?;
        if strings.is_empty(0) {
            cx.error(item.span, "there is nothing to send in it");
        }
        return Some(SendData::MostOf(bytes));
    }
    let mut list = |item: &Item<Vec<Item<Bytes>>>| {
        let items = item.get()?;
        if items.is_empty() {
            cx.error(item.span, "there is nothing to send in it");
            return None;
        }
        let all = strings.list(cx, items)?;
        if steps.transport.is_none_or(Transport::is_stream) {
            // An empty datagram is one; an empty write on a stream is nothing.
            if let Some(n) = (0..all.len()).find(|n| strings.is_empty(*n)) {
                cx.error_help(
                    items[n].span,
                    "an empty part cannot be seen on a stream",
                    "leave it out",
                );
                return None;
            }
        }
        Some(all)
    };
    if let Some(item) = &map.parts {
        return Some(SendData::Parts(list(item)?));
    }
    if let Some(item) = &map.merged {
        return Some(SendData::Merged(list(item)?));
    }
    if let Some(item) = &map.writes {
        let more = match &map.more {
            None => false,
            Some(item) => *item.get()?,
        };
        return Some(SendData::Writes {
            parts: list(item)?,
            more,
        });
    }
    Some(SendData::Vectored(list(map.vectored.as_ref()?)?))
}

impl Act for Send {
    fn words(&self) -> String {
        format!("send on {}", self.on)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let conn = scene.conn(&self.on)?;
        let data = conn.fill(&self.data, &self.formulas)?;
        let sent = match conn {
            Conn::Line(line) => send(line, ctx, &data)?,
            Conn::Flow(flow) => send_on_flow(flow, ctx, &data),
        };
        scene.sent = Some(Instant::now());
        Ok(must(sent, self.error.as_deref(), "the bytes are taken")?)
    }
}

/// The inner error is the errno name of a write that failed, which the scenario may expect.
fn send(
    line: &mut Line,
    ctx: &mut Context<'_>,
    data: &SendData,
) -> Result<Result<(), String>, Deviation> {
    line.mark();
    let deadline = ctx.by(ctx.deadlines.reply);
    let written = match data {
        SendData::Whole(bytes) => line.write(bytes, deadline),
        SendData::MostOf(bytes) => line.write_most(bytes, deadline),
        // Streams are refused it: only datagrams have a sender each.
        SendData::Stranger(_) => Ok(()),
        SendData::Vectored(parts) => {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            line.write_vectored(&parts, deadline)
        }
        SendData::Writes { parts, more } => {
            let last = parts.len().saturating_sub(1);
            parts.iter().enumerate().try_for_each(|(i, part)| {
                if *more && i < last {
                    line.write_more(part, deadline)
                } else {
                    line.write(part, deadline)
                }
            })
        }
        SendData::Merged(parts) => {
            write_merged(line, ctx, &parts.concat())?;
            Ok(())
        }
        SendData::Parts(parts) => parts.iter().try_for_each(|part| {
            line.write(part, deadline)?;
            line.prove_consumed(ctx.prover, deadline, &mut ctx.tally);
            Ok(())
        }),
    };
    if let Some(now) = line.segments() {
        line.trace.segments(now);
    }
    Ok(written.map_err(|stop| match stop {
        Stop::Error(name) => name,
        other => verdict::then(&other),
    }))
}

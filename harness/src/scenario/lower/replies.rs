//! What a profile says about replies: what of them is not compared, and in which order they come.

use std::collections::BTreeMap;

use crate::scenario::context::Context;
use crate::scenario::lower::message::{Frames, id_field};
use crate::scenario::model::{Exchange, Message, Order, Reply, Reset};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{Item, OrderSyntax, ResetSyntax};

/// The fields, by frame, that `FRAME.FIELD` names. A length that counts one of them is one too.
pub(crate) fn volatile(
    cx: &Context,
    items: &[Item<String>],
    frames: &Frames,
) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for item in items {
        let Some(given) = item.get() else { continue };
        let split = |at: usize| (&given[..at], &given[at + 1..]);
        let mut splits = given.match_indices('.').map(|(at, _)| split(at)).peekable();
        let Some(&(first, _)) = splits.peek() else {
            cx.error_help(
                item.span,
                format!("`{given}` names no field of a frame"),
                "write FRAME.FIELD, as in `answer.time`",
            );
            continue;
        };
        // Names of frames may hold dots.
        let Some((name, field)) = splits.find(|(frame, _)| frames.contains_key(*frame)) else {
            let known: Vec<&String> = frames.keys().collect();
            let error = suggest::unknown_name(cx, "frame", first, item.span, &known);
            cx.push(error);
            continue;
        };
        let Some(Some(frame)) = frames.get(name) else {
            continue;
        };
        let layout = frame.framing.layout();
        if frame.framing.field(field).is_none() {
            let known: Vec<&String> = layout.iter().map(|f| &f.name).collect();
            cx.push(suggest::unknown_name(cx, "field", field, item.span, &known));
            continue;
        }
        if !frame.framing.has_boundaries() {
            cx.error_help(
                item.span,
                format!("a reply in the frame `{name}` would not be compared at all"),
                "describe its fields, or leave the exchange out",
            );
            continue;
        }
        let of_frame = all.entry(name.to_owned()).or_default();
        let counts = layout.iter().filter(|f| f.counts(field));
        for field in std::iter::once(field).chain(counts.map(|f| &*f.name)) {
            if !of_frame.iter().any(|known| known == field) {
                of_frame.push(field.to_owned());
            }
        }
    }
    all
}

/// The order of replies. `any` needs replies that can be told apart before they are compared.
pub(crate) fn order(cx: &Context, item: &Item<OrderSyntax>, exchanges: &[Exchange]) -> Order {
    match item.get() {
        None | Some(OrderSyntax::Strict) => return Order::Strict,
        Some(OrderSyntax::Any) => {}
    }
    let replies = exchanges.iter().flat_map(|e| match &e.reply {
        Reply::Given(all) => all
            .iter()
            .map(|m: &Message| (e, &m.frame, &m.framing))
            .collect(),
        Reply::Learned { frame, framing } => vec![(e, frame, framing)],
        Reply::None | Reply::Closes => Vec::new(),
    });
    let mut first: Option<&String> = None;
    for (exchange, frame, framing) in replies {
        if id_field(&**framing).is_none() {
            cx.error_help(
                item.span,
                format!(
                    "the replies to `{}` cannot be told apart: the frame `{frame}` has no `id: true` field",
                    exchange.name
                ),
                "mark the field that repeats the request's number, as in `tid: {u16be: {id: true}}`",
            );
            return Order::Strict;
        }
        if exchange.id.is_none() {
            cx.error_help(
                item.span,
                format!(
                    "the request of `{}` has no `id: true` field to be repeated",
                    exchange.name
                ),
                "leave `order` out, or give the request's frame one",
            );
            return Order::Strict;
        }
        if first.is_some_and(|first| first != frame) {
            cx.error_help(
                item.span,
                format!(
                    "replies that come in any order lie in one frame: `{}` and `{frame}` differ",
                    first.map_or("", String::as_str)
                ),
                "leave `order` out, or describe both as one frame",
            );
            return Order::Strict;
        }
        first = Some(frame);
    }
    Order::Any
}

/// What is done before each delivery. `running`: the target was not started for the run.
pub(crate) fn reset(
    cx: &Context,
    item: &Item<ResetSyntax>,
    running: bool,
    exchanges: &[Exchange],
    broken: &[String],
) -> Reset {
    match item.get() {
        Some(ResetSyntax::Restart) => {
            if running {
                cx.error_help(
                    item.span,
                    "a target that runs already cannot be restarted",
                    "use `start` or `builtin`, or `reset: none`",
                );
            }
            Reset::Restart
        }
        Some(ResetSyntax::Exchanges(names)) => {
            let given = names.get().map_or(&[][..], Vec::as_slice);
            if given.is_empty() && names.get().is_some() {
                empty(cx, names.span);
            }
            let indices = given.iter().filter_map(|name| {
                let wanted = name.get()?;
                let found = exchanges.iter().position(|e| e.name == *wanted);
                if found.is_none() && !broken.contains(wanted) {
                    let known: Vec<&String> = exchanges.iter().map(|e| &e.name).collect();
                    let error = suggest::unknown_name(cx, "exchange", wanted, name.span, &known);
                    cx.push(error);
                }
                found
            });
            Reset::Exchanges(indices.collect())
        }
        Some(ResetSyntax::None) | None => Reset::None,
    }
}

fn empty(cx: &Context, at: Span) {
    cx.error_help(
        at,
        "no exchange is named",
        "name those that bring the target back, as in `exchanges: [clear]`",
    );
}

//! Deliveries: what can be cut or merged at all.

use harness_net::Transport;

use crate::scenario::context::Context;
use crate::scenario::lower::Lowered;
use crate::scenario::model::DeliverySpec;
use crate::scenario::model::Exchange;
use crate::scenario::source::Span;
use crate::scenario::syntax::{CutSyntax, DeliverSyntax, Item, MergeSyntax};

/// What is known of the case around a `deliver:`.
pub(crate) struct Around<'a> {
    /// The target, where one is known.
    pub(crate) target: Option<&'a Lowered>,
    /// What it speaks over, where that is known.
    pub(crate) transport: Option<Transport>,
    /// True: some step plays exchanges.
    pub(crate) plays: bool,
}

/// The deliveries of a case. Those that had a mistake are left out.
pub(crate) fn list(
    cx: &Context,
    given: Option<&Item<Vec<Item<DeliverSyntax>>>>,
    around: &Around<'_>,
) -> Vec<DeliverySpec> {
    let Some(item) = given else {
        return vec![DeliverySpec::Whole];
    };
    let Some(items) = item.get() else {
        return Vec::new();
    };
    if items.is_empty() {
        cx.error_help(
            item.span,
            "no delivery is given",
            "leave `deliver` out for `[whole]`",
        );
    }
    let mut all: Vec<DeliverySpec> = Vec::new();
    for item in items {
        let Some(spec) = item.get().and_then(|d| delivery(cx, d, around)) else {
            continue;
        };
        if spec != DeliverySpec::Whole {
            refuse_useless(cx, item.span, around);
        }
        if all.contains(&spec) {
            cx.error(item.span, "this delivery stands here twice");
        }
        all.push(spec);
    }
    all
}

fn refuse_useless(cx: &Context, at: Span, around: &Around<'_>) {
    if let Some(transport) = around.transport.filter(|t| !t.is_stream()) {
        cx.error_help(
            at,
            format!("datagrams keep their boundaries: only `whole` makes sense over {transport}"),
            "leave it out, or add `needs: [stream]` if the case is for streams",
        );
    } else if !around.plays {
        cx.error_help(
            at,
            "no step plays an exchange that this could be applied to",
            "add `- play: all` to the steps; `send` says for itself how bytes are written",
        );
    }
}

fn delivery(cx: &Context, given: &DeliverSyntax, around: &Around<'_>) -> Option<DeliverySpec> {
    Some(match given {
        DeliverSyntax::Whole => DeliverySpec::Whole,
        DeliverSyntax::EachCut => DeliverySpec::EachCut,
        DeliverSyntax::FieldPairs => DeliverySpec::FieldPairs,
        DeliverSyntax::EachByte => DeliverySpec::EachByte,
        DeliverSyntax::Random(args) => DeliverySpec::Random {
            runs: args.get()?.runs.get()?.0,
        },
        DeliverSyntax::Cut(args) => cut(cx, args.get()?, around)?,
        DeliverSyntax::Merge(args) => merge(cx, args.get()?)?,
    })
}

fn cut(cx: &Context, args: &CutSyntax, around: &Around<'_>) -> Option<DeliverySpec> {
    let items = args.at.get()?;
    if items.is_empty() {
        cx.error_help(
            args.at.span,
            "no cut is given",
            "write offsets such as `at: [2, 5]`",
        );
        return None;
    }
    let longest = around.target.and_then(|target| {
        let profile = &target.profile;
        // One whose length is not known beforehand may be long enough.
        let unknown = |e: &Exchange| e.request.as_ref().is_some_and(|m| m.shape().is_none());
        if profile.exchanges.iter().any(unknown) {
            return None;
        }
        let lengths = profile.exchanges.iter().map(|e| e.sent_len(profile.role));
        Some((lengths.max()?, profile.role.says()))
    });
    let mut at: Vec<usize> = Vec::with_capacity(items.len());
    for item in items {
        let offset = item.get()?.0;
        if offset == 0 {
            cx.error_help(
                item.span,
                "a cut at 0 cuts nothing off",
                "offsets count the bytes before the cut, from 1",
            );
            return None;
        }
        if at.last().is_some_and(|&last| offset <= last) {
            cx.error_help(
                item.span,
                format!("the cut at {offset} does not come after the one before it"),
                "write the offsets in ascending order",
            );
            return None;
        }
        if let Some((longest, what)) = longest.filter(|(longest, _)| offset >= *longest) {
            cx.error_help(
                item.span,
                format!("no message is long enough for a cut at {offset}"),
                format!("the longest {what} has {longest} bytes"),
            );
            return None;
        }
        at.push(offset);
    }
    Some(DeliverySpec::Cut { at })
}

fn merge(cx: &Context, args: &MergeSyntax) -> Option<DeliverySpec> {
    let range = *args.messages.get()?;
    let plus_half = match &args.plus {
        None => false,
        Some(item) => item.get().is_some(),
    };
    if range.from < 1 || (range.from < 2 && !plus_half) {
        cx.error_help(
            args.messages.span,
            format!("{} messages cannot be merged", range.from),
            "merge at least 2: `messages: 2` or `messages: \"2..\"`; 1 with `plus: half`",
        );
        return None;
    }
    Some(DeliverySpec::Merge {
        from: range.from,
        to: range.to,
        plus_half,
    })
}

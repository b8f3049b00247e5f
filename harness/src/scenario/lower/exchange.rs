//! Exchanges: what is said, and what must be answered.

use std::sync::Arc;

use harness_wire::Context as Place;

use crate::scenario::context::Context;
use crate::scenario::lower::message::{Frames, frame_of, is_learned, message};
use crate::scenario::lower::name::{Unique, chosen};
use crate::scenario::model::{Exchange, Reply};
use crate::scenario::syntax::{ExchangeSyntax, Item, MessageSyntax, Named, ReplySyntax, ReplyWord};

/// A list of exchanges. Those that had a mistake are left out.
pub(crate) fn list(
    cx: &Context,
    given: &[Item<Named<ExchangeSyntax>>],
    frames: &Frames,
    unique: &mut Unique,
) -> Vec<Exchange> {
    given
        .iter()
        .filter_map(|item| {
            let named = item.get()?;
            let fits = chosen(cx, "an exchange", &named.name, named.name_span)
                && unique.add(cx, "the exchange", &named.name, named.name_span);
            let exchange = exchange(cx, named, frames)?;
            fits.then_some(exchange)
        })
        .collect()
}

fn exchange(cx: &Context, named: &Named<ExchangeSyntax>, frames: &Frames) -> Option<Exchange> {
    let given = named.value.get()?;
    let at = named.value.span;
    let request = given.request.as_ref().map(|item| {
        item.get()
            .and_then(|m| message(cx, frames, m, &Place::REQUEST))
    });
    let asked = request
        .as_ref()
        .and_then(Option::as_ref)
        .map(|m| &m.encoded);
    let reply = match (&given.reply, &given.request) {
        (Some(item), _) => item
            .get()
            .and_then(|r| reply(cx, r, frames, &Place::reply(asked))),
        (None, Some(item)) => item.get().and_then(|m| learned(cx, m, frames, false)),
        (None, None) => {
            cx.error_help(
                at,
                format!(
                    "the exchange `{}` has neither a request nor a reply",
                    named.name
                ),
                "add `request: {FRAME: VALUE}`; a greeting has a `reply` alone",
            );
            None
        }
    };
    let request = match request {
        None => None,
        Some(request) => Some(request?),
    };
    let reply = reply?;
    if request.is_none() && matches!(reply, Reply::None) {
        cx.error_help(
            at,
            format!("nothing is said in the exchange `{}`", named.name),
            "a greeting needs a reply: the server says it",
        );
        return None;
    }
    Some(Exchange {
        name: named.name.clone(),
        at: cx.location(named.name_span),
        request,
        reply,
    })
}

fn reply(cx: &Context, given: &ReplySyntax, frames: &Frames, place: &Place<'_>) -> Option<Reply> {
    match given {
        ReplySyntax::Word(ReplyWord::Closes) => Some(Reply::Closes),
        ReplySyntax::One(one) if is_learned(cx, one) => learned(cx, one, frames, true),
        ReplySyntax::One(one) => Some(Reply::Given(vec![message(cx, frames, one, place)?])),
        ReplySyntax::Several(items) if items.is_empty() => Some(Reply::None),
        ReplySyntax::Several(items) => {
            let all: Vec<_> = items
                .iter()
                .map(|item| {
                    let one = item.get()?;
                    if is_learned(cx, one) {
                        cx.error_help(
                            one.value.span,
                            "of several replies none can be learned",
                            "write `reply: {FRAME: learned}` for one, or give the values",
                        );
                        return None;
                    }
                    message(cx, frames, one, place)
                })
                .collect();
            all.into_iter().collect::<Option<_>>().map(Reply::Given)
        }
    }
}

/// One message in the frame that `message` names. An unknown frame is told only where `tell` says
/// so: the request has told of it already otherwise.
fn learned(cx: &Context, message: &MessageSyntax, frames: &Frames, tell: bool) -> Option<Reply> {
    let frame = if tell {
        frame_of(cx, frames, message)?
    } else {
        frames.get(&message.name)?.as_ref()?
    };
    Some(Reply::Learned {
        frame: message.name.clone(),
        framing: Arc::clone(&frame.framing),
    })
}

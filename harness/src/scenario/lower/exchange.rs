//! Exchanges: what is said, and what must be answered.

use std::sync::Arc;

use harness_wire::Framing;

use crate::scenario::context::Context;
use crate::scenario::lower::message::{Frames, frame_of, id_field, is_learned, message};
use crate::scenario::lower::name::{Unique, chosen};
use crate::scenario::lower::reference::{Around, Scope};
use crate::scenario::model::{Exchange, Message, Reply};
use crate::scenario::syntax::{ExchangeSyntax, Item, MessageSyntax, Named, ReplySyntax, ReplyWord};

/// The exchanges of a profile, part by part: `opening`, `exchanges`, `closing`.
pub(crate) struct Parts<'a> {
    frames: &'a Frames,
    unique: Unique,
    declared: Vec<String>,
    /// The names of those that had a mistake.
    pub(crate) broken: Vec<String>,
}

impl<'a> Parts<'a> {
    /// Parts with these frames, in which exchanges of these names stand.
    pub(crate) fn new(frames: &'a Frames, declared: Vec<String>) -> Self {
        Self {
            frames,
            unique: Unique::default(),
            declared,
            broken: Vec::new(),
        }
    }

    /// A list of exchanges. Those that had a mistake are left out. `before` were surely played
    /// before; `in_turn` says that each of the list is played after those above it.
    pub(crate) fn list(
        &mut self,
        cx: &Context,
        given: &[Item<Named<ExchangeSyntax>>],
        before: &[Exchange],
        in_turn: bool,
    ) -> Vec<Exchange> {
        let mut all = Vec::with_capacity(given.len());
        for named in given.iter().filter_map(Item::get) {
            let fits = chosen(cx, "an exchange", &named.name, named.name_span)
                && self
                    .unique
                    .add(cx, "the exchange", &named.name, named.name_span);
            let above = if in_turn { &*all } else { &[] };
            let around = Around {
                frames: self.frames,
                exchange: &named.name,
                request: None,
                asked: None,
                replies: false,
                before: [before, above],
                declared: &self.declared,
                broken: &self.broken,
            };
            match exchange(cx, named, around).filter(|_| fits) {
                Some(exchange) => all.push(exchange),
                None => self.broken.push(named.name.clone()),
            }
        }
        all
    }
}

/// The names of the exchanges of a list.
pub(crate) fn names(given: &[Item<Named<ExchangeSyntax>>]) -> impl Iterator<Item = String> {
    given
        .iter()
        .filter_map(|item| Some(item.get()?.name.clone()))
}

fn exchange(cx: &Context, named: &Named<ExchangeSyntax>, around: Around<'_>) -> Option<Exchange> {
    let frames = around.frames;
    let given = named.value.get()?;
    let at = named.value.span;
    let request = given.request.as_ref().map(|item| {
        item.get()
            .and_then(|m| message(cx, frames, Scope::Message(&around), m))
    });
    // What the reply repeats may stand in a part that could not be read.
    let framing = given
        .request
        .as_ref()
        .and_then(Item::get)
        .and_then(|named| {
            let frame = frames.get(&named.name)?.as_ref()?;
            Some(&frame.framing)
        });
    let asked = request.as_ref().and_then(Option::as_ref);
    let around = Around {
        request: framing,
        asked: asked.and_then(Message::shape),
        replies: true,
        ..around
    };
    let reply = match (&given.reply, &given.request) {
        (Some(item), _) => item.get().and_then(|r| reply(cx, r, &around)),
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
    let id = |framing: &Arc<dyn Framing>| id_field(&**framing).map(|(name, _)| name);
    let of_reply = match &reply {
        Reply::Given(all) => all.first().and_then(|m| id(&m.framing)),
        Reply::Learned { framing, .. } => id(framing),
        Reply::None | Reply::Closes => None,
    };
    Some(Exchange {
        name: named.name.clone(),
        at: cx.location(named.name_span),
        id: request.as_ref().and_then(|m| id(&m.framing)).zip(of_reply),
        request,
        reply,
    })
}

fn reply(cx: &Context, given: &ReplySyntax, around: &Around<'_>) -> Option<Reply> {
    let frames = around.frames;
    let scope = Scope::Message(around);
    match given {
        ReplySyntax::Word(ReplyWord::Closes) => Some(Reply::Closes),
        ReplySyntax::One(one) if is_learned(cx, one) => learned(cx, one, frames, true),
        ReplySyntax::One(one) => Some(Reply::Given(vec![message(cx, frames, scope, one)?])),
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
                    message(cx, frames, scope, one)
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

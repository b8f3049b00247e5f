//! References: what a name in braces stands for, and whether it was surely said before.

use std::sync::Arc;

use harness_wire::{Context as Place, Encoded, Framing, Sender};

use crate::scenario::context::Context;
use crate::scenario::conversation::Side;
use crate::scenario::formula::{Formula, Reference};
use crate::scenario::lower::message::Frames;
use crate::scenario::lower::{Lowered, template};
use crate::scenario::model::{Exchange, Profile, Reply, Role};
use crate::scenario::source::Span;
use crate::scenario::suggest;

/// What bytes may refer to where they stand.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// Nothing: they must be known before anything is said.
    Nothing,
    /// Nothing yet: they stand in a value that has a structure.
    Structured,
    /// What was said before this message of an exchange.
    Message(&'a Around<'a>),
    /// What the profile's exchanges said, as far as they were played, in bytes of this end. Without
    /// a profile nothing is known of them.
    Step(Option<&'a Lowered>, Sender),
    /// The same of a profile that had a mistake, which is told.
    Unsure,
}

impl Scope<'_> {
    /// Where a message that stands here stands in its conversation.
    pub(crate) fn place(&self) -> Place<'_> {
        match self {
            Self::Message(around) if around.replies => Place::reply(around.asked),
            Self::Message(_) => Place::REQUEST,
            Self::Step(_, sender) => Place {
                sender: Some(*sender),
                request: None,
            },
            Self::Nothing | Self::Structured | Self::Unsure => Place::default(),
        }
    }
}

/// What is known around a message of an exchange.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The frames of the profile.
    pub(crate) frames: &'a Frames,
    /// The exchange's name.
    pub(crate) exchange: &'a str,
    /// The framing of its request, for a reply that follows one; `None` for a request.
    pub(crate) request: Option<&'a Arc<dyn Framing>>,
    /// That request, for a reply, as far as it is known.
    pub(crate) asked: Option<&'a Encoded>,
    /// True for a reply.
    pub(crate) replies: bool,
    /// Exchanges that were surely played before, in two parts.
    pub(crate) before: [&'a [Exchange]; 2],
    /// All names of exchanges in the profile.
    pub(crate) declared: &'a [String],
    /// Those that had a mistake, which is told.
    pub(crate) broken: &'a [String],
}

/// What to do where a structured value would have to be computed.
const STRUCTURED: &str = "give the value itself, or the bytes of the whole message in a `raw` frame, where references work";

/// What a name in braces stands for.
pub(crate) fn reference(cx: &Context, scope: Scope<'_>, name: &str, at: Span) -> Option<Formula> {
    if matches!(scope, Scope::Nothing) {
        cx.error_help(
            at,
            format!("`{{{name}}}` has no meaning here: these bytes are needed before a connection"),
            "references work in messages and in the bytes of `send` and `recv`; give the bytes as `hex` if the braces are meant literally",
        );
        return None;
    }
    if matches!(scope, Scope::Structured) {
        template::not_built(
            cx,
            name,
            at,
            "a value with a structure of its own",
            STRUCTURED,
        );
        return None;
    }
    match name {
        "conn" => return Some(Formula::Connection),
        "port" => return Some(Formula::Port),
        "host" => return Some(Formula::Host),
        "path" => return Some(Formula::Path),
        "payload" => {
            cx.error_help(
                at,
                "the reference `{payload}` is not built yet",
                "give the bytes, as `{fill: {text: abc, size: 1KiB}}` or `{file: PATH}`",
            );
            return None;
        }
        _ => {}
    }
    let (exchange, side, field) = match template::parts(name)? {
        ("", Side::Request, field) => match scope {
            Scope::Message(around) if around.replies => (around.exchange, Side::Request, field),
            _ => {
                cx.error_help(
                    at,
                    format!("`{{{name}}}` means the request of the same exchange, and only its reply can repeat it"),
                    "name the exchange, as in `{login.request.user}`",
                );
                return None;
            }
        },
        ("", Side::Reply, field) => {
            cx.error_help(
                at,
                format!("`{{{name}}}` does not say of which exchange"),
                format!("name it, as in `{{challenge.reply.{field}}}`"),
            );
            return None;
        }
        parts => parts,
    };
    let framings = match scope {
        Scope::Message(around) => around.framings(cx, exchange, side, at)?,
        Scope::Step(None, _) | Scope::Unsure => Vec::new(),
        Scope::Step(Some(target), _) if target.profile.role == Role::Client => {
            let mend = "give the bytes themselves";
            template::not_built(cx, name, at, "what is said to a client", mend);
            return None;
        }
        Scope::Step(Some(target), _) => {
            let found = all_of(&target.profile).find(|e| e.name == exchange);
            match found {
                Some(found) => said(cx, found, side, at)?,
                None => {
                    let known: Vec<&String> = all_of(&target.profile).map(|e| &e.name).collect();
                    let error = suggest::unknown_name(cx, "exchange", exchange, at, &known);
                    cx.push(error);
                    return None;
                }
            }
        }
        Scope::Nothing | Scope::Structured => return None,
    };
    let size = sized(cx, &framings, field, at)?;
    Some(Formula::Field(Reference {
        exchange: exchange.to_owned(),
        side,
        field: field.to_owned(),
        size,
    }))
}

/// All exchanges of a profile.
fn all_of(profile: &Profile) -> impl Iterator<Item = &Exchange> {
    let parts = [&profile.opening, &profile.exchanges, &profile.closing];
    parts.into_iter().flatten()
}

impl<'a> Around<'a> {
    /// The framings of the messages that a reference means.
    fn framings(
        &self,
        cx: &Context,
        exchange: &str,
        side: Side,
        at: Span,
    ) -> Option<Vec<&'a dyn Framing>> {
        if exchange == self.exchange && self.replies && side == Side::Request {
            let Some(request) = self.request else {
                cx.error_help(
                    at,
                    format!("the exchange `{exchange}` has no request"),
                    "a greeting is said without one",
                );
                return None;
            };
            return Some(vec![&**request]);
        }
        if let Some(found) = self
            .before
            .iter()
            .copied()
            .flatten()
            .find(|e| e.name == exchange)
        {
            return said(cx, found, side, at);
        }
        if self.broken.iter().any(|b| b == exchange) {
            return None;
        }
        if exchange == self.exchange {
            let words = format!(
                "the {} of `{exchange}` does not come before this message",
                side.word()
            );
            cx.error_help(
                at,
                words,
                "a reply may refer to its own request, as `{request.FIELD}`",
            );
        } else if self.declared.iter().any(|d| d == exchange) {
            cx.error_help(
                at,
                format!(
                    "the {} of `{exchange}` is not sure to come before this message",
                    side.word()
                ),
                "only what stands in `opening`, and above, is played first on every connection",
            );
        } else {
            let known: Vec<&String> = self
                .before
                .iter()
                .copied()
                .flatten()
                .map(|e| &e.name)
                .collect();
            cx.push(suggest::unknown_name(cx, "exchange", exchange, at, &known));
        }
        None
    }
}

/// The framings of what one side says in an exchange.
fn said<'e>(
    cx: &Context,
    exchange: &'e Exchange,
    side: Side,
    at: Span,
) -> Option<Vec<&'e dyn Framing>> {
    let framings: Vec<&dyn Framing> = match (side, &exchange.reply) {
        (Side::Request, _) => exchange.request.iter().map(|m| &*m.framing).collect(),
        (Side::Reply, Reply::Given(all)) => all.iter().map(|m| &*m.framing).collect(),
        (Side::Reply, Reply::Learned { framing, .. }) => vec![&**framing],
        (Side::Reply, Reply::None | Reply::Closes) => Vec::new(),
    };
    if framings.is_empty() {
        cx.error(
            at,
            format!("the exchange `{}` has no {}", exchange.name, side.word()),
        );
        return None;
    }
    Some(framings)
}

/// The size of a field, where it is known. The outer `None`: no message has it.
fn sized(cx: &Context, framings: &[&dyn Framing], field: &str, at: Span) -> Option<Option<usize>> {
    if framings.is_empty() {
        // Without a profile, only the message itself tells its fields.
        return Some(None);
    }
    if let Some(found) = framings.iter().find_map(|framing| framing.field(field)) {
        return Some(found.size);
    }
    let known = framings.iter().flat_map(|framing| framing.layout());
    let known: Vec<String> = known.map(|field| field.name).collect();
    cx.push(suggest::unknown_name(cx, "field", field, at, &known));
    None
}

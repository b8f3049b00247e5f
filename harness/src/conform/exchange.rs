//! The two halves of an exchange, whatever carries them: what is asked, and whether what came is
//! its answer.

use std::borrow::Cow;

use harness_wire::{Context as Place, Encoded, Frame};

use super::context::Context;
use super::mask;
use super::oracle::{Answer, Part};
use crate::quote;
use crate::scenario::conversation::{Belongs, Conversation, Side};
use crate::scenario::formula::Unresolved;
use crate::scenario::model::{Exchange, Reply};
use crate::verdict::{self, Deviation, Received, Stop};

/// A value that cannot be computed: what it follows from did not come.
pub(super) fn unresolved(error: &Unresolved) -> Deviation {
    let expected = "what the message follows from was said before on this connection";
    Deviation::inconclusive(expected, error.to_string())
}

/// The request of an exchange on this connection, and its place among those that bear ids.
///
/// # Errors
/// It cannot be computed.
pub(super) fn request<'p>(
    ctx: &mut Context<'p>,
    said: &mut Conversation,
    part: Part,
    index: usize,
) -> Result<Option<(Cow<'p, Encoded>, usize)>, Deviation> {
    let profile = ctx.profile;
    let Some(exchange) = part.of(profile).get(index) else {
        return Ok(None);
    };
    if ctx.remember {
        said.begin(&exchange.name);
    }
    let Some(message) = &exchange.request else {
        return Ok(None);
    };
    let encoded = message.spoken(said, None).map_err(|e| unresolved(&e))?;
    if part == Part::Exchanges && message.shape().is_none() {
        ctx.shapes.push((index, encoded.clone().into_owned()));
    }
    let place = asked(ctx, said, exchange, &encoded);
    Ok(Some((encoded, place)))
}

fn asked(
    ctx: &Context<'_>,
    said: &mut Conversation,
    exchange: &Exchange,
    encoded: &Encoded,
) -> usize {
    if !ctx.remember {
        return 0;
    }
    said.record(
        &exchange.name,
        Side::Request,
        &encoded.bytes,
        &encoded.fields,
    );
    let id = exchange.id.as_ref().and_then(|(field, _)| {
        let id = said.field(&exchange.name, Side::Request, field);
        id.ok()
    });
    id.map_or(0, |id| said.ask(&exchange.name, id))
}

/// Makes this request the one whose reply is awaited, after others were said too.
pub(super) fn turn_to(
    ctx: &Context<'_>,
    said: &mut Conversation,
    exchange: &Exchange,
    asked: Option<&(Cow<'_, Encoded>, usize)>,
) {
    if let (true, Some((encoded, place))) = (ctx.remember, asked) {
        said.begin(&exchange.name);
        said.record(
            &exchange.name,
            Side::Request,
            &encoded.bytes,
            &encoded.fields,
        );
        said.await_reply(*place);
    }
}

/// Judges what came in reply, and keeps what later messages may refer to, or what it taught.
pub(super) fn judge(
    ctx: &mut Context<'_>,
    said: &mut Conversation,
    (part, index): (Part, usize),
    wanted: Option<&Answer>,
    received: Received,
    frames: Vec<Frame>,
) -> Option<Deviation> {
    let profile = ctx.profile;
    let exchange = part.of(profile).get(index)?;
    let wrong = match wanted {
        None => {
            let name = names(&exchange.reply).next().unwrap_or("datagram");
            verdict::frame(name, &received)
        }
        Some(want) if is_loose(ctx, exchange) => loosely(ctx, exchange, want, &received, &frames),
        Some(want) => verdict::answer(&want.bytes, &received),
    };
    let of_another = exchange.id.as_ref().and_then(|(_, field)| {
        let id = mask::field(&received.bytes, frames.first()?, field)?;
        misplaced(said, field, id)
    });
    let wrong = match (wrong, of_another) {
        (None, None) => None,
        (None, Some((kind, words))) => {
            Some(Deviation::fail(kind, repeated(said), words).getting(&received.bytes))
        }
        (Some(deviation), Some((kind, words))) if deviation.kind == verdict::WRONG => {
            Some(Deviation {
                kind,
                expected: repeated(said).into(),
                actual: words,
                ..deviation
            })
        }
        (wrong, _) => wrong,
    };
    if wrong.is_some() {
        return wrong;
    }
    if ctx.remember {
        let mut rest = &*received.bytes;
        for frame in &frames {
            let (one, others) = rest.split_at(frame.len.min(rest.len()));
            said.record(&exchange.name, Side::Reply, one, &frame.fields);
            rest = others;
        }
    }
    if wanted.is_none() {
        let answer = Answer {
            bytes: received.bytes,
            frames,
        };
        ctx.learned.push((part, index, answer));
    }
    None
}

/// Judges an answer of which some fields may hold anything.
fn loosely(
    ctx: &Context<'_>,
    exchange: &Exchange,
    want: &Answer,
    received: &Received,
    frames: &[Frame],
) -> Option<Deviation> {
    let volatile: Vec<&[String]> = names(&exchange.reply)
        .map(|name| {
            ctx.profile
                .volatile
                .get(name)
                .map_or(&[][..], Vec::as_slice)
        })
        .collect();
    let seen = Received {
        bytes: mask::masked(&received.bytes, frames, want, &volatile),
        stop: received.stop.clone(),
    };
    let deviation = verdict::answer(&want.bytes, &seen)?;
    // What may differ is shown as it came, so that the difference shown is the one meant.
    let came = Answer {
        bytes: received.bytes.clone(),
        frames: frames.to_vec(),
    };
    let shown = mask::masked(&want.bytes, &want.frames, &came, &volatile);
    Some(deviation.wanting(&shown).getting(&received.bytes))
}

/// The frames in which a reply comes, by name.
fn names(reply: &Reply) -> impl Iterator<Item = &str> {
    let (given, learned) = match reply {
        Reply::Given(all) => (all.as_slice(), None),
        Reply::Learned { frame, .. } => (&[][..], Some(frame.as_str())),
        Reply::None | Reply::Closes => (&[][..], None),
    };
    given.iter().map(|m| m.frame.as_str()).chain(learned)
}

/// True where fields of the reply are looked at one by one, so that its bytes alone do not say
/// early that it is wrong.
pub(super) fn is_loose(ctx: &Context<'_>, exchange: &Exchange) -> bool {
    let volatile = &ctx.profile.volatile;
    !volatile.is_empty() && names(&exchange.reply).any(|name| volatile.contains_key(name))
}

fn repeated(said: &Conversation) -> String {
    match said.awaited() {
        Some(asked) => format!(
            "the reply to `{}`, which repeats its id {}",
            asked.exchange,
            quote::bytes(&asked.id)
        ),
        None => "a reply that repeats the id of its request".to_owned(),
    }
}

/// What a reply with an id other than the awaited one is, in a word and in more.
pub(super) fn misplaced(
    said: &Conversation,
    field: &str,
    id: &[u8],
) -> Option<(&'static str, String)> {
    let shown = quote::bytes(id);
    Some(match said.belongs(id) {
        Belongs::Awaited => return None,
        Belongs::Answered(asked) => (
            verdict::DUPLICATE,
            format!(
                "`{field}` is {shown}: the request `{}` has its reply already",
                asked.exchange
            ),
        ),
        Belongs::Later(asked) => (
            verdict::REORDERED,
            format!(
                "`{field}` is {shown}: that of `{}`, which was asked later",
                asked.exchange
            ),
        ),
        Belongs::None => (
            verdict::WRONG_ID,
            format!("`{field}` is {shown}, which no request on this connection has"),
        ),
    })
}

/// The frames of a datagram in reply to `asked`, as far as they can be found.
pub(super) fn frames_of(
    exchange: &Exchange,
    received: &Received,
    asked: Option<&Encoded>,
) -> Vec<Frame> {
    let place = Place::reply(asked);
    let framings = match &exchange.reply {
        Reply::Given(all) => all.iter().map(|m| &m.framing).collect(),
        Reply::Learned { framing, .. } => vec![framing],
        Reply::None | Reply::Closes => Vec::new(),
    };
    let mut frames = Vec::with_capacity(framings.len());
    let mut rest = &*received.bytes;
    for framing in framings.iter().filter(|_| received.stop == Stop::Complete) {
        let (mut decoder, mut frame) = (framing.decoder_for(&place), Frame::default());
        let whole = match decoder.decode(rest, &mut frame) {
            Ok(harness_wire::Progress::Frame) => true,
            Ok(harness_wire::Progress::NeedMore { .. }) => {
                decoder.end(rest, &mut frame).unwrap_or(false)
            }
            Err(_) => false,
        };
        if !whole {
            break;
        }
        rest = rest.get(frame.len..).unwrap_or_default();
        frames.push(frame);
    }
    frames
}

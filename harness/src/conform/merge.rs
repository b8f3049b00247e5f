//! Several requests in one write, and their replies: in the order of the requests, or in any.

use std::borrow::Cow;
use std::time::Instant;

use harness_wire::{Context as Place, Encoded, Frame};

use super::context::Context;
use super::exchange::{judge, misplaced, request, turn_to, unresolved};
use super::frames::FrameReader;
use super::line::Line;
use super::mask;
use super::oracle::{Answer, Part};
use super::play::{Failed, reply, write, write_merged};
use crate::quote;
use crate::scenario::conversation::Belongs;
use crate::scenario::model::{Exchange, Order, Reply};
use crate::verdict::{self, Deviation, Received, Stop};

/// A request that was said, and its exchange.
struct Asked<'p> {
    index: usize,
    exchange: &'p Exchange,
    said: Option<(Cow<'p, Encoded>, usize)>,
}

impl Asked<'_> {
    fn encoded(&self) -> Option<&Encoded> {
        self.said.as_ref().map(|(encoded, _)| &**encoded)
    }

    fn bytes(&self) -> &[u8] {
        self.encoded().map_or(&[], |encoded| &encoded.bytes)
    }
}

/// Several requests in one write, then their answers. `opening` is an exchange of the opening
/// whose message begins that write, and is not answered.
pub(super) fn merged(
    line: &mut Line,
    ctx: &mut Context<'_>,
    opening: Option<usize>,
    exchanges: &[usize],
    half: Option<usize>,
) -> Result<(), Failed> {
    let whole = |deviation| {
        (
            format!("{} requests in one write", exchanges.len()),
            deviation,
        )
    };
    let mut asked = Vec::with_capacity(exchanges.len());
    let mut together = Vec::new();
    if let Some(index) = opening {
        let one = ask(line, ctx, Part::Opening, index).map_err(whole)?;
        together.extend_from_slice(one.bytes());
    }
    for &index in exchanges {
        let one = ask(line, ctx, Part::Exchanges, index).map_err(whole)?;
        together.extend_from_slice(one.bytes());
        asked.push(one);
    }
    let half = half
        .map(|index| ask(line, ctx, Part::Exchanges, index))
        .transpose()
        .map_err(whole)?;
    let mut rest = &[][..];
    if let Some(half) = &half {
        let bytes = half.bytes();
        let (front, back) = bytes.split_at(bytes.len().div_ceil(2));
        together.extend_from_slice(front);
        rest = back;
    }
    write_merged(line, ctx, &together).map_err(whole)?;
    match ctx.profile.order {
        Order::Strict => in_order(line, ctx, &asked)?,
        Order::Any => in_any_order(line, ctx, &asked)?,
    }
    if let Some(half) = &half {
        let name = |deviation| {
            let step = format!(
                "exchange `{}`, of which half was merged",
                half.exchange.name
            );
            (step, deviation)
        };
        let deadline = ctx.by(ctx.deadlines.reply);
        line.prove_consumed(ctx.prover, deadline, &mut ctx.tally);
        write(line, ctx, rest).map_err(name)?;
        turn_to(ctx, &mut line.said, half.exchange, half.said.as_ref());
        reply(line, ctx, Part::Exchanges, half.index, half.encoded()).map_err(name)?;
    }
    Ok(())
}

fn ask<'p>(
    line: &mut Line,
    ctx: &mut Context<'p>,
    part: Part,
    index: usize,
) -> Result<Asked<'p>, Deviation> {
    let said = request(ctx, &mut line.said, part, index)?;
    if let Some((encoded, _)) = &said {
        line.trace.frame_out(encoded.bytes.len(), &encoded.fields);
    }
    Ok(Asked {
        index,
        exchange: &part.of(ctx.profile)[index],
        said,
    })
}

fn named(n: usize, asked: &[Asked<'_>]) -> String {
    let (name, of) = (&asked[n].exchange.name, asked.len());
    format!("answer {} of {of}, exchange `{name}`", n + 1)
}

fn in_order(line: &mut Line, ctx: &mut Context<'_>, asked: &[Asked<'_>]) -> Result<(), Failed> {
    let sent = Instant::now();
    for (n, one) in asked.iter().enumerate() {
        turn_to(ctx, &mut line.said, one.exchange, one.said.as_ref());
        reply(line, ctx, Part::Exchanges, one.index, one.encoded())
            .map_err(|d| (named(n, asked), d))?;
        ctx.latencies.push(sent.elapsed().as_nanos() as u64);
    }
    Ok(())
}

/// A request whose reply has not come in whole.
struct Open {
    /// Its place among the merged ones.
    n: usize,
    /// Messages of the reply that came.
    came: usize,
}

/// Each reply is known by its id, which its frame repeats; all lie in one frame.
fn in_any_order(line: &mut Line, ctx: &mut Context<'_>, asked: &[Asked<'_>]) -> Result<(), Failed> {
    let sent = Instant::now();
    let replies = |one: &Asked<'_>| !matches!(one.exchange.reply, Reply::None | Reply::Closes);
    let mut open: Vec<Open> = (0..asked.len())
        .filter(|n| replies(&asked[*n]))
        .map(|n| Open { n, came: 0 })
        .collect();
    while let Some(first) = open.first().map(|open| open.n) {
        let framing = match &asked[first].exchange.reply {
            Reply::Given(all) => all.first().map(|m| &m.framing),
            Reply::Learned { framing, .. } => Some(framing),
            Reply::None | Reply::Closes => None,
        };
        let (Some(framing), Some((_, field))) = (framing, &asked[first].exchange.id) else {
            break;
        };
        let deadline = ctx.by(ctx.deadlines.reply);
        let mut reader = FrameReader::new(vec![
            framing.decoder_for(&Place::reply(asked[first].encoded())),
        ]);
        let got = line.receive(deadline, ctx.deadlines.linger, &[], |b| {
            reader.read(b, None)
        });
        let frames = reader.traced(line);
        let id = frames
            .first()
            .and_then(|f| mask::field(&got.bytes, f, field));
        let Some(id) = id.filter(|_| got.stop == Stop::Complete) else {
            let step = named(first, asked);
            return Err((step, missing(&got, &open, asked)));
        };
        let of = |open: &Open| asked[open.n].said.as_ref().map(|(_, place)| *place);
        let found = open.iter().position(|one| {
            of(one).is_some_and(|place| {
                line.said.await_reply(place);
                line.said.belongs(id) == Belongs::Awaited
            })
        });
        let Some(found) = found else {
            // Whoever has its reply already is none that comes later.
            line.said.await_reply(usize::MAX);
            let (kind, words) = misplaced(&line.said, field, id)
                .unwrap_or((verdict::STRAY, "a reply too many".to_owned()));
            let wanted = format!("a reply to {}", names(&open, asked));
            let deviation = Deviation::fail(kind, wanted, words).getting(&got.bytes);
            return Err((format!("{} requests in one write", asked.len()), deviation));
        };
        let n = open[found].n;
        one_of(line, ctx, &asked[n], &mut open[found].came, got, frames)
            .map_err(|d| (named(n, asked), d))?;
        let awaited = match &asked[n].exchange.reply {
            Reply::Given(all) => all.len(),
            _ => 1,
        };
        if open[found].came >= awaited {
            open.remove(found);
            ctx.latencies.push(sent.elapsed().as_nanos() as u64);
        }
    }
    Ok(())
}

/// Judges one message of a reply: the one whose turn it is among those of its request.
fn one_of(
    line: &mut Line,
    ctx: &mut Context<'_>,
    asked: &Asked<'_>,
    came: &mut usize,
    got: Received,
    frames: Vec<Frame>,
) -> Result<(), Deviation> {
    turn_to(ctx, &mut line.said, asked.exchange, asked.said.as_ref());
    let oracle = ctx.oracle;
    let all = oracle.answer(
        Part::Exchanges,
        asked.index,
        asked.exchange,
        &mut line.said,
        asked.encoded(),
    );
    let all = all.map_err(|e| unresolved(&e))?;
    let wanted = all.as_deref().map(|all| nth(all, *came));
    *came += 1;
    let at = (Part::Exchanges, asked.index);
    judge(ctx, &mut line.said, at, wanted.as_ref(), got, frames).map_or(Ok(()), Err)
}

/// One message of an answer.
fn nth(answer: &Answer, n: usize) -> Answer {
    let start: usize = answer.frames.iter().take(n).map(|frame| frame.len).sum();
    let frame = answer.frames.get(n).cloned().unwrap_or_default();
    let bytes = answer.bytes.get(start..start + frame.len);
    Answer {
        bytes: bytes.unwrap_or_default().to_vec(),
        frames: vec![frame],
    }
}

fn names(open: &[Open], asked: &[Asked<'_>]) -> String {
    let all: Vec<String> = open
        .iter()
        .map(|open| format!("`{}` (request {})", asked[open.n].exchange.name, open.n + 1))
        .collect();
    all.join(" and ")
}

/// No whole reply came though some are due.
fn missing(got: &Received, open: &[Open], asked: &[Asked<'_>]) -> Deviation {
    let wanted = format!("a reply to {}", names(open, asked));
    let wrong = verdict::frame("", got).unwrap_or_else(|| {
        let words = format!("no id in {}", quote::bytes(&got.bytes));
        Deviation::fail(verdict::WRONG_ID, "", words)
    });
    let some = open.len() < asked.len();
    Deviation {
        kind: match wrong.kind {
            verdict::HANG if some => verdict::MISSING,
            kind => kind,
        },
        expected: wanted.into(),
        ..wrong
    }
}

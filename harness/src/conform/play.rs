//! Plays exchanges of a profile on one connection, under one delivery.

use std::time::{Duration, Instant};

use harness_net::Proof;
use harness_wire::{Context as Place, Decoder, Encoded};

use super::context::Context;
use super::exchange::{frames_of, is_loose, judge, request, unresolved};
use super::frames::FrameReader;
use super::line::{INBOX, Line};
use super::merge::merged;
use super::oracle::Part;
use super::prover::Piece;
use super::serve;
use super::tally::Tally;
use crate::plan::{How, ONE_SEGMENT};
use crate::scenario::model::{Capability, CloseHow, Reply, Role};
use crate::verdict::{self, Deviation, Match, Received, Stop};

/// How long raw bytes must pause before an answer without boundaries counts as whole, in a control
/// exchange.
const QUIET: Duration = Duration::from_millis(50);

/// A deviation and the exchange at which it showed.
pub(crate) type Failed = (String, Deviation);

/// Plays the exchanges with these indices under the context's delivery.
///
/// A delivery that concerns one exchange plays just that one, and another one whole behind it: an
/// answer that is missing, or one too many, shows at the latest there.
pub(crate) fn play(
    line: &mut Line,
    ctx: &mut Context<'_>,
    selection: &[usize],
    all: bool,
) -> Result<(), Failed> {
    if ctx.profile.role == Role::Client {
        return serve::play(line, ctx, selection, all);
    }
    let mut held = None;
    if !std::mem::replace(&mut line.opened, true) {
        let mut opening = 0..ctx.profile.opening.len();
        if let How::Merge { opening: true, .. } = &ctx.delivery.how {
            held = opening.next_back();
        }
        for i in opening {
            exchange(line, ctx, Part::Opening, i, &[])?;
        }
    }
    // What changes the target is not said once more, and each in the order of the control.
    let repeats = ctx.profile.idempotent;
    let reuse = repeats && !ctx.profile.without.contains(&Capability::Reuse);
    match &ctx.delivery.how {
        How::Cut { exchange: at, cuts } if !repeats && selection.contains(at) => {
            for &i in selection {
                let cuts: &[usize] = if i == *at { cuts } else { &[] };
                exchange(line, ctx, Part::Exchanges, i, cuts)?;
                if matches!(ctx.profile.exchanges[i].reply, Reply::Closes) {
                    break;
                }
            }
        }
        How::Cut { exchange: at, cuts } if selection.contains(at) => {
            exchange(line, ctx, Part::Exchanges, *at, cuts)?;
            let ended = matches!(ctx.profile.exchanges[*at].reply, Reply::Closes);
            if reuse && !ended {
                exchange(line, ctx, Part::Exchanges, witness(selection, *at), &[])?;
            }
        }
        How::Merge {
            exchanges, half, ..
        } => {
            merged(line, ctx, held, exchanges, *half)?;
            let last = half.or(exchanges.last().copied());
            if let (true, Some(last)) = (reuse, last) {
                exchange(line, ctx, Part::Exchanges, witness(selection, last), &[])?;
            }
        }
        How::Whole | How::Cut { .. } => {
            for &i in selection {
                exchange(line, ctx, Part::Exchanges, i, &[])?;
                if matches!(ctx.profile.exchanges[i].reply, Reply::Closes) {
                    break;
                }
            }
        }
    }
    if all {
        for i in 0..ctx.profile.closing.len() {
            exchange(line, ctx, Part::Closing, i, &[])?;
        }
    }
    stray(line)
}

/// The exchange behind the one that was cut or merged, so that a shifted answer cannot look right.
fn witness(selection: &[usize], at: usize) -> usize {
    let place = selection.iter().position(|i| *i == at).unwrap_or(0);
    selection
        .get((place + 1) % selection.len())
        .copied()
        .unwrap_or(at)
}

fn stray(line: &mut Line) -> Result<(), Failed> {
    line.pump();
    if line.inbox().is_empty() {
        return Ok(());
    }
    let deviation =
        Deviation::fail(verdict::STRAY, "nothing after the last answer", "").getting(line.inbox());
    Err(("after the last exchange".to_owned(), deviation))
}

fn exchange(
    line: &mut Line,
    ctx: &mut Context<'_>,
    part: Part,
    index: usize,
    cuts: &[usize],
) -> Result<(), Failed> {
    let profile = ctx.profile;
    let Some(exchange) = part.of(profile).get(index) else {
        return Ok(());
    };
    let name = |deviation| (format!("exchange `{}`", exchange.name), deviation);
    let asked = request(ctx, &mut line.said, part, index).map_err(name)?;
    let asked = asked.as_ref().map(|(request, _)| &**request);
    if let Some(request) = asked {
        line.trace.frame_out(request.bytes.len(), &request.fields);
        send_cut(line, ctx, &request.bytes, cuts).map_err(name)?;
        if matches!(exchange.reply, Reply::None) {
            // Nothing else keeps it apart from what is said next.
            let deadline = ctx.by(ctx.deadlines.reply);
            line.prove_consumed(ctx.prover, deadline, &mut Tally::default());
        }
    }
    let sent = Instant::now();
    reply(line, ctx, part, index, asked).map_err(name)?;
    ctx.latencies.push(sent.elapsed().as_nanos() as u64);
    Ok(())
}

/// Writes a message in pieces, each proved to have been read before the next one follows.
pub(super) fn send_cut(
    line: &mut Line,
    ctx: &mut Context<'_>,
    bytes: &[u8],
    cuts: &[usize],
) -> Result<(), Deviation> {
    let mut start = 0;
    let mut proving = true;
    for &cut in cuts {
        let cut = cut.min(bytes.len());
        write(line, ctx, &bytes[start..cut])?;
        start = cut;
        if proving {
            let deadline = ctx.by(ctx.deadlines.reply);
            match line.prove_consumed(ctx.prover, deadline, &mut ctx.tally) {
                Piece::Consumed | Piece::Paced => {}
                // The rest is sent all the same: what the target answers now is what matters.
                Piece::Unread | Piece::Interrupted | Piece::Gone => proving = false,
            }
        } else {
            ctx.tally.missed();
        }
    }
    write(line, ctx, &bytes[start..])
}

pub(super) fn write(line: &mut Line, ctx: &Context<'_>, bytes: &[u8]) -> Result<(), Deviation> {
    match line.write(bytes, ctx.by(ctx.deadlines.reply)) {
        Ok(()) => Ok(()),
        Err(stop) => {
            // What the peer said before it closed is the better explanation.
            line.pump();
            let said = Received {
                bytes: line.inbox().to_vec(),
                stop,
            };
            let expected = format!("the target reads the whole {}", ctx.profile.role.says());
            Err(match verdict::frame("", &said) {
                Some(d) => Deviation {
                    expected: expected.into(),
                    ..d
                },
                None => Deviation::error(expected, "a write failed"),
            })
        }
    }
}

/// One write, shown to wait at the peer in one piece: by exactly one more data segment where it
/// fits one; else, with the target stopped, by its queue.
pub(crate) fn write_merged(
    line: &mut Line,
    ctx: &mut Context<'_>,
    bytes: &[u8],
) -> Result<(), Deviation> {
    if bytes.len() > ONE_SEGMENT && ctx.target.is_started() {
        return write_while_stopped(line, ctx, bytes);
    }
    let before = line.segments();
    write(line, ctx, bytes)?;
    let one = match (before, line.segments()) {
        (Some(before), Some(after)) => {
            line.trace.segments(after - before);
            after == before + 1
        }
        // A Unix stream takes one write as one buffer of the queue (unix(7)).
        _ => ctx.profile.transport == harness_net::Transport::Unix,
    };
    if one {
        ctx.tally.proved(Proof::QueuedTogether);
        line.trace.proved(Proof::QueuedTogether);
    } else {
        ctx.tally.missed();
        line.trace.unproved();
    }
    Ok(())
}

fn write_while_stopped(
    line: &mut Line,
    ctx: &mut Context<'_>,
    bytes: &[u8],
) -> Result<(), Deviation> {
    let deadline = ctx.by(ctx.deadlines.state);
    ctx.target
        .pause(deadline)
        .map_err(|e| Deviation::error("the target can be stopped", e.to_string()))?;
    let written = write(line, ctx, bytes);
    let mut queued = false;
    while written.is_ok() && !queued && Instant::now() < deadline && !ctx.interrupt.is_set() {
        queued = line.all_queued(ctx.prover, bytes.len() as u64);
    }
    let resumed = ctx.target.resume();
    written?;
    resumed.map_err(|e| Deviation::error("the target can be continued", e.to_string()))?;
    if queued {
        ctx.tally.proved(Proof::QueuedTogether);
        line.trace.proved(Proof::QueuedTogether);
    } else {
        ctx.tally.missed();
        line.trace.unproved();
    }
    Ok(())
}

/// Awaits the reply of an exchange to the request that was `asked`.
pub(super) fn reply(
    line: &mut Line,
    ctx: &mut Context<'_>,
    part: Part,
    index: usize,
    asked: Option<&Encoded>,
) -> Result<(), Deviation> {
    let exchange = &part.of(ctx.profile)[index];
    let deadline = ctx.by(ctx.deadlines.reply);
    let linger = ctx.deadlines.linger;
    let framings: Vec<_> = match &exchange.reply {
        Reply::None => return Ok(()),
        Reply::Closes => {
            let (deadline, linger) = (ctx.by(ctx.deadlines.reply), ctx.deadlines.linger);
            let got = line.receive(deadline, linger, &[], |_| Ok(Match::NotYet));
            return verdict::closing(CloseHow::Any, &got).map_or(Ok(()), Err);
        }
        Reply::Given(messages) => messages.iter().map(|m| &m.framing).collect(),
        Reply::Learned { framing, .. } => vec![framing],
    };
    let raw = framings.iter().any(|f| !f.has_boundaries());
    let wanted = ctx
        .oracle
        .answer(part, index, exchange, &mut line.said, asked);
    let wanted = wanted.map_err(|e| unresolved(&e))?;
    let known = wanted.as_ref().map(|answer| &*answer.bytes);
    let place = Place::reply(asked);
    let decoders = framings.iter().map(|f| f.decoder_for(&place));
    let mut frames = FrameReader::new(decoders.collect());
    // Fields that may hold anything say nothing early.
    let early = known.filter(|_| !is_loose(ctx, exchange));
    let mut got = match known {
        Some(want) if raw => line.receive(deadline, linger, &[], |b| Ok(prefix(want, b))),
        None if raw => until_quiet(line, deadline, QUIET),
        _ => line.receive(deadline, linger, &[], |bytes| frames.read(bytes, early)),
    };
    if got.stop == Stop::End && frames.end(&got.bytes) {
        got.stop = Stop::Complete;
    }
    let frames = match raw {
        true => frames_of(exchange, &got, asked),
        false => frames.traced(line),
    };
    let wanted = wanted.as_deref();
    judge(ctx, &mut line.said, (part, index), wanted, got, frames).map_or(Ok(()), Err)
}

/// Receives one message for each of these decoders: those that are known, or whatever comes. `raw`:
/// some of them have no boundaries.
pub(super) fn await_frames(
    line: &mut Line,
    ctx: &Context<'_>,
    decoders: Vec<Box<dyn Decoder>>,
    raw: bool,
    known: Option<&[u8]>,
) -> Received {
    let (deadline, linger) = (ctx.by(ctx.deadlines.reply), ctx.deadlines.linger);
    let mut frames = FrameReader::new(decoders);
    let mut got = match known {
        Some(want) if raw => line.receive(deadline, linger, &[], |b| Ok(prefix(want, b))),
        None if raw => until_quiet(line, deadline, QUIET),
        _ => line.receive(deadline, linger, &[], |bytes| frames.read(bytes, known)),
    };
    if got.stop == Stop::End && frames.end(&got.bytes) {
        got.stop = Stop::Complete;
    }
    frames.traced(line);
    got
}

fn prefix(want: &[u8], got: &[u8]) -> Match {
    if got.len() >= want.len() && got.starts_with(want) {
        Match::Met(want.len())
    } else if want.starts_with(got) {
        Match::NotYet
    } else {
        Match::Never
    }
}

/// An answer without boundaries is whole when it began and then paused, or the stream ended.
pub(super) fn until_quiet(line: &mut Line, deadline: Instant, quiet: Duration) -> Received {
    let mut all = line.receive(deadline, Duration::ZERO, &[], |bytes| {
        Ok(if bytes.is_empty() {
            Match::NotYet
        } else {
            Match::Met(bytes.len())
        })
    });
    while all.stop == Stop::Complete {
        if all.bytes.len() >= INBOX || Instant::now() >= deadline {
            all.stop = Stop::Flood(all.bytes.len());
            break;
        }
        let more = line.receive(Instant::now() + quiet, Duration::ZERO, &[], |bytes| {
            Ok(if bytes.is_empty() {
                Match::NotYet
            } else {
                Match::Met(bytes.len())
            })
        });
        all.bytes.extend_from_slice(&more.bytes);
        match more.stop {
            Stop::Complete => {}
            Stop::Deadline(_) | Stop::End => break,
            stop => all.stop = stop,
        }
    }
    all
}

//! Plays exchanges of a profile on one connection, under one delivery.

use std::time::{Duration, Instant};

use harness_net::Proof;

use super::context::Context;
use super::frames::FrameReader;
use super::line::{INBOX, Line};
use super::oracle::Part;
use super::prover::Piece;
use crate::plan::{How, ONE_SEGMENT};
use crate::scenario::model::{Capability, CloseHow, Exchange, Message, Reply};
use crate::verdict::{self, Deviation, Match, Received, Stop};

/// How long raw bytes must pause before an answer without boundaries counts as whole, in a control
/// exchange.
const QUIET: Duration = Duration::from_millis(50);

/// A deviation and the exchange at which it showed.
pub(super) type Failed = (String, Deviation);

/// Plays the exchanges with these indices under the context's delivery.
///
/// A delivery that concerns one exchange plays just that one, and another one whole behind it: an
/// answer that is missing, or one too many, shows at the latest there.
pub(super) fn play(
    line: &mut Line,
    ctx: &mut Context<'_>,
    selection: &[usize],
    all: bool,
) -> Result<(), Failed> {
    if !line.opened {
        line.opened = true;
        for i in 0..ctx.profile.opening.len() {
            exchange(line, ctx, Part::Opening, i, &[])?;
        }
    }
    let reuse = !ctx.profile.without.contains(&Capability::Reuse);
    match &ctx.delivery.how {
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
            merged(line, ctx, exchanges, *half)?;
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
    let name = || format!("exchange `{}`", exchange.name);
    if let Some(request) = &exchange.request {
        line.trace
            .frame_out(request.encoded.bytes.len(), &request.encoded.fields);
        send_cut(line, ctx, request, cuts).map_err(|d| (name(), d))?;
    }
    let sent = Instant::now();
    reply(line, ctx, part, index, exchange).map_err(|d| (name(), d))?;
    ctx.latencies.push(sent.elapsed().as_nanos() as u64);
    Ok(())
}

/// Writes a message in pieces, each proved to have been read before the next one follows.
fn send_cut(
    line: &mut Line,
    ctx: &mut Context<'_>,
    message: &Message,
    cuts: &[usize],
) -> Result<(), Deviation> {
    let bytes = &message.encoded.bytes;
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

fn write(line: &mut Line, ctx: &Context<'_>, bytes: &[u8]) -> Result<(), Deviation> {
    match line.write(bytes, ctx.by(ctx.deadlines.reply)) {
        Ok(()) => Ok(()),
        Err(stop) => {
            // What the peer said before it closed is the better explanation.
            line.pump();
            let said = Received {
                bytes: line.inbox().to_vec(),
                stop,
            };
            let expected = "the target reads the whole request";
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

/// Several requests in one write, then their answers in order.
fn merged(
    line: &mut Line,
    ctx: &mut Context<'_>,
    exchanges: &[usize],
    half: Option<usize>,
) -> Result<(), Failed> {
    let requests = |i: &usize| ctx.profile.exchanges[*i].request.as_ref();
    let mut together = Vec::new();
    for request in exchanges.iter().filter_map(requests) {
        together.extend_from_slice(&request.encoded.bytes);
        line.trace
            .frame_out(request.encoded.bytes.len(), &request.encoded.fields);
    }
    let mut rest = &[][..];
    if let Some(request) = half.as_ref().and_then(requests) {
        let (front, back) = request
            .encoded
            .bytes
            .split_at(request.encoded.bytes.len().div_ceil(2));
        together.extend_from_slice(front);
        rest = back;
        line.trace
            .frame_out(request.encoded.bytes.len(), &request.encoded.fields);
    }
    let whole = || format!("{} requests in one write", exchanges.len());
    write_merged(line, ctx, &together).map_err(|d| (whole(), d))?;
    let sent = Instant::now();
    for (n, &i) in exchanges.iter().enumerate() {
        let exchange = &ctx.profile.exchanges[i];
        let name = || {
            format!(
                "answer {} of {}, exchange `{}`",
                n + 1,
                exchanges.len(),
                exchange.name
            )
        };
        reply(line, ctx, Part::Exchanges, i, exchange).map_err(|d| (name(), d))?;
        ctx.latencies.push(sent.elapsed().as_nanos() as u64);
    }
    if let Some(i) = half {
        let exchange = &ctx.profile.exchanges[i];
        let name = || format!("exchange `{}`, of which half was merged", exchange.name);
        let deadline = ctx.by(ctx.deadlines.reply);
        line.prove_consumed(ctx.prover, deadline, &mut ctx.tally);
        write(line, ctx, rest).map_err(|d| (name(), d))?;
        reply(line, ctx, Part::Exchanges, i, exchange).map_err(|d| (name(), d))?;
    }
    Ok(())
}

/// One write, shown to wait at the peer in one piece: by exactly one more data segment where it
/// fits one; else, with the target stopped, by its queue.
pub(super) fn write_merged(
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

fn reply(
    line: &mut Line,
    ctx: &mut Context<'_>,
    part: Part,
    index: usize,
    exchange: &Exchange,
) -> Result<(), Deviation> {
    let deadline = ctx.by(ctx.deadlines.reply);
    let linger = ctx.deadlines.linger;
    let (decoders, raw, frame) = match &exchange.reply {
        Reply::None => return Ok(()),
        Reply::Closes => {
            let got = line.receive(deadline, linger, &[], |_| Ok(Match::NotYet));
            return verdict::closing(CloseHow::Any, &got).map_or(Ok(()), Err);
        }
        Reply::Given(messages) => {
            let decoders = messages.iter().map(|m| m.framing.decoder()).collect();
            let raw = messages.iter().any(|m| !m.framing.has_boundaries());
            (decoders, raw, exchange.name.as_str())
        }
        Reply::Learned { frame, framing } => {
            let raw = !framing.has_boundaries();
            (vec![framing.decoder()], raw, frame.as_str())
        }
    };
    let known = ctx.oracle.answer(part, index);
    let mut frames = FrameReader::new(decoders);
    let got = match known {
        Some(want) if raw => line.receive(deadline, linger, &[], |b| Ok(prefix(want, b))),
        None if raw => until_quiet(line, deadline, QUIET),
        _ => line.receive(deadline, linger, &[], |bytes| frames.read(bytes, known)),
    };
    frames.trace(line);
    let wrong = match known {
        Some(want) => verdict::answer(want, &got),
        None => verdict::frame(frame, &got),
    };
    match wrong {
        Some(deviation) => Err(deviation),
        None => {
            if known.is_none() {
                ctx.learned.push((part, index, got.bytes));
            }
            Ok(())
        }
    }
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

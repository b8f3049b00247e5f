//! Plays exchanges of a profile as the server of a client under test: each request is read and
//! checked, and the replies reach the client under one delivery.

use std::time::Instant;

use harness_wire::{Context as Place, Encoded};

use super::context::Context;
use super::line::Line;
use super::oracle::Part;
use super::play::{Failed, await_frames, send_cut, write, write_merged};
use crate::plan::How;
use crate::scenario::model::{Exchange, Message, Reply, Role};
use crate::verdict::{self, Deviation};

/// Plays the exchanges with these indices, in order: a client has one conversation, so that none of
/// it can be left out.
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
    let delivery = ctx.delivery;
    let mut rest = selection;
    while let Some((&i, after)) = rest.split_first() {
        rest = after;
        match &delivery.how {
            How::Merge {
                exchanges, half, ..
            } if exchanges.first() == Some(&i) => {
                merged(line, ctx, exchanges, *half)?;
                let done = exchanges.len() - 1 + usize::from(half.is_some());
                rest = after.get(done..).unwrap_or_default();
            }
            How::Cut { exchange: at, cuts } if *at == i => {
                exchange(line, ctx, Part::Exchanges, i, cuts)?;
            }
            _ => exchange(line, ctx, Part::Exchanges, i, &[])?,
        }
        if matches!(ctx.profile.exchanges[i].reply, Reply::Closes) {
            break;
        }
    }
    if all {
        for i in 0..ctx.profile.closing.len() {
            exchange(line, ctx, Part::Closing, i, &[])?;
        }
    }
    Ok(())
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
    request(line, ctx, exchange).map_err(|d| (name(), d))?;
    if matches!(exchange.reply, Reply::Closes) {
        // A client that has closed already needs no FIN.
        let _ = line.shutdown();
    }
    frames_out(line, exchange);
    match exchange.sent(Role::Client) {
        Some(sent) => send_cut(line, ctx, &sent.bytes, cuts).map_err(|d| (name(), d)),
        None => Ok(()),
    }
}

/// Reads the request of an exchange, which must be the one that the profile gives.
fn request(line: &mut Line, ctx: &mut Context<'_>, exchange: &Exchange) -> Result<(), Deviation> {
    let Some(request) = &exchange.request else {
        return Ok(());
    };
    let began = Instant::now();
    // Where a frame says where it ends, it may be written in another way than ours.
    let raw = !request.framing.has_boundaries();
    let whole = request.fixed().map(|encoded| encoded.bytes.as_slice());
    let known = whole.filter(|_| raw);
    let decoder = request.framing.decoder_for(&Place::REQUEST);
    let got = await_frames(line, ctx, vec![decoder], raw, known);
    verdict::request(request, &got).map_or(Ok(()), Err)?;
    ctx.latencies.push(began.elapsed().as_nanos() as u64);
    Ok(())
}

fn frames_out(line: &mut Line, exchange: &Exchange) {
    if let Reply::Given(messages) = &exchange.reply {
        for Encoded { bytes, fields } in messages.iter().filter_map(Message::fixed) {
            line.trace.frame_out(bytes.len(), fields);
        }
    }
}

/// Several replies in one write, once all their requests are there.
fn merged(
    line: &mut Line,
    ctx: &mut Context<'_>,
    exchanges: &[usize],
    half: Option<usize>,
) -> Result<(), Failed> {
    let profile = ctx.profile;
    let mut together = Vec::new();
    let mut rest = Vec::new();
    for (n, &i) in exchanges.iter().chain(&half).enumerate() {
        let exchange = &profile.exchanges[i];
        let name = || format!("exchange `{}`", exchange.name);
        request(line, ctx, exchange).map_err(|d| {
            let waits = n > 0 && d.kind == verdict::HANG;
            (name(), if waits { not_pipelined(&d) } else { d })
        })?;
        frames_out(line, exchange);
        let Some(sent) = exchange.sent(Role::Client) else {
            continue;
        };
        let whole = n < exchanges.len();
        let front = if whole {
            sent.bytes.len()
        } else {
            sent.bytes.len().div_ceil(2)
        };
        together.extend_from_slice(&sent.bytes[..front]);
        rest.extend_from_slice(&sent.bytes[front..]);
    }
    let name = || format!("{} replies in one write", exchanges.len());
    write_merged(line, ctx, &together).map_err(|d| (name(), d))?;
    if !rest.is_empty() {
        let deadline = ctx.by(ctx.deadlines.reply);
        line.prove_consumed(ctx.prover, deadline, &mut ctx.tally);
        write(line, ctx, &rest).map_err(|d| (name(), d))?;
    }
    Ok(())
}

/// A client that waits for each reply before its next request cannot be sent two at once.
fn not_pipelined(hang: &Deviation) -> Deviation {
    Deviation::inconclusive(
        "the client sends its next request before the last one was answered",
        format!(
            "{}; if it never does, say `without: [pipelining]` in its profile",
            hang.actual
        ),
    )
}

//! The steps that move bytes on a stream, and those that judge how it closed.

use std::time::Duration;

use super::context::Context;
use super::line::Line;
use super::play;
use crate::scenario::model::{Builtin, CloseHow, Origin, RecvExpect, SendData};
use crate::verdict::{self, Deviation, Match, Received, Stop};

/// The inner error is the errno name of a write that failed, which the scenario may expect.
pub(super) fn send(
    line: &mut Line,
    ctx: &mut Context<'_>,
    data: &SendData,
) -> Result<Result<(), String>, Deviation> {
    line.segments_mark = line.segments().unwrap_or(0);
    let deadline = ctx.by(ctx.deadlines.reply);
    let written = match data {
        SendData::Whole(bytes) => line.write(bytes, deadline),
        SendData::Vectored(parts) => {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            line.write_vectored(&parts, deadline)
        }
        SendData::Writes { parts, more } => {
            let last = parts.len().saturating_sub(1);
            parts.iter().enumerate().try_for_each(|(i, part)| {
                if *more && i < last {
                    line.write_more(part, deadline)
                } else {
                    line.write(part, deadline)
                }
            })
        }
        SendData::Merged(parts) => {
            play::write_merged(line, ctx, &parts.concat())?;
            Ok(())
        }
        // Streams are refused it: only datagrams have a sender each.
        SendData::Stranger(_) => Ok(()),
        SendData::Parts(parts) => parts.iter().try_for_each(|part| {
            line.write(part, deadline)?;
            line.prove_consumed(ctx.prover, deadline, &mut ctx.tally);
            Ok(())
        }),
    };
    if let Some(now) = line.segments() {
        line.trace.segments(now);
    }
    Ok(written.map_err(|stop| match stop {
        Stop::Error(name) => name,
        other => verdict::then(&other),
    }))
}

pub(super) fn recv(
    line: &mut Line,
    ctx: &mut Context<'_>,
    expect: &RecvExpect,
    sizes: &[usize],
    wait: Duration,
) -> Result<(), Deviation> {
    if let RecvExpect::Reads(wanted) = expect {
        return recv_reads(line, ctx, wanted, sizes, wait);
    }
    let wait = if let RecvExpect::Nothing(d) = expect {
        *d
    } else {
        wait
    };
    let got = line.receive(ctx.by(wait), ctx.deadlines.linger, sizes, |bytes| {
        Ok(verdict::matches(expect, bytes))
    });
    told_reads(line, ctx, &got);
    let met = match expect {
        RecvExpect::Nothing(_) => got.bytes.is_empty(),
        _ => {
            got.stop == Stop::Complete
                && matches!(verdict::matches(expect, &got.bytes), Match::Met(_))
        }
    };
    if met {
        Ok(())
    } else {
        Err(verdict::unmet(expect, &got))
    }
}

/// The `reads` reference server tells how its reads went: that belongs into the diagram.
fn told_reads(line: &mut Line, ctx: &Context<'_>, got: &Received) {
    let recorder =
        matches!(&ctx.profile.origin, Origin::Builtin(Builtin { server, .. }) if server == "reads");
    if !recorder {
        return;
    }
    let text = String::from_utf8_lossy(&got.bytes);
    let sizes: Option<Vec<u64>> = text.lines().map(|l| l.parse().ok()).collect();
    if let Some(sizes) = sizes {
        line.trace.peer_reads(sizes);
    }
}

/// Single reads with buffers of given sizes, each of which must return exactly what is wanted.
fn recv_reads(
    line: &mut Line,
    ctx: &Context<'_>,
    wanted: &[Vec<u8>],
    sizes: &[usize],
    wait: Duration,
) -> Result<(), Deviation> {
    if !line.inbox().is_empty() {
        let rest = crate::quote::bytes(line.inbox());
        return Err(Deviation::error(
            "reads of this step alone",
            format!("an earlier step read {rest} too"),
        ));
    }
    for (i, want) in wanted.iter().enumerate() {
        let size = sizes.get(i).or(sizes.last()).copied().unwrap_or(64 << 10);
        let mut taken = false;
        let got = line.receive(ctx.by(wait), Duration::ZERO, &[size], |bytes| {
            taken = !bytes.is_empty();
            Ok(if taken {
                Match::Met(bytes.len())
            } else {
                Match::NotYet
            })
        });
        if let Some(deviation) = verdict::answer(want, &got) {
            let expected = format!("read {} returns all of this", i + 1);
            return Err(Deviation {
                expected: expected.into(),
                ..deviation
            });
        }
    }
    Ok(())
}

pub(super) fn closed(
    line: &mut Line,
    ctx: &Context<'_>,
    how: CloseHow,
    wait: Duration,
) -> Result<(), Deviation> {
    let got = line.receive(ctx.by(wait), Duration::ZERO, &[], |_| Ok(Match::NotYet));
    verdict::closing(how, &got).map_or(Ok(()), Err)
}

/// Compares what a call answered with the error that it should have given.
pub(super) fn must(
    done: Result<(), String>,
    error: Option<&str>,
    what: &str,
) -> Result<(), Deviation> {
    match (done, error) {
        (Ok(()), None) => Ok(()),
        (Err(name), Some(want)) if name == want => Ok(()),
        (Err(name), None) => Err(Deviation::fail(verdict::FAILED, what, name)),
        (Err(name), Some(want)) => Err(Deviation::fail("wrong error", want, name)),
        (Ok(()), Some(want)) => Err(Deviation::fail("no error", want, "success")),
    }
}

//! How a `recv` is carried out: until it is met, or never will be.

use std::time::Duration;

use super::{Recv, RecvExpect};
use crate::conform::{Conn, Context, Line, Scene, recv_on_flow};
use crate::scenario::model::{Builtin, Origin};
use crate::step::act::{Act, Halt};
use crate::verdict::{self, Deviation, Match, Received, Stop};

impl Act for Recv {
    fn words(&self) -> String {
        format!("recv on {}", self.on)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let Self {
            on,
            expect,
            formulas,
            reads,
            truncated,
            within,
        } = self;
        let wait = within.unwrap_or(ctx.deadlines.reply);
        let sent = scene.sent;
        let conn = scene.conn(on)?;
        let expect = conn.fill(expect, formulas)?;
        match conn {
            Conn::Line(line) => recv(line, ctx, &expect, reads, wait)?,
            Conn::Flow(flow) => {
                recv_on_flow(flow, ctx, &expect, reads.first().copied(), *truncated, wait)?;
            }
        }
        if let (Some(sent), false) = (sent, matches!(*expect, RecvExpect::Nothing(_))) {
            ctx.latencies.push(sent.elapsed().as_nanos() as u64);
        }
        Ok(())
    }
}

fn recv(
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
        RecvExpect::Error(name) => got.bytes.is_empty() && got.stop == Stop::Error(name.clone()),
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

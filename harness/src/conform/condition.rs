//! Conditions that can be seen to hold: port states, segments, queues, ratios, the target's life.

use std::time::{Duration, Instant};

use harness_net::port_states;

use super::context::Context;
use super::steps::{Conn, Scene};
use crate::scenario::model::{Comparison, Condition};
use crate::verdict;

/// The window over which a target's CPU time is measured.
const IDLE_WINDOW: Duration = Duration::from_millis(50);
/// The share of one core above which a target without work is not idle.
const IDLE_SHARE: f64 = 0.2;
/// Between two looks at something that no event announces.
const LOOK: Duration = Duration::from_micros(200);

/// Looks until the condition holds.
///
/// # Errors
/// What was seen at the deadline instead.
pub(super) fn await_it(
    scene: &mut Scene,
    ctx: &mut Context<'_>,
    condition: &Condition,
) -> Result<(), String> {
    let deadline = ctx.by(ctx.deadlines.state);
    loop {
        let seen = look(scene, ctx, condition)?;
        match seen {
            Seen::Holds => return Ok(()),
            // It cannot change any more: waiting would be for nothing.
            Seen::Final(what) => return Err(what),
            Seen::Not(what) if Instant::now() >= deadline || ctx.interrupt.is_set() => {
                return Err(what);
            }
            Seen::Not(_) => std::thread::sleep(LOOK),
        }
    }
}

enum Seen {
    Holds,
    Not(String),
    Final(String),
}

fn look(scene: &mut Scene, ctx: &mut Context<'_>, condition: &Condition) -> Result<Seen, String> {
    Ok(match condition {
        Condition::PortState { state } => {
            let port = ctx
                .target
                .endpoint()
                .port()
                .ok_or("a Unix socket has no port")?;
            let all =
                port_states(port).map_err(|e| format!("the socket table cannot be read: {e}"))?;
            if all.iter().any(|(seen, ..)| seen == state) {
                Seen::Holds
            } else {
                let names: Vec<_> = all.iter().map(|(seen, ..)| seen.name()).collect();
                let names = if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                };
                Seen::Not(format!("states of port {port}: {names}"))
            }
        }
        Condition::Segments { on, is } => {
            let line = stream(scene, on)?;
            let now = line
                .segments()
                .ok_or("this system does not count segments")?;
            bounded(
                *is,
                now.saturating_sub(line.segments_mark) as f64,
                "segments",
            )
        }
        Condition::PeerQueue { on, is } => {
            let line = stream(scene, on)?;
            let queue = line.peer_queue(ctx.prover).ok_or_else(|| {
                let why = ctx
                    .prover
                    .unavailable()
                    .unwrap_or("the peer's socket is gone");
                format!("the peer's queue cannot be seen: {why}")
            })?;
            bounded(*is, queue as f64, "bytes unread at the peer")
        }
        Condition::OwnQueue { on, is } => {
            let queues = match scene.conns.get(on) {
                Some(Conn::Line(line)) => line.stream().queues(),
                Some(Conn::Flow(flow)) => flow.socket().queues(),
                None => return Err(format!("the connection `{on}` is closed")),
            };
            let queues = queues.map_err(|e| e.to_string())?;
            bounded(*is, queues.unread as f64, "bytes unread here")
        }
        Condition::Unsent { on, is } => {
            let queues = stream(scene, on)?
                .stream()
                .queues()
                .map_err(|e| e.to_string())?;
            bounded(*is, queues.unsent as f64, "bytes unsent here")
        }
        Condition::Ratio { of, to, is } => {
            let (Some(a), Some(b)) = (scene.timed.get(of), scene.timed.get(to)) else {
                return Err(format!("`{of}` or `{to}` was not timed"));
            };
            let ratio = a.as_secs_f64() / b.as_secs_f64().max(1e-9);
            let (a, b) = (verdict::time(*a), verdict::time(*b));
            if verdict::holds(*is, ratio) {
                ctx.notes
                    .push(format!("`{of}` took {a}, `{to}` {b}: {ratio:.1} times"));
                Seen::Holds
            } else {
                Seen::Final(format!("{ratio:.2}: `{of}` took {a}, `{to}` {b}"))
            }
        }
        Condition::TargetAlive => match ctx.target.exited() {
            None => Seen::Holds,
            Some(exit) => Seen::Final(format!("the target ended with {exit}")),
        },
        Condition::TargetIdle => idle(ctx)?,
        Condition::NoZombies => match ctx.target.zombies() {
            None => return Err("the processes of this target cannot be seen".to_owned()),
            Some(0) => Seen::Holds,
            Some(n) => Seen::Not(format!("{n} processes ended and were not waited for")),
        },
        Condition::PeerIsTarget { on } => {
            let cred = match scene.conns.get(on) {
                Some(Conn::Line(line)) => line.stream().peer_cred(),
                Some(Conn::Flow(flow)) => flow.socket().peer_cred(),
                None => return Err(format!("the connection `{on}` is closed")),
            };
            match cred {
                None => return Err("this system does not tell who the peer is".to_owned()),
                Some(cred) if ctx.target.has_process(cred.pid) => Seen::Holds,
                Some(cred) => Seen::Final(format!(
                    "process {} of user {} and group {}",
                    cred.pid, cred.uid, cred.gid
                )),
            }
        }
    })
}

fn idle(ctx: &Context<'_>) -> Result<Seen, String> {
    let ended = |exit| Seen::Final(format!("the target ended with {exit}"));
    if let Some(exit) = ctx.target.exited() {
        return Ok(ended(exit));
    }
    let cpu = || {
        ctx.target
            .cpu_time()
            .ok_or("the CPU time of this target cannot be seen")
    };
    let (began, before) = (Instant::now(), cpu()?);
    // The window is the measurement: CPU time has no meaning but over a time.
    std::thread::sleep(IDLE_WINDOW);
    let after = cpu();
    if let Some(exit) = ctx.target.exited() {
        return Ok(ended(exit));
    }
    let share = after?.saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64();
    if share >= IDLE_SHARE {
        return Ok(Seen::Not(format!(
            "it uses {:.0} % of a core",
            share * 100.0
        )));
    }
    // On a busy machine a thread can be starved instead of idle. All asleep: what happened before,
    // such as a client's RST, is dealt with.
    Ok(match ctx.target.is_blocked() {
        Some(false) => Seen::Not("a thread of it is about to run".to_owned()),
        Some(true) | None => Seen::Holds,
    })
}

fn stream<'a>(scene: &'a mut Scene, on: &str) -> Result<&'a mut super::line::Line, String> {
    match scene.conns.get_mut(on) {
        Some(Conn::Line(line)) => Ok(line),
        Some(Conn::Flow(_)) => Err(format!("`{on}` is no stream")),
        None => Err(format!("the connection `{on}` is closed")),
    }
}

fn bounded(is: Comparison, value: f64, what: &str) -> Seen {
    if verdict::holds(is, value) {
        Seen::Holds
    } else {
        Seen::Not(format!("{value} {what}"))
    }
}

/// A condition in words, for reports.
pub(super) fn words(condition: &Condition) -> String {
    match condition {
        Condition::PortState { state } => format!("the target's port in {state}"),
        Condition::Segments { on, is } => format!("segments sent on {on} {}", verdict::bound(*is)),
        Condition::PeerQueue { on, is } => {
            format!("bytes unread at the peer of {on} {}", verdict::bound(*is))
        }
        Condition::OwnQueue { on, is } => format!("bytes unread on {on} {}", verdict::bound(*is)),
        Condition::Unsent { on, is } => format!("bytes unsent on {on} {}", verdict::bound(*is)),
        Condition::Ratio { of, to, is } => {
            format!("time of `{of}` over `{to}` {}", verdict::bound(*is))
        }
        Condition::TargetAlive => "the target is alive".to_owned(),
        Condition::TargetIdle => "the target is idle".to_owned(),
        Condition::NoZombies => "no process of the target is a zombie".to_owned(),
        Condition::PeerIsTarget { on } => format!("the peer of {on} is the target"),
    }
}

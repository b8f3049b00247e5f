//! Carries out the steps of a case, one after the other, on its named connections.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use harness_net::{Exit, NetError, SocketOptions, Transport};

use super::condition;
use super::context::Context;
use super::datagram::{self, Flow};
use super::line::Line;
use super::play;
use super::trace::Trace;
use super::transfer::{closed, must, recv, send};
use crate::plan::How;
use crate::scenario::model::{RecvExpect, Step, StepKind};
use crate::target::{Second, TargetError};
use crate::verdict::{self, Deviation, Match, Stop};

/// A connection of a case.
pub(super) enum Conn {
    /// TCP or Unix stream.
    Line(Box<Line>),
    /// UDP, Unix datagrams, Unix seqpacket.
    Flow(Box<Flow>),
}

/// The connections of a case and what its steps measured.
#[derive(Default)]
pub(super) struct Scene {
    /// Open connections by name.
    pub conns: BTreeMap<String, Conn>,
    /// Connections that were closed, as they went.
    pub closed: Vec<Trace>,
    /// Durations of `timed` blocks.
    pub timed: BTreeMap<String, Duration>,
    /// Effective options of the first connection.
    pub options: Vec<(&'static str, String)>,
    /// When the last send ended.
    sent: Option<Instant>,
}

/// A step that was not as expected.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    /// The step, in words.
    pub step: Box<str>,
    /// Its line in the scenario file.
    pub line: u32,
    /// What was not as expected.
    pub deviation: Deviation,
}

/// Carries out steps until one is not as expected.
///
/// # Errors
/// That step.
pub(super) fn run(scene: &mut Scene, ctx: &mut Context<'_>, steps: &[Step]) -> Result<(), Failed> {
    for step in steps {
        match &step.kind {
            StepKind::Repeat { times, steps } => {
                for _ in 0..*times {
                    run(scene, ctx, steps)?;
                }
            }
            StepKind::Timed { name, steps } => {
                let began = Instant::now();
                run(scene, ctx, steps)?;
                *scene.timed.entry(name.clone()).or_default() += began.elapsed();
            }
            kind => {
                let done = one(scene, ctx, kind);
                let interrupted = ctx.interrupt.is_set();
                let failed = |(step_words, deviation): play::Failed| Failed {
                    step: step_words.into(),
                    line: step.at.line,
                    deviation: if interrupted && cut_short(&deviation) {
                        interruption()
                    } else {
                        deviation
                    },
                };
                done.map_err(failed)?;
            }
        }
        if ctx.interrupt.is_set() {
            return Err(Failed {
                step: words(&step.kind).into(),
                line: step.at.line,
                deviation: interruption(),
            });
        }
    }
    Ok(())
}

fn interruption() -> Deviation {
    Deviation::inconclusive(
        "the step is carried out",
        "the run was interrupted, or its budget was used up",
    )
}

/// True for what may have been seen only because the run was interrupted: waits end early then.
fn cut_short(deviation: &Deviation) -> bool {
    use verdict::{CLOSED, FLOOD, INVALID, STRAY, WRONG};
    ![CLOSED, FLOOD, INVALID, STRAY, WRONG].contains(&deviation.kind)
}

fn one(scene: &mut Scene, ctx: &mut Context<'_>, kind: &StepKind) -> Result<(), play::Failed> {
    if let StepKind::Play { exchanges, on } = kind {
        return play_on(scene, ctx, exchanges.as_deref(), on);
    }
    plain(scene, ctx, kind).map_err(|deviation| (words(kind), deviation))
}

fn play_on(
    scene: &mut Scene,
    ctx: &mut Context<'_>,
    names: Option<&[String]>,
    on: &str,
) -> Result<(), play::Failed> {
    let all = names.is_none();
    let selection: Vec<usize> = match names {
        None => (0..ctx.profile.exchanges.len()).collect(),
        Some(names) => names
            .iter()
            .filter_map(|n| ctx.profile.exchanges.iter().position(|e| &e.name == n))
            .collect(),
    };
    if !scene.conns.contains_key(on) {
        connect(scene, ctx, on, &SocketOptions::default()).map_err(|e| {
            let deviation = Deviation::fail(verdict::NOT_REACHED, "a connection", e.to_string());
            (format!("connect {on}"), deviation)
        })?;
    }
    match scene.conns.get_mut(on) {
        Some(Conn::Line(line)) => play::play(line, ctx, &selection, all),
        Some(Conn::Flow(flow)) => datagram::play(flow, ctx, &selection),
        None => Ok(()),
    }
}

fn plain(scene: &mut Scene, ctx: &mut Context<'_>, kind: &StepKind) -> Result<(), Deviation> {
    match kind {
        StepKind::Connect {
            name,
            options,
            error,
        } => {
            let connected = connect(scene, ctx, name, options);
            must(
                connected.map_err(|e| e.name().to_owned()),
                error.as_deref(),
                "a connection",
            )
        }
        StepKind::Send { on, data, error } => {
            let sent = match conn(scene, on)? {
                Conn::Line(line) => send(line, ctx, data)?,
                Conn::Flow(flow) => datagram::send(flow, ctx, data),
            };
            scene.sent = Some(Instant::now());
            must(sent, error.as_deref(), "the bytes are taken")
        }
        StepKind::Recv {
            on,
            expect,
            reads,
            truncated,
            within,
        } => {
            let wait = within.unwrap_or(ctx.deadlines.reply);
            let sent = scene.sent;
            match conn(scene, on)? {
                Conn::Line(line) => recv(line, ctx, expect, reads, wait)?,
                Conn::Flow(flow) => {
                    datagram::recv(flow, ctx, expect, reads.first().copied(), *truncated, wait)?;
                }
            }
            if let (Some(sent), false) = (sent, matches!(expect, RecvExpect::Nothing(_))) {
                ctx.latencies.push(sent.elapsed().as_nanos() as u64);
            }
            Ok(())
        }
        StepKind::Silence { on, duration } => match conn(scene, on)? {
            Conn::Line(line) => {
                let deadline = Instant::now() + *duration;
                let got = line.receive(deadline, Duration::ZERO, &[], |bytes| {
                    Ok(if bytes.is_empty() {
                        Match::NotYet
                    } else {
                        Match::Met(bytes.len())
                    })
                });
                match got.stop {
                    Stop::Deadline(_) if got.bytes.is_empty() => Ok(()),
                    Stop::Complete => {
                        let wanted = verdict::wanted(&RecvExpect::Nothing(*duration));
                        Err(Deviation::fail(verdict::STRAY, wanted, "").getting(&got.bytes))
                    }
                    stop => Err(Deviation::fail(
                        verdict::CLOSED,
                        format!(
                            "an open, silent connection for {}",
                            verdict::time(*duration)
                        ),
                        verdict::then(&stop),
                    )),
                }
            }
            Conn::Flow(flow) => datagram::recv(
                flow,
                ctx,
                &RecvExpect::Nothing(*duration),
                None,
                None,
                *duration,
            ),
        },
        StepKind::Shutdown { on } => match conn(scene, on)? {
            Conn::Line(line) => must(
                line.shutdown().map_err(|e| e.name().to_owned()),
                None,
                "FIN is sent",
            ),
            Conn::Flow(flow) => must(datagram::shutdown(flow), None, "the end is sent"),
        },
        StepKind::Close { on } => take(scene, on, Line::close),
        StepKind::Reset { on } => take(scene, on, Line::reset),
        StepKind::Closed { on, how, within } => {
            let wait = within.unwrap_or(ctx.deadlines.reply);
            match conn(scene, on)? {
                Conn::Line(line) => closed(line, ctx, *how, wait),
                Conn::Flow(flow) => datagram::closed(flow, ctx, *how, wait),
            }
        }
        StepKind::Set { on, options } => {
            let set = match conn(scene, on)? {
                Conn::Line(line) => line.stream().set(options),
                Conn::Flow(flow) => flow.socket().set(options),
            };
            set.map_err(|e| Deviation::error("the options are set", e.to_string()))
        }
        StepKind::Require(c) => condition::await_it(scene, ctx, c)
            .map_err(|actual| Deviation::inconclusive(condition::words(c), actual)),
        StepKind::Expect(c) => condition::await_it(scene, ctx, c)
            .map_err(|actual| Deviation::fail("condition", condition::words(c), actual)),
        _ => on_target(ctx, kind),
    }
}

fn on_target(ctx: &mut Context<'_>, kind: &StepKind) -> Result<(), Deviation> {
    let deadline = ctx.by(ctx.deadlines.state);
    let done = match kind {
        StepKind::PauseTarget => ctx.target.pause(deadline),
        StepKind::ResumeTarget => ctx.target.resume(),
        StepKind::StopTarget { kill } => match ctx.target.stop(*kill) {
            Ok(true) => {
                let want = "the target ends on SIGTERM";
                return Err(Deviation::fail(
                    "did not stop",
                    want,
                    "it ran on, and had to be killed",
                ));
            }
            other => other.map(drop),
        },
        StepKind::StartTarget {
            within,
            refused: true,
        } => {
            return match ctx.target.start_again(*within, &|| ctx.interrupt.is_set()) {
                Err(TargetError::Exited { .. }) => Ok(()),
                Err(e) => Err(Deviation::inconclusive(
                    "the start is refused",
                    e.to_string(),
                )),
                Ok(()) => {
                    let want = "the target ends with an error: its port is taken";
                    Err(Deviation::fail("started all the same", want, "it listens"))
                }
            };
        }
        StepKind::StartTarget {
            within,
            refused: false,
        } => {
            return ctx
                .target
                .start_again(*within, &|| ctx.interrupt.is_set())
                .map_err(|e| {
                    Deviation::fail(
                        "did not start again",
                        "the target starts again",
                        e.to_string(),
                    )
                });
        }
        StepKind::StartSecond { refused } => return second(ctx, *refused),
        _ => Ok(()),
    };
    done.map_err(|e| Deviation::error(words(kind), e.to_string()))
}

fn second(ctx: &mut Context<'_>, refused: bool) -> Result<(), Deviation> {
    let seen = ctx
        .target
        .second(ctx.deadlines.state)
        .map_err(|e| Deviation::error("a second instance is started", e.to_string()))?;
    let want = if refused {
        "the second instance ends with an error: its port is taken"
    } else {
        "the second instance listens beside the first"
    };
    let actual = match (seen, refused) {
        (Second::Ended(Exit::Code(0), _), true) => {
            "it ended with exit status 0, as if all were well".to_owned()
        }
        (Second::Ended(..), true) | (Second::Ready, false) => return Ok(()),
        (Second::Ready, true) => {
            "it listens on the same port: the two now share its clients".to_owned()
        }
        (Second::Ended(exit, words), false) => format!("it ended with {exit}{words}"),
        (Second::Neither, _) => "it neither ended nor listens".to_owned(),
    };
    Err(Deviation::fail("second instance", want, actual))
}

/// Opens a connection, with a source address of its own where the usual one has no port left.
fn connect(
    scene: &mut Scene,
    ctx: &Context<'_>,
    name: &str,
    options: &SocketOptions,
) -> Result<(), NetError> {
    let to = ctx.target.endpoint();
    let mut options = ctx.profile.options.merged(options);
    // Nagle would hold each piece until a peer that delays its acknowledgements sends one, for 40 ms
    // a piece (RFC 9293 section 3.7.4). What arrives when is proved, not left to it.
    let pieces = !matches!(ctx.delivery.how, How::Whole);
    if pieces && ctx.profile.transport == Transport::Tcp && options.nodelay.is_none() {
        options.nodelay = Some(true);
    }
    let deadline = ctx.by(ctx.deadlines.connect);
    let open = |options: &SocketOptions| -> Result<Conn, NetError> {
        let interrupt = ctx.interrupt.clone();
        Ok(if to.transport().is_stream() {
            Conn::Line(Box::new(Line::connect(
                name, to, options, deadline, ctx.clock, interrupt,
            )?))
        } else {
            Conn::Flow(Box::new(Flow::connect(
                name, to, options, ctx.clock, interrupt,
            )?))
        })
    };
    let mut opened = match open(&options) {
        Err(e) if e.is("EADDRNOTAVAIL") && options.bind.is_none() && to.is_local() => {
            options.bind = Some(another_source());
            open(&options)
        }
        opened => opened,
    }?;
    // Over UDP, connect(2) tells nothing of the peer.
    if to.transport() != Transport::Udp {
        ctx.target.reach();
    }
    if ctx.observe && scene.options.is_empty() {
        scene.options = match &mut opened {
            Conn::Line(line) => {
                line.observe();
                line.stream().effective().as_pairs()
            }
            Conn::Flow(flow) => flow.socket().effective().as_pairs(),
        };
    }
    if let Some(old) = scene.conns.insert(name.to_owned(), opened) {
        scene.closed.push(old.finish());
    }
    Ok(())
}

/// 127.0.0.2 to 127.0.255.254 in turn: each has ephemeral ports of its own.
fn another_source() -> IpAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    IpAddr::V4(Ipv4Addr::new(127, 0, (n >> 8) as u8, 2 + (n % 250) as u8))
}

fn conn<'a>(scene: &'a mut Scene, name: &str) -> Result<&'a mut Conn, Deviation> {
    scene
        .conns
        .get_mut(name)
        .ok_or_else(|| Deviation::error(format!("a connection `{name}`"), "it was never opened"))
}

fn take(scene: &mut Scene, name: &str, how: impl FnOnce(Line) -> Trace) -> Result<(), Deviation> {
    let trace = match scene.conns.remove(name) {
        Some(Conn::Line(line)) => how(*line),
        Some(flow) => flow.finish(),
        None => return Ok(()),
    };
    scene.closed.push(trace);
    Ok(())
}

impl Conn {
    /// True if anything came from the target.
    pub(super) fn heard(&self) -> bool {
        match self {
            Self::Line(line) => line.trace.heard(),
            Self::Flow(flow) => flow.trace.heard(),
        }
    }

    /// Closes it. Its trace stays.
    pub(super) fn finish(self) -> Trace {
        match self {
            Self::Line(line) => line.close(),
            Self::Flow(flow) => flow.trace,
        }
    }
}

/// A step in words, for reports.
pub fn words(kind: &StepKind) -> String {
    match kind {
        StepKind::Play { on, .. } => format!("play on {on}"),
        StepKind::Connect { name, .. } => format!("connect {name}"),
        StepKind::Send { on, .. } => format!("send on {on}"),
        StepKind::Recv { on, .. } => format!("recv on {on}"),
        StepKind::Silence { on, .. } => format!("silence on {on}"),
        StepKind::Shutdown { on } => format!("shutdown {on}"),
        StepKind::Close { on } => format!("close {on}"),
        StepKind::Reset { on } => format!("reset {on}"),
        StepKind::Closed { on, .. } => format!("closed {on}"),
        StepKind::Set { on, .. } => format!("set {on}"),
        StepKind::Require(c) => format!("require {}", condition::words(c)),
        StepKind::Expect(c) => format!("expect {}", condition::words(c)),
        StepKind::PauseTarget => "pause_target".to_owned(),
        StepKind::ResumeTarget => "resume_target".to_owned(),
        StepKind::StopTarget { .. } => "stop_target".to_owned(),
        StepKind::StartTarget { .. } => "start_target".to_owned(),
        StepKind::StartSecond { .. } => "start_second".to_owned(),
        StepKind::Repeat { .. } => "repeat".to_owned(),
        StepKind::Timed { name, .. } => format!("timed {name}"),
    }
}

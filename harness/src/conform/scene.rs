//! The connections of a case by name, and what its steps measured.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use harness_net::{Endpoint, Listener, NetError, Queues, SocketOptions, Transport};

use super::context::Context;
use super::datagram::Flow;
use super::exchange::unresolved;
use super::line::Line;
use super::places::Places;
use super::trace::Trace;
use crate::plan::How;
use crate::scenario::formula::{Formula, Slots};
use crate::verdict::Deviation;

/// A connection of a case.
pub(crate) enum Conn {
    /// TCP or Unix stream.
    Line(Box<Line>),
    /// UDP, Unix datagrams, Unix seqpacket.
    Flow(Box<Flow>),
}

/// The connections of a case and what its steps measured.
#[derive(Default)]
pub(crate) struct Scene {
    /// Open connections by name.
    pub conns: BTreeMap<String, Conn>,
    /// Connections that were closed, as they went.
    pub closed: Vec<Trace>,
    /// Open listeners of the case's own, by name.
    pub listeners: BTreeMap<String, Listener>,
    /// Addresses by the names of their sockets.
    pub places: Places,
    /// Durations of `timed` blocks.
    pub timed: BTreeMap<String, Duration>,
    /// Effective options of the first connection.
    pub options: Vec<(&'static str, String)>,
    /// When the last send ended.
    pub sent: Option<Instant>,
}

impl Scene {
    /// Opens a connection to the target, with a source address of its own where the usual one has
    /// no port left.
    ///
    /// # Errors
    /// What connect(2) or an option answered.
    pub(crate) fn connect(
        &mut self,
        ctx: &Context<'_>,
        name: &str,
        options: &SocketOptions,
    ) -> Result<(), NetError> {
        let to = ctx.target.endpoint();
        let mut options = options_for(ctx, options);
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
        let opened = match open(&options) {
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
        self.keep(ctx, name, opened);
        Ok(())
    }

    /// A connection to or of the target is open now.
    pub(super) fn keep(&mut self, ctx: &Context<'_>, name: &str, mut opened: Conn) {
        if ctx.observe && self.options.is_empty() {
            self.options = match &mut opened {
                Conn::Line(line) => {
                    line.observe();
                    line.stream().effective().as_pairs()
                }
                Conn::Flow(flow) => flow.socket().effective().as_pairs(),
            };
        }
        self.add(name, opened);
    }

    /// A connection of this name is open now.
    pub(super) fn add(&mut self, name: &str, opened: Conn) {
        if let Some((local, peer)) = opened.ends() {
            self.places.connected(name, local, peer);
        }
        if let Some(old) = self.conns.insert(name.to_owned(), opened) {
            self.closed.push(old.finish());
        }
    }

    /// The open connection of this name.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn conn(&mut self, name: &str) -> Result<&mut Conn, Deviation> {
        self.conns.get_mut(name).ok_or_else(|| {
            Deviation::error(format!("a connection `{name}`"), "it was never opened")
        })
    }

    /// The open stream of this name.
    ///
    /// # Errors
    /// There is none, in words.
    pub(crate) fn line(&mut self, name: &str) -> Result<&mut Line, String> {
        match self.conns.get_mut(name) {
            Some(Conn::Line(line)) => Ok(line),
            Some(Conn::Flow(_)) => Err(format!("`{name}` is no stream")),
            None => Err(format!("the connection `{name}` is closed")),
        }
    }

    /// What waits on the connection of this name.
    ///
    /// # Errors
    /// There is none, or its queues cannot be seen, in words.
    pub(crate) fn queues(&self, name: &str) -> Result<Queues, String> {
        let queues = match self.conns.get(name) {
            Some(Conn::Line(line)) => line.stream().queues(),
            Some(Conn::Flow(flow)) => flow.socket().queues(),
            None => return Err(format!("the connection `{name}` is closed")),
        };
        queues.map_err(|e| e.to_string())
    }

    /// Ends a connection, a stream in this way; or a listener. Its trace and address stay.
    pub(crate) fn take(&mut self, name: &str, how: impl FnOnce(Line) -> Trace) {
        if self.listeners.remove(name).is_some() {
            return;
        }
        let trace = match self.conns.remove(name) {
            Some(Conn::Line(line)) => how(*line),
            Some(flow) => flow.finish(),
            None => return,
        };
        self.closed.push(trace);
    }
}

/// The options of a connection that carries this delivery: those of the profile, and a step's own.
pub(super) fn options_for(ctx: &Context<'_>, own: &SocketOptions) -> SocketOptions {
    let mut options = ctx.profile.options.merged(own);
    // Nagle would hold each piece until a peer that delays its acknowledgements sends one, for
    // 40 ms a piece (RFC 9293 section 3.7.4). What arrives when is proved, not left to it.
    let pieces = !matches!(ctx.delivery.how, How::Whole);
    if pieces && ctx.profile.transport == Transport::Tcp && options.nodelay.is_none() {
        options.nodelay = Some(true);
    }
    options
}

/// 127.0.0.2 to 127.0.255.254 in turn: each has ephemeral ports of its own.
fn another_source() -> IpAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    IpAddr::V4(Ipv4Addr::new(127, 0, (n >> 8) as u8, 2 + (n % 250) as u8))
}

impl Conn {
    /// This end's address and the other's, where they have any.
    fn ends(&self) -> Option<(SocketAddr, SocketAddr)> {
        let (local, peer) = match self {
            Self::Line(line) => (line.stream().local(), line.stream().peer()),
            Self::Flow(flow) => (flow.socket().local(), flow.socket().peer()),
        };
        let address = |endpoint: &Endpoint| match endpoint {
            Endpoint::Tcp(address) | Endpoint::Udp(address) => Some(*address),
            _ => None,
        };
        Some((address(local)?, address(peer)?))
    }

    /// What happened so far.
    pub(super) fn trace(&mut self) -> &mut Trace {
        match self {
            Self::Line(line) => &mut line.trace,
            Self::Flow(flow) => &mut flow.trace,
        }
    }

    /// What a step says, with its byte strings as they are on this connection.
    ///
    /// # Errors
    /// What one of them follows from was not said.
    pub(crate) fn fill<'d, D: Slots>(
        &mut self,
        data: &'d D,
        formulas: &[Formula],
    ) -> Result<Cow<'d, D>, Deviation> {
        let said = match self {
            Self::Line(line) => &mut line.said,
            Self::Flow(flow) => &mut flow.said,
        };
        data.filled(formulas, said).map_err(|e| unresolved(&e))
    }

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

//! Sockets at which a case is its own peer: it listens, binds, connects to itself, and accepts.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use harness_net::{Datagram, Endpoint, Interest, Listener, NetError, SocketOptions, Stream, poll};

use super::context::Context;
use super::datagram::Flow;
use super::line::Line;
use super::scene::{Conn, Scene};
use crate::verdict::{self, Deviation};

/// The longest wait between two looks at the interrupt flag.
const SLICE: Duration = Duration::from_millis(100);

/// What a connection between the case's own sockets is like.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own<'a> {
    /// The listener, bound socket or connection whose address it goes to.
    pub to: &'a str,
    /// The one whose address it comes from.
    pub from: Option<&'a str>,
    /// TCP: its outcome is not awaited.
    pub begun: bool,
    /// UDP: the socket is not connected to where it sends.
    pub unconnected: bool,
}

impl Scene {
    /// Opens a listener, at the address of another socket where one is named.
    ///
    /// # Errors
    /// The outer: no address can be had. The inner: what bind(2), listen(2) or an option answered.
    pub(crate) fn listen(
        &mut self,
        name: &str,
        at: Option<&str>,
        options: &SocketOptions,
        backlog: u16,
    ) -> Result<Result<(), NetError>, Deviation> {
        let address = self.places.fresh(at, options.bind)?;
        Ok(Listener::bind(address, options, backlog).map(|listener| {
            self.places.bound(name, address);
            self.listeners.insert(name.to_owned(), listener);
        }))
    }

    /// Opens a UDP socket that is bound and not connected.
    ///
    /// # Errors
    /// As [`Scene::listen`].
    pub(crate) fn bind(
        &mut self,
        ctx: &Context<'_>,
        name: &str,
        at: Option<&str>,
        options: &SocketOptions,
    ) -> Result<Result<(), NetError>, Deviation> {
        let address = self.places.fresh(at, options.bind)?;
        Ok(Datagram::bound(address, options).map(|socket| {
            let flow = Flow::of(name, socket, ctx.clock, ctx.interrupt.clone());
            self.add(name, Conn::Flow(Box::new(flow)));
            self.places.bound(name, address);
        }))
    }

    /// Opens a connection to a socket of the case.
    ///
    /// # Errors
    /// The outer: an address is missing. The inner: what connect(2) or an option answered.
    pub(crate) fn connect_own(
        &mut self,
        ctx: &Context<'_>,
        name: &str,
        own: Own<'_>,
        options: &SocketOptions,
        datagrams: bool,
    ) -> Result<Result<(), NetError>, Deviation> {
        let to = self.places.local(own.to)?;
        let mut options = options.clone();
        let from = match own.from {
            Some(from) => Some(self.places.local(from)?),
            // Else it would have no address before its first datagram.
            None if own.unconnected => Some(self.places.fresh(None, options.bind)?),
            None => None,
        };
        if let Some(from) = from {
            options.bind = Some(options.bind.unwrap_or(from.ip()));
            options.bind_port = Some(from.port());
        }
        let deadline = ctx.by(ctx.deadlines.connect);
        let open = || -> Result<Conn, NetError> {
            let interrupt = ctx.interrupt.clone();
            if datagrams {
                let to = Endpoint::Udp(to);
                let socket = if own.unconnected {
                    Datagram::unconnected(&to, &options)?
                } else {
                    Datagram::connect(&to, &options)?
                };
                let flow = Flow::of(name, socket, ctx.clock, interrupt);
                return Ok(Conn::Flow(Box::new(flow)));
            }
            let to = Endpoint::Tcp(to);
            let stream = if own.begun {
                Stream::begin(&to, &options)?
            } else {
                Stream::connect(&to, &options, deadline)?
            };
            let line = Line::of(name, stream, ctx.clock, interrupt);
            Ok(Conn::Line(Box::new(line)))
        };
        Ok(open().map(|conn| self.introduce(ctx, name, conn, own.to)))
    }

    /// Accepts a connection of a listener.
    ///
    /// # Errors
    /// None came, or accept(2) failed.
    pub(crate) fn accept(
        &mut self,
        ctx: &Context<'_>,
        name: &str,
        from: &str,
        wait: Duration,
    ) -> Result<(), Deviation> {
        let fail = |e: NetError| Deviation::fail(verdict::FAILED, "a connection", e.to_string());
        let deadline = Instant::now() + wait;
        let stream = loop {
            let listener = self.listeners.get(from).ok_or_else(|| {
                Deviation::error(format!("a listener `{from}`"), "it does not listen")
            })?;
            if let Some(stream) = listener.accept().map_err(fail)? {
                break stream;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || ctx.interrupt.is_set() {
                let none = format!("none within {}", verdict::time(wait));
                let wanted = format!("a connection that waits at `{from}`");
                return Err(Deviation::fail(verdict::HANG, wanted, none));
            }
            let interest = Interest {
                fd: listener.as_fd(),
                read: true,
                write: false,
            };
            // An error of poll(2) itself shows again in the next accept.
            let _ = poll(&[interest], left.min(SLICE));
        };
        let line = Line::of(name, stream, ctx.clock, ctx.interrupt.clone());
        self.introduce(ctx, name, Conn::Line(Box::new(line)), from);
        Ok(())
    }

    /// Adds a connection between sockets of the case: each end is named to the other in what
    /// reports show.
    fn introduce(&mut self, ctx: &Context<'_>, name: &str, conn: Conn, peer: &str) {
        self.observe_first(ctx, &conn);
        self.add(name, conn);
        let ends = self.places.ends(name);
        let other = ends.and_then(|(local, peer)| self.places.opposite(local, peer));
        let peer = other.unwrap_or(peer).to_owned();
        if let Some(other) = self.conns.get_mut(&peer).filter(|_| peer != name) {
            other.trace().peer = name.to_owned();
        }
        if let Some(conn) = self.conns.get_mut(name) {
            conn.trace().peer = peer;
        }
    }

    /// Keeps the effective options of the first connection, for the result.
    fn observe_first(&mut self, ctx: &Context<'_>, conn: &Conn) {
        if ctx.observe && self.options.is_empty() {
            self.options = match conn {
                Conn::Line(line) => line.stream().effective().as_pairs(),
                Conn::Flow(flow) => flow.socket().effective().as_pairs(),
            };
        }
    }
}

//! One connection whose messages keep their boundaries, UDP or Unix: each write a message, each read
//! one message or a part of it.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use harness_net::{
    Datagram, Endpoint, Interest, NetError, PeerWatch, Proof, SocketOptions, WatchError, poll,
};
use harness_wire::Encoded;

use super::Interrupt;
use super::context::Context;
use super::exchange::{frames_of, judge, request, unresolved};
use super::oracle::Part;
use super::play::Failed;
use super::tally::Tally;
use super::trace::Trace;
use crate::scenario::conversation::Conversation;
use crate::scenario::model::{CloseHow, Exchange, Message, RecvExpect, Reply, Role, SendData};
use crate::verdict::{self, Deviation, Match, Received, Stop};

/// The longest wait between two looks at the interrupt flag.
const SLICE: Duration = Duration::from_millis(100);
/// Larger than any message: UDP's length field has 16 bits (RFC 768), and a Unix message fits the
/// send buffer, of which net.core.wmem_max allows 425,984 bytes unless it was raised (socket(7)).
const LARGEST: usize = 512 << 10;
/// Between two looks at whether the peer has read a message.
const LOOK: Duration = Duration::from_micros(50);

/// An open socket: on a connected one, errors that ICMP brings are seen (udp(7)).
pub(crate) struct Flow {
    socket: Datagram,
    interrupt: Interrupt,
    buffer: Vec<u8>,
    /// Looks at the peer, once it was asked for.
    watch: Option<PeerWatch>,
    /// What happened so far.
    pub trace: Trace,
    /// True once the profile's opening was played.
    pub opened: bool,
    /// What was said on it.
    pub said: Conversation,
}

/// One datagram as it was received.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    /// What the buffer took of it, and why no more was awaited.
    pub received: Received,
    /// Its full length on the wire, which MSG_TRUNC tells (recv(2)).
    pub full_len: usize,
}

impl Flow {
    /// Opens the socket.
    ///
    /// # Errors
    /// What socket(2), connect(2) or an option answered.
    pub(super) fn connect(
        name: &str,
        to: &Endpoint,
        options: &SocketOptions,
        clock: Instant,
        interrupt: Interrupt,
    ) -> Result<Self, NetError> {
        let socket = Datagram::connect(to, options)?;
        Ok(Self::of(name, socket, clock, interrupt))
    }

    /// The connection of an open socket.
    pub(super) fn of(name: &str, socket: Datagram, clock: Instant, interrupt: Interrupt) -> Self {
        let said = Conversation::open(socket.peer());
        Self {
            socket,
            interrupt,
            buffer: vec![0; LARGEST],
            watch: None,
            trace: Trace::new(name, clock),
            opened: false,
            said,
        }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &Datagram {
        &self.socket
    }

    /// Sends one message. Where the peer's queue is full (Unix), room is waited for.
    ///
    /// # Errors
    /// The errno name, such as `EMSGSIZE`; `EAGAIN` where there was no room until the deadline.
    pub(super) fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), String> {
        self.put(bytes, deadline, Datagram::send)
    }

    fn put(
        &mut self,
        bytes: &[u8],
        deadline: Instant,
        send: impl Fn(&Datagram, &[u8]) -> Result<usize, NetError>,
    ) -> Result<(), String> {
        loop {
            match send(&self.socket, bytes) {
                Ok(_) => break,
                Err(e)
                    if e.is("EAGAIN") && Instant::now() < deadline && !self.interrupt.is_set() =>
                {
                    self.wait(true, deadline.saturating_duration_since(Instant::now()));
                }
                Err(e) => return Err(e.name().to_owned()),
            }
        }
        self.trace.wrote(bytes);
        Ok(())
    }

    /// Sends one message in several calls (MSG_MORE on all but the last).
    ///
    /// # Errors
    /// As [`Flow::send`].
    fn send_joined(&mut self, parts: &[Vec<u8>], deadline: Instant) -> Result<(), String> {
        let (last, first) = parts.split_last().ok_or("nothing to send")?;
        for part in first {
            self.put(part, deadline, Datagram::send_more)?;
        }
        self.send(last, deadline)
    }

    /// Waits until the peer has read everything that was sent.
    fn prove_consumed(&mut self, deadline: Instant, tally: &mut Tally) {
        if self.watch.is_none() {
            self.watch = PeerWatch::of_messages(&self.socket).ok();
        }
        let Some(watch) = &mut self.watch else {
            tally.unproved(Proof::Paced);
            return self.trace.unproved();
        };
        loop {
            match watch.consumed(0) {
                Ok(true) => {
                    tally.proved(Proof::Consumed);
                    return self.trace.proved(Proof::Consumed);
                }
                Ok(false) if Instant::now() < deadline && !self.interrupt.is_set() => {
                    std::thread::sleep(LOOK);
                }
                Err(WatchError::Unavailable { .. }) => {
                    tally.unproved(Proof::Paced);
                    return self.trace.unproved();
                }
                Ok(false) | Err(WatchError::Gone) => {
                    tally.missed();
                    return self.trace.unproved();
                }
            }
        }
    }

    /// Waits until something can be read, or written. An error of poll(2) itself shows again in the
    /// next call.
    fn wait(&self, write: bool, left: Duration) {
        let interest = Interest {
            fd: self.socket.as_fd(),
            read: !write,
            write,
        };
        let _ = poll(&[interest], left.min(SLICE));
    }

    /// Receives one datagram into a buffer of `size` bytes, or of more than any datagram.
    pub(super) fn recv(&mut self, size: Option<usize>, deadline: Instant) -> Packet {
        let began = Instant::now();
        let size = size.unwrap_or(LARGEST).min(LARGEST);
        loop {
            match self.socket.recv(&mut self.buffer[..size]) {
                Ok(Some(got)) if got.end => return nothing(Stop::End),
                Ok(Some(got)) => {
                    let bytes = self.buffer[..got.len].to_vec();
                    self.trace.read(&bytes);
                    let received = Received {
                        bytes,
                        stop: Stop::Complete,
                    };
                    return Packet {
                        received,
                        full_len: got.full_len,
                    };
                }
                Ok(None) => {}
                Err(error) => return nothing(Stop::Error(error.name().to_owned())),
            }
            if Instant::now() >= deadline || self.interrupt.is_set() {
                return nothing(Stop::Deadline(began.elapsed()));
            }
            self.wait(false, deadline.saturating_duration_since(Instant::now()));
        }
    }
}

fn nothing(stop: Stop) -> Packet {
    Packet {
        received: Received {
            bytes: Vec::new(),
            stop,
        },
        full_len: 0,
    }
}

/// Plays exchanges, one datagram each way, after the profile's opening; where all are played, its
/// closing follows.
///
/// # Errors
/// The first exchange that was not as expected.
pub(crate) fn play(
    flow: &mut Flow,
    ctx: &mut Context<'_>,
    selection: &[usize],
    all: bool,
) -> Result<(), Failed> {
    if !std::mem::replace(&mut flow.opened, true) {
        for i in 0..ctx.profile.opening.len() {
            exchange(flow, ctx, Part::Opening, i)?;
        }
    }
    for &i in selection {
        if ctx.profile.role == Role::Client {
            let exchange = &ctx.profile.exchanges[i];
            serve(flow, ctx, exchange).map_err(|d| (format!("exchange `{}`", exchange.name), d))?;
            continue;
        }
        exchange(flow, ctx, Part::Exchanges, i)?;
    }
    let closing = if all { ctx.profile.closing.len() } else { 0 };
    (0..closing).try_for_each(|i| exchange(flow, ctx, Part::Closing, i))
}

fn exchange(
    flow: &mut Flow,
    ctx: &mut Context<'_>,
    part: Part,
    index: usize,
) -> Result<(), Failed> {
    let exchange = &part.of(ctx.profile)[index];
    let name = |deviation| (format!("exchange `{}`", exchange.name), deviation);
    let asked = request(ctx, &mut flow.said, part, index).map_err(name)?;
    let asked = asked.as_ref().map(|(request, _)| &**request);
    if let Some(request) = asked {
        flow.trace.frame_out(request.bytes.len(), &request.fields);
        flow.send(&request.bytes, ctx.by(ctx.deadlines.reply))
            .map_err(|e| name(Deviation::fail(verdict::FAILED, "the datagram is sent", e)))?;
    }
    if matches!(exchange.reply, Reply::None | Reply::Closes) {
        return Ok(());
    }
    let sent = Instant::now();
    let got = flow.recv(None, ctx.by(ctx.deadlines.reply)).received;
    let frames = frames_of(exchange, &got, asked);
    let oracle = ctx.oracle;
    let wanted = oracle.answer(part, index, exchange, &mut flow.said, asked);
    let wanted = wanted.map_err(|e| name(unresolved(&e)))?;
    match judge(
        ctx,
        &mut flow.said,
        (part, index),
        wanted.as_deref(),
        got,
        frames,
    ) {
        Some(deviation) => return Err(name(deviation)),
        None => ctx.latencies.push(sent.elapsed().as_nanos() as u64),
    }
    Ok(())
}

/// Takes one request, and sends its replies, a datagram each.
fn serve(flow: &mut Flow, ctx: &mut Context<'_>, exchange: &Exchange) -> Result<(), Deviation> {
    if let Some(request) = &exchange.request {
        let began = Instant::now();
        let got = flow.recv(None, ctx.by(ctx.deadlines.reply)).received;
        verdict::request(request, &got).map_or(Ok(()), Err)?;
        ctx.latencies.push(began.elapsed().as_nanos() as u64);
    }
    let Reply::Given(messages) = &exchange.reply else {
        return Ok(());
    };
    // A client's profile has no others: what follows from the conversation is refused there.
    for Encoded { bytes, fields } in messages.iter().filter_map(Message::fixed) {
        flow.trace.frame_out(bytes.len(), fields);
        flow.send(bytes, ctx.by(ctx.deadlines.reply))
            .map_err(|e| Deviation::fail(verdict::FAILED, "the datagram is sent", e))?;
    }
    Ok(())
}

/// Sends what a `send` step says, a message a part.
///
/// # Errors
/// The errno name of the first send that failed.
pub(crate) fn send(flow: &mut Flow, ctx: &mut Context<'_>, data: &SendData) -> Result<(), String> {
    let deadline = ctx.by(ctx.deadlines.reply);
    match data {
        SendData::Whole(bytes) | SendData::MostOf(bytes) => flow.send(bytes, deadline),
        SendData::Vectored(parts) => flow.send(&parts.concat(), deadline),
        SendData::Writes { parts, more: true } => flow.send_joined(parts, deadline),
        SendData::Stranger(bytes) => {
            let stranger = Datagram::connect(flow.socket.peer(), &SocketOptions::default());
            let sent = stranger.and_then(|s| s.send(bytes));
            sent.map(drop).map_err(|e| e.name().to_owned())
        }
        SendData::Parts(parts) => parts.iter().try_for_each(|part| {
            flow.send(part, deadline)?;
            flow.prove_consumed(deadline, &mut ctx.tally);
            Ok(())
        }),
        SendData::Merged(parts) | SendData::Writes { parts, .. } => {
            parts.iter().try_for_each(|part| flow.send(part, deadline))
        }
    }
}

/// Half-closes a seqpacket connection.
///
/// # Errors
/// The errno name.
pub(crate) fn shutdown(flow: &Flow) -> Result<(), String> {
    let sent = flow.socket.shutdown_write();
    sent.map_err(|e| e.name().to_owned())
}

/// Judges how a seqpacket connection closed.
///
/// # Errors
/// What came instead.
pub(crate) fn closed(
    flow: &mut Flow,
    ctx: &Context<'_>,
    how: CloseHow,
    wait: Duration,
) -> Result<(), Deviation> {
    let got = flow.recv(None, ctx.by(wait)).received;
    verdict::closing(how, &got).map_or(Ok(()), Err)
}

/// Receives what a `recv` step wants, into a buffer of `size` bytes where one is given.
///
/// # Errors
/// What came instead.
pub(crate) fn recv(
    flow: &mut Flow,
    ctx: &Context<'_>,
    expect: &RecvExpect,
    size: Option<usize>,
    truncated: Option<usize>,
    wait: Duration,
) -> Result<(), Deviation> {
    let wait = if let RecvExpect::Nothing(d) = expect {
        *d
    } else {
        wait
    };
    if let RecvExpect::Reads(wanted) = expect {
        for want in wanted {
            let got = flow.recv(size, ctx.by(wait)).received;
            verdict::answer(want, &got).map_or(Ok(()), Err)?;
        }
        return Ok(());
    }
    let packet = flow.recv(size, ctx.by(wait));
    let got = packet.received;
    let met = match expect {
        RecvExpect::Nothing(_) => matches!(got.stop, Stop::Deadline(_)),
        RecvExpect::Error(name) => got.stop == Stop::Error(name.clone()),
        RecvExpect::Exact(want) => got.stop == Stop::Complete && got.bytes == *want,
        RecvExpect::Size(size) => got.stop == Stop::Complete && got.bytes.len() == *size,
        _ => {
            got.stop == Stop::Complete
                && matches!(verdict::matches(expect, &got.bytes), Match::Met(_))
        }
    };
    if !met {
        return Err(verdict::unmet(expect, &got));
    }
    match truncated {
        Some(full) if packet.full_len != full => Err(Deviation::fail(
            "truncation",
            format!("a datagram of {full} bytes, seen to be truncated"),
            format!("a datagram of {} bytes", packet.full_len),
        )),
        None if packet.full_len > got.bytes.len() && !matches!(expect, RecvExpect::Nothing(_)) => {
            Err(Deviation::fail(
                "truncation",
                "a datagram that fits the buffer",
                format!("{} of its {} bytes", got.bytes.len(), packet.full_len),
            ))
        }
        _ => Ok(()),
    }
}

//! One stream connection: it writes pieces, proves their arrival, and receives, with both
//! directions always served, so that neither side's full buffers can stop the other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use std::os::fd::AsFd as _;

use harness_net::{Endpoint, Interest, NetError, Proof, Read, SocketOptions, Stream, Write, poll};

use super::prover::{Piece, Prover};
use super::trace::Trace;
use super::{Interrupt, Tally};
use crate::verdict::{Match, Received, Stop};

/// The longest wait between two looks at the interrupt flag.
const SLICE: Duration = Duration::from_millis(100);
/// Bytes asked for in one read where the user did not say.
const READ: usize = 64 << 10;
/// The most bytes that are kept of an answer: a target that floods is cut off here.
pub(super) const INBOX: usize = 64 << 20;
/// The most bytes that are read on once an answer is known to be wrong: reports show an excerpt.
const WRONG: usize = 1 << 20;
/// The most bytes that are read before deadlines are looked at again.
const GULP: usize = 1 << 20;
/// The most reads before that: their bytes may come one by one.
const SIPS: u32 = 256;

/// One stream connection.
pub(super) struct Line {
    id: u64,
    stream: Stream,
    sent: u64,
    inbox: Vec<u8>,
    over: Option<Stop>,
    interrupt: Interrupt,
    buffer: Vec<u8>,
    /// What happened so far.
    pub trace: Trace,
    /// True once the profile's opening was played.
    pub opened: bool,
    /// Data segments that had been sent when the last `send` step began.
    pub segments_mark: u64,
}

impl Line {
    /// Connects.
    ///
    /// # Errors
    /// What connect(2) or an option answered.
    pub(super) fn connect(
        name: &str,
        to: &Endpoint,
        options: &SocketOptions,
        deadline: Instant,
        clock: Instant,
        interrupt: Interrupt,
    ) -> Result<Self, NetError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let stream = Stream::connect(to, options, deadline)?;
        Ok(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            stream,
            sent: 0,
            inbox: Vec::new(),
            over: None,
            interrupt,
            buffer: vec![0; READ],
            trace: Trace::new(name, clock),
            opened: false,
            segments_mark: 0,
        })
    }

    /// The socket.
    pub(super) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// True once the connection was seen to have ended.
    pub(super) fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Bytes that came and were not taken yet.
    pub(super) fn inbox(&self) -> &[u8] {
        &self.inbox
    }

    /// Data segments sent so far, where the kernel counts them.
    pub(super) fn segments(&self) -> Option<u64> {
        Some(u64::from(self.stream.tcp_info()?.data_segs_out?))
    }

    /// Writes all of `bytes`, reading what comes meanwhile.
    ///
    /// # Errors
    /// The connection is over, or the peer took nothing until the deadline.
    pub(super) fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), Stop> {
        self.write_with(bytes, deadline, |stream, rest| stream.write(rest))
    }

    /// The same with MSG_MORE: the kernel may wait for more before it sends.
    ///
    /// # Errors
    /// As [`Line::write`].
    pub(super) fn write_more(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), Stop> {
        self.write_with(bytes, deadline, |stream, rest| stream.write_more(rest))
    }

    /// All parts in one sendmsg(2); what the kernel did not take follows in plain writes.
    ///
    /// # Errors
    /// As [`Line::write`].
    pub(super) fn write_vectored(
        &mut self,
        parts: &[&[u8]],
        deadline: Instant,
    ) -> Result<(), Stop> {
        let all = parts.concat();
        let mut first = true;
        self.write_with(&all, deadline, |stream, rest| {
            if std::mem::take(&mut first) {
                stream.write_vectored(parts)
            } else {
                stream.write(rest)
            }
        })
    }

    fn write_with(
        &mut self,
        bytes: &[u8],
        deadline: Instant,
        mut call: impl FnMut(&Stream, &[u8]) -> Result<Write, NetError>,
    ) -> Result<(), Stop> {
        let began = Instant::now();
        let mut rest = bytes;
        while !rest.is_empty() {
            match call(&self.stream, rest) {
                Ok(Write::Took(n)) => {
                    self.trace.wrote(&rest[..n]);
                    self.sent += n as u64;
                    rest = &rest[n..];
                }
                Ok(Write::Full) => {
                    if Instant::now() >= deadline || self.interrupt.is_set() {
                        return Err(Stop::Deadline(began.elapsed()));
                    }
                    self.wait(true, deadline);
                    self.pump();
                }
                Err(error) => return Err(Stop::Error(error.name().to_owned())),
            }
        }
        Ok(())
    }

    /// Waits until the peer has read everything written so far; reads what comes meanwhile.
    pub(super) fn prove_consumed(
        &mut self,
        prover: &mut Prover,
        deadline: Instant,
        tally: &mut Tally,
    ) -> Piece {
        let piece = loop {
            let (stream, interrupt) = (&self.stream, &self.interrupt);
            let over = self.over.is_some();
            let mut attend = || interrupt.is_set() || (!over && stream.has_input());
            let piece = prover.await_consumed(self.id, stream, self.sent, deadline, &mut attend);
            match piece {
                Piece::Interrupted => {
                    // A target that never stops talking would put the deadline off for ever.
                    let late = Instant::now() >= deadline || self.interrupt.is_set();
                    if !self.pump() || late {
                        break piece;
                    }
                }
                Piece::Gone => {
                    self.pump();
                    break if self.left_nothing() {
                        Piece::Consumed
                    } else {
                        Piece::Gone
                    };
                }
                piece => break piece,
            }
        };
        match piece {
            Piece::Consumed => {
                tally.proved(Proof::Consumed);
                self.trace.proved(Proof::Consumed);
            }
            Piece::Paced => {
                tally.unproved(Proof::Paced);
                self.trace.unproved();
            }
            Piece::Unread | Piece::Interrupted | Piece::Gone => {
                tally.missed();
                self.trace.unproved();
            }
        }
        piece
    }

    /// True where the peer closed with FIN after it had taken everything: had it left a byte
    /// unread, or had one come later, its kernel would have answered with RST (RFC 9293 section
    /// 3.6 SHLD-3; catalogue STREAM-RST-01).
    fn left_nothing(&self) -> bool {
        let acknowledged = || self.stream.queues().is_ok_and(|q| q.unacked == 0);
        self.over == Some(Stop::End) && acknowledged()
    }

    /// Bytes that wait unread at the peer, where that can be seen.
    pub(super) fn peer_queue(&mut self, prover: &mut Prover) -> Option<u64> {
        let watch = prover.watch(self.id, &self.stream).ok()?;
        watch.look().ok().map(|seen| u64::from(seen.unread))
    }

    /// True where own socket and peer agree that everything written so far waits at the peer.
    pub(super) fn all_queued(&mut self, prover: &mut Prover, bytes: u64) -> bool {
        let sent = self.sent;
        let Ok(watch) = prover.watch(self.id, &self.stream) else {
            return false;
        };
        watch
            .look()
            .is_ok_and(|seen| seen.received >= sent && u64::from(seen.unread) >= bytes)
    }

    /// Reads what is there, a bounded part of it at once. True if anything was, the end included.
    pub(super) fn pump(&mut self) -> bool {
        let mut any = false;
        let most = INBOX.min(self.inbox.len() + GULP);
        for _ in 0..SIPS {
            if self.over.is_some() || self.inbox.len() >= most || !self.read_once(READ) {
                break;
            }
            any = true;
        }
        any
    }

    /// One read of at most `size` bytes. False if there was nothing.
    pub(super) fn read_once(&mut self, size: usize) -> bool {
        if self.over.is_some() {
            return false;
        }
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        match self.stream.read(&mut self.buffer[..size]) {
            Ok(Read::Got(n)) => {
                self.trace.read(&self.buffer[..n]);
                self.inbox.extend_from_slice(&self.buffer[..n]);
            }
            Ok(Read::Nothing) => return false,
            Ok(Read::End) => self.over = Some(Stop::End),
            Err(error) => self.over = Some(Stop::Error(error.name().to_owned())),
        }
        true
    }

    /// Receives until `want` is met by the bytes from the first not taken on, takes them, and
    /// leaves the rest. Where they can no longer meet it, what comes within `linger` is waited for
    /// too, so that a wrong answer is shown whole.
    pub(super) fn receive(
        &mut self,
        deadline: Instant,
        linger: Duration,
        sizes: &[usize],
        mut want: impl FnMut(&[u8]) -> Result<Match, Stop>,
    ) -> Received {
        let began = Instant::now();
        let mut deadline = deadline;
        let mut lost = false;
        let mut most = INBOX;
        let mut turn = 0;
        loop {
            match want(&self.inbox) {
                Ok(Match::Met(n)) => return self.take(n, Stop::Complete),
                Ok(Match::NotYet) => {}
                Ok(Match::Never) if lost => {}
                Ok(Match::Never) => {
                    lost = true;
                    deadline = deadline.min(Instant::now() + linger);
                    most = INBOX.min(self.inbox.len() + WRONG);
                }
                Err(stop) => {
                    let n = self.inbox.len();
                    return self.take(n, stop);
                }
            }
            if let Some(stop) = self.over.clone() {
                let n = self.inbox.len();
                return self.take(n, stop);
            }
            if self.inbox.len() >= most {
                let n = self.inbox.len();
                return self.take(n, Stop::Flood(n));
            }
            if Instant::now() >= deadline || self.interrupt.is_set() {
                let n = self.inbox.len();
                let stop = if lost {
                    Stop::Complete
                } else {
                    Stop::Deadline(began.elapsed())
                };
                return self.take(n, stop);
            }
            let read = match sizes {
                [] => self.pump(),
                _ => {
                    let read = self.read_once(sizes[turn.min(sizes.len() - 1)]);
                    turn += usize::from(read);
                    read
                }
            };
            if !read {
                self.wait(false, deadline);
            }
        }
    }

    /// Waits for input, or for room to write. Input that would not be read is not waited for: poll(2)
    /// would answer at once, again and again.
    fn wait(&self, write: bool, deadline: Instant) {
        let left = deadline
            .saturating_duration_since(Instant::now())
            .min(SLICE);
        let interest = Interest {
            fd: self.stream.as_fd(),
            read: self.over.is_none() && self.inbox.len() < INBOX,
            write,
        };
        // An error of poll(2) itself shows again in the next read or write.
        let _ = poll(&[interest], left);
    }

    fn take(&mut self, n: usize, stop: Stop) -> Received {
        let n = n.min(self.inbox.len());
        let bytes = if n == self.inbox.len() {
            std::mem::take(&mut self.inbox)
        } else {
            self.inbox.drain(..n).collect()
        };
        Received { bytes, stop }
    }

    /// FIN, with the read side left open.
    ///
    /// # Errors
    /// What shutdown(2) answered.
    pub(super) fn shutdown(&mut self) -> Result<(), NetError> {
        self.stream.shutdown_write()
    }

    /// Keeps TCP_INFO: from the first call as it was then, from each further one as it is now.
    pub(super) fn observe(&mut self) {
        if let Some(now) = self.stream.tcp_info() {
            let before = self
                .trace
                .tcp_info
                .take()
                .map_or_else(|| now.clone(), |(before, _)| before);
            self.trace.tcp_info = Some((before, now));
        }
    }

    /// close(2). Its trace stays.
    pub(super) fn close(mut self) -> Trace {
        if self.trace.tcp_info.is_some() {
            self.observe();
        }
        self.stream.close();
        self.trace
    }

    /// RST. Its trace stays.
    pub(super) fn reset(mut self) -> Trace {
        if self.trace.tcp_info.is_some() {
            self.observe();
        }
        // Where the option is refused, the socket is closed all the same.
        let _ = self.stream.reset();
        self.trace
    }
}

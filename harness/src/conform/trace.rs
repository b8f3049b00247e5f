//! What happened on one connection, byte by byte: the source of boundary diagrams.

use std::fmt::Write as _;
use std::time::Instant;

use harness_net::{Proof, TcpInfo};
use harness_wire::Field;

use crate::run::{DiagramRow, DiagramSpan, DiagramStream};

/// The most bytes of each direction of which the content is kept; lengths are always true.
const KEPT: usize = 4096;
/// The most spans a row that are kept.
const SPANS: usize = 4096;

/// A range of one direction's bytes.
#[derive(Clone, Debug)]
struct Span {
    start: u64,
    end: u64,
    label: String,
    at_us: Option<u64>,
}

/// One direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Direction {
    len: u64,
    kept: Vec<u8>,
    calls: Vec<Span>,
    frames: Vec<Span>,
    framed: u64,
}

impl Direction {
    fn take(&mut self, bytes: &[u8], at_us: u64) {
        let start = self.len;
        self.len += bytes.len() as u64;
        let room = KEPT.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend_from_slice(&bytes[..room]);
        if self.calls.len() < SPANS {
            let label = String::new();
            self.calls.push(Span {
                start,
                end: self.len,
                label,
                at_us: Some(at_us),
            });
        }
    }

    /// Adds a frame of `len` bytes with its fields, behind the last one.
    fn frame(&mut self, len: usize, fields: &[Field]) {
        let base = self.framed;
        self.framed += len as u64;
        if self.frames.len() + fields.len() > SPANS {
            return;
        }
        let mut any = false;
        for field in fields {
            for range in field.ranges.iter().filter(|r| !r.is_empty()) {
                any = true;
                self.frames.push(Span {
                    start: base + range.start as u64,
                    end: base + range.end as u64,
                    label: field.name.to_string(),
                    at_us: None,
                });
            }
        }
        if !any && len > 0 {
            self.frames.push(Span {
                start: base,
                end: base + len as u64,
                label: String::new(),
                at_us: None,
            });
        }
    }
}

/// What happened on one connection.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    name: String,
    /// Who is at the other end.
    pub(super) peer: String,
    clock: Instant,
    /// From the harness to the target.
    pub(super) out: Direction,
    /// From the target to the harness.
    pub(super) inbound: Direction,
    /// Ends of pieces whose arrival was proved, in order.
    proved: Vec<(u64, Proof)>,
    /// True where a piece went without proof.
    unproved: bool,
    /// Data segments sent, where they were counted.
    segments: Option<u64>,
    /// TCP_INFO after connect and before close, where it was asked for.
    pub tcp_info: Option<(TcpInfo, TcpInfo)>,
    /// The sizes of the target's reads, where a recording target told them.
    peer_reads: Vec<u64>,
}

impl Trace {
    /// An empty trace of a connection; times count from `clock`.
    pub(super) fn new(name: &str, clock: Instant) -> Self {
        Self {
            name: name.to_owned(),
            peer: "target".to_owned(),
            clock,
            out: Direction::default(),
            inbound: Direction::default(),
            proved: Vec::new(),
            unproved: false,
            segments: None,
            tcp_info: None,
            peer_reads: Vec::new(),
        }
    }

    fn now(&self) -> u64 {
        self.clock.elapsed().as_micros() as u64
    }

    /// One write that took these bytes.
    pub(super) fn wrote(&mut self, bytes: &[u8]) {
        let now = self.now();
        self.out.take(bytes, now);
    }

    /// One read that returned these bytes.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        let now = self.now();
        self.inbound.take(bytes, now);
    }

    /// A message that was sent, or is being sent.
    pub(super) fn frame_out(&mut self, len: usize, fields: &[Field]) {
        self.out.frame(len, fields);
    }

    /// A message that came.
    pub(super) fn frame_in(&mut self, len: usize, fields: &[Field]) {
        self.inbound.frame(len, fields);
    }

    /// All bytes written so far were proved to have arrived as a piece.
    pub(super) fn proved(&mut self, proof: Proof) {
        self.proved.push((self.out.len, proof));
    }

    /// The bytes written so far went without proof.
    pub(super) fn unproved(&mut self) {
        self.unproved = true;
    }

    /// Data segments sent on this connection.
    pub(crate) fn segments(&mut self, count: u64) {
        self.segments = Some(count);
    }

    /// What a recording target told of its reads.
    pub(crate) fn peer_reads(&mut self, sizes: Vec<u64>) {
        self.peer_reads = sizes;
    }

    /// True if anything came from the target.
    pub(super) fn heard(&self) -> bool {
        self.inbound.len > 0
    }

    /// Its two directions, drawn; those in which nothing flowed are left out.
    pub(super) fn streams(&self) -> Vec<DiagramStream> {
        let mut streams = Vec::new();
        if self.out.len > 0 {
            let mut rows = vec![row("writes", &self.out.calls, true, None)];
            if let Some(n) = self.segments {
                rows.push(self.segment_row(n));
            }
            rows.extend(self.peer_row());
            if !self.out.frames.is_empty() {
                rows.push(row("frames", &self.out.frames, true, None));
            }
            streams.push(stream(
                format!("{} -> {}", self.name, self.peer),
                &self.out,
                rows,
            ));
        }
        if self.inbound.len > 0 {
            let mut rows = vec![row("reads", &self.inbound.calls, true, None)];
            if !self.inbound.frames.is_empty() {
                rows.push(row("frames", &self.inbound.frames, true, None));
            }
            streams.push(stream(
                format!("{} -> {}", self.peer, self.name),
                &self.inbound,
                rows,
            ));
        }
        streams
    }

    /// Segment borders are only known where there is one segment a write, or one in all.
    fn segment_row(&self, count: u64) -> DiagramRow {
        let note = format!("{count} counted");
        let whole = Span {
            start: 0,
            end: self.out.len,
            label: String::new(),
            at_us: None,
        };
        if count == self.out.calls.len() as u64 {
            let mut calls = self.out.calls.clone();
            calls.iter_mut().for_each(|c| c.at_us = None);
            return row("segments", &calls, count <= 1, Some(note));
        }
        row("segments", &[whole], count == 1, Some(note))
    }

    /// What is known of the target's reads: told by a recording target, or proved piece by piece.
    fn peer_row(&self) -> Option<DiagramRow> {
        if !self.peer_reads.is_empty() {
            let mut at = 0;
            let spans: Vec<Span> = self
                .peer_reads
                .iter()
                .map(|len| {
                    let start = at;
                    at += len;
                    Span {
                        start,
                        end: at,
                        label: String::new(),
                        at_us: None,
                    }
                })
                .collect();
            let reads = if spans.len() == 1 { "read" } else { "reads" };
            let note = format!("{} {reads}, told by the target", spans.len());
            return Some(row("reads", &spans, true, Some(note)));
        }
        let (_, last) = self.proved.last()?;
        let mut at = 0;
        let spans: Vec<Span> = self
            .proved
            .iter()
            .filter(|(end, _)| *end > 0)
            .map(|(end, _)| {
                let start = at;
                at = *end;
                Span {
                    start,
                    end: at,
                    label: String::new(),
                    at_us: None,
                }
            })
            .filter(|s| s.start < s.end)
            .collect();
        let mut note = String::new();
        let _ = write!(note, "proved: {last}");
        if self.unproved {
            note.push_str(", not all");
        }
        Some(row("arrivals", &spans, !self.unproved, Some(note)))
    }
}

fn row(layer: &str, spans: &[Span], proved: bool, note: Option<String>) -> DiagramRow {
    let spans = spans
        .iter()
        .map(|s| DiagramSpan {
            start: s.start,
            end: s.end,
            label: s.label.clone(),
            at_us: s.at_us,
        })
        .collect();
    DiagramRow {
        layer: layer.to_owned(),
        spans,
        proved,
        note,
    }
}

fn stream(title: String, direction: &Direction, rows: Vec<DiagramRow>) -> DiagramStream {
    let mut bytes_hex = String::with_capacity(direction.kept.len() * 2);
    for b in &direction.kept {
        let _ = write!(bytes_hex, "{b:02x}");
    }
    DiagramStream {
        title,
        bytes_hex,
        len: direction.len,
        rows,
    }
}

//! What came of one delivery, and all that is kept of many.

use std::collections::BTreeMap;

use harness_wire::Encoded;
use hdrhistogram::Histogram;

use super::oracle::{Answer, Part};
use super::tally::Tally;
use crate::latency;
use crate::plan::Class;
use crate::run::{DiagramStream, Octets};
use crate::step::Failed;

/// Failures of one kind, step and class of which everything is kept. Of further ones, only that they
/// were: a sweep may bring thousands.
const SHOWN: u32 = 16;

/// What came of one delivery.
pub(super) struct Outcome {
    /// What was not as expected, if anything.
    pub failed: Option<Failed>,
    /// What was proved.
    pub tally: Tally,
    /// Latencies in nanoseconds.
    pub latencies: Vec<u64>,
    /// What control exchanges brought.
    pub learned: Vec<(Part, usize, Answer)>,
    /// How requests lie in their bytes, where that was not known before.
    pub shapes: Vec<(usize, Encoded)>,
    /// The boundary diagram, where the delivery failed or is to be shown.
    pub streams: Vec<DiagramStream>,
    /// Excerpts of what should have come and of what came, where it failed.
    pub octets: (Option<Octets>, Option<Octets>),
    /// What was noticed.
    pub notes: Vec<String>,
    /// Effective options of the first connection.
    pub options: Vec<(&'static str, String)>,
    /// TCP_INFO of the first connection: name, after connect, before close.
    pub tcp_info: Vec<(&'static str, u64, u64)>,
    /// Why nothing could be proved, if so.
    pub unprovable: Option<String>,
}

impl Outcome {
    /// Of a delivery of which nothing is known but that it failed.
    pub(super) fn of(failed: Failed) -> Self {
        Self {
            failed: Some(failed),
            tally: Tally::default(),
            latencies: Vec::new(),
            learned: Vec::new(),
            shapes: Vec::new(),
            streams: Vec::new(),
            octets: (None, None),
            notes: Vec::new(),
            tcp_info: Vec::new(),
            options: Vec::new(),
            unprovable: None,
        }
    }
}

/// All that is kept of the deliveries of one sweep.
#[derive(Default)]
pub(super) struct Gathered {
    /// Outcomes that deviated, by the delivery's index, in order.
    pub failed: Vec<(usize, Outcome)>,
    /// Indices of deliveries that were carried out, with whether they were proved.
    pub delivered: Vec<(usize, bool)>,
    /// Proofs over all deliveries.
    pub tally: Tally,
    /// Latencies by class.
    pub latency: BTreeMap<Class, Histogram<u64>>,
    /// Diagrams of what was to be shown.
    pub shown: Vec<(usize, Vec<DiagramStream>)>,
    /// What was noticed, each once.
    pub notes: Vec<String>,
    /// Effective options of the first connection.
    pub options: Vec<(&'static str, String)>,
    /// TCP_INFO of the first connection: name, after connect, before close.
    pub tcp_info: Vec<(&'static str, u64, u64)>,
    /// Why deliveries were left out, if any were.
    pub cut_short: Option<String>,
    /// Failures so far by class, kind and step.
    alike: BTreeMap<(Class, &'static str, Box<str>), u32>,
}

impl Gathered {
    /// Adds the outcome of the delivery with this index.
    pub(super) fn add(&mut self, index: usize, class: Class, mut outcome: Outcome) {
        self.delivered.push((index, outcome.tally.complete()));
        self.tally.add(&outcome.tally);
        if !outcome.latencies.is_empty() {
            let into = self.latency.entry(class).or_insert_with(latency::empty);
            outcome
                .latencies
                .iter()
                .for_each(|ns| latency::record(into, *ns));
        }
        for note in outcome.notes.drain(..).chain(outcome.unprovable.take()) {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        if self.options.is_empty() {
            self.options = std::mem::take(&mut outcome.options);
            self.tcp_info = std::mem::take(&mut outcome.tcp_info);
        }
        if let Some(failed) = &outcome.failed {
            let key = (class, failed.deviation.kind, failed.step.clone());
            let seen = self.alike.entry(key).or_default();
            *seen += 1;
            if *seen > SHOWN {
                outcome.streams = Vec::new();
                outcome.octets = (None, None);
            }
            outcome.latencies = Vec::new();
            outcome.learned = Vec::new();
            outcome.shapes = Vec::new();
            self.failed.push((index, outcome));
        } else if !outcome.streams.is_empty() {
            self.shown.push((index, outcome.streams));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.failed.extend(other.failed);
        self.delivered.extend(other.delivered);
        self.tally.add(&other.tally);
        for (class, from) in other.latency {
            let into = self.latency.entry(class).or_insert_with(latency::empty);
            // Both have the same bounds, so that this cannot fail.
            let _ = into.add(&from);
        }
        self.shown.extend(other.shown);
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        if self.options.is_empty() {
            self.options = other.options;
            self.tcp_info = other.tcp_info;
        }
        self.cut_short = self.cut_short.take().or(other.cut_short);
    }
}

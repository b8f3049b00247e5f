//! Where the columns of a stream's segments stand, and where its lines are folded.

use super::canvas::Canvas;
use super::cells;
use super::row::Row;
use crate::report::octets::decode_hex;
use crate::report::options::Options;
use crate::report::text::{grouped, width};
use crate::run::DiagramStream;

/// Folded lines of one stream; what does not fit in them is left out of the middle.
const MAX_BLOCKS: usize = 4;

/// Segments kept at each end before anything is measured.
const MAX_SEGMENTS: usize = 200;

/// The widest label that may stretch a column.
const MAX_LABEL: usize = 24;

/// What lies between two neighbouring borders.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// The first byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// Borders inside that are left out.
    hidden: u64,
    text: String,
    columns: usize,
}

/// One folded line: neighbouring segments that fit the width.
#[derive(Debug)]
pub(crate) struct Block {
    segments: Vec<Segment>,
    /// The column of each border: one more than segments.
    borders: Vec<usize>,
}

/// Where an offset stands on a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before the first border.
    Before,
    /// At a border, in this column.
    Border(usize),
    /// Inside a segment whose borders are left out; its first and last column.
    Inside(usize, usize),
    /// After the last border.
    After,
}

/// Lays a stream out in lines of at most `inner` columns.
pub(crate) fn fold(
    stream: &DiagramStream,
    rows: &[Row<'_>],
    inner: usize,
    options: &Options,
) -> Vec<Block> {
    let known = decode_hex(&stream.bytes_hex);
    let borders = borders(stream.len, rows);
    let stretch = |keep: usize, limit: usize, label: usize, times: bool| {
        let mut segments = segments(&borders, keep, &known, (limit, inner - 2), options);
        for row in rows {
            demand(&mut segments, &row.needs(label.min(inner - 2), times));
        }
        pack(segments, inner)
    };
    for times in [true, false] {
        let blocks = stretch(MAX_SEGMENTS, inner - 2, MAX_LABEL, times);
        if blocks.len() <= 1 {
            return blocks;
        }
    }
    let limit = (inner / 3).clamp(12, 48).min(inner - 2);
    let mut keep = MAX_SEGMENTS;
    loop {
        let blocks = stretch(keep, limit, MAX_LABEL / 2, false);
        if blocks.len() <= MAX_BLOCKS || keep <= 1 {
            return blocks;
        }
        keep = (keep * MAX_BLOCKS / blocks.len()).min(keep - 1).max(1);
    }
}

/// All borders of all rows, in order, each once.
fn borders(len: u64, rows: &[Row<'_>]) -> Vec<u64> {
    let mut out = vec![0, len];
    for row in rows {
        out.extend(row.spans().flat_map(|(_, start, end)| [start, end]));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// The segments between borders; beyond `keep` at each end they become one.
fn segments(
    borders: &[u64],
    keep: usize,
    known: &[u8],
    (limit, gap_limit): (usize, usize),
    options: &Options,
) -> Vec<Segment> {
    let in_text = cells::is_text(known);
    let total = borders.len() - 1;
    let make = |from: usize, to: usize| {
        let (start, end) = (borders[from], borders[to]);
        let hidden = (to - from - 1) as u64;
        let text = if hidden > 0 {
            cells::gap(end - start, hidden, gap_limit, options)
        } else {
            let at = |offset: u64| {
                usize::try_from(offset)
                    .unwrap_or(usize::MAX)
                    .min(known.len())
            };
            cells::show(
                &known[at(start)..at(end)],
                end - start,
                in_text,
                limit,
                options,
            )
        };
        let columns = width(&text).max(1);
        Segment {
            start,
            end,
            hidden,
            text,
            columns,
        }
    };
    if total <= 2 * keep + 1 {
        return (0..total).map(|i| make(i, i + 1)).collect();
    }
    let head = (0..keep).map(|i| make(i, i + 1));
    let tail = (total - keep..total).map(|i| make(i, i + 1));
    head.chain([make(keep, total - keep)]).chain(tail).collect()
}

/// Widens segments until each span is as wide as it needs. Narrow spans come first, so that
/// wide ones over them find their width already there.
fn demand(segments: &mut [Segment], needs: &[(u64, u64, usize)]) {
    let mut needs: Vec<_> = needs.iter().collect();
    needs.sort_by_key(|(start, end, _)| end - start);
    for (start, end, need) in needs {
        let first = segments.binary_search_by_key(start, |segment| segment.start);
        let last = segments.binary_search_by_key(end, |segment| segment.end);
        let (Ok(first), Ok(last)) = (first, last) else {
            continue;
        };
        let Some(covered) = segments.get_mut(first..=last) else {
            continue;
        };
        let have: usize = covered
            .iter()
            .map(|segment| segment.columns + 1)
            .sum::<usize>()
            - 1;
        if let Some(segment) = covered.last_mut().filter(|_| have < *need) {
            segment.columns += need - have;
        }
    }
}

/// Puts as many segments on a line as fit.
fn pack(segments: Vec<Segment>, inner: usize) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for segment in segments {
        match blocks.last_mut() {
            Some(block) if block.width() + segment.columns < inner => block.push(segment),
            _ => {
                let mut block = Block {
                    segments: Vec::new(),
                    borders: vec![0],
                };
                block.push(segment);
                blocks.push(block);
            }
        }
    }
    blocks
}

impl Block {
    fn push(&mut self, segment: Segment) {
        self.borders.push(self.width() + segment.columns);
        self.segments.push(segment);
    }

    /// Columns from the first border to the last, both included.
    pub(crate) fn width(&self) -> usize {
        self.borders.last().map_or(0, |last| last + 1)
    }

    /// Where an offset stands.
    pub(crate) fn place(&self, offset: u64) -> Place {
        let (Some(first), Some(last)) = (self.segments.first(), self.segments.last()) else {
            return Place::After;
        };
        if offset < first.start {
            return Place::Before;
        }
        if offset > last.end {
            return Place::After;
        }
        let i = self
            .segments
            .partition_point(|segment| segment.end <= offset);
        match self.segments.get(i) {
            Some(segment) if segment.start < offset => {
                Place::Inside(self.borders[i] + 1, self.borders[i + 1] - 1)
            }
            _ => Place::Border(self.borders[i]),
        }
    }

    /// The columns between the borders of each segment that hides some, with its first and last
    /// byte.
    pub(crate) fn gaps(&self) -> impl Iterator<Item = (u64, u64, usize, usize)> {
        let gap = |(i, segment): (usize, &Segment)| {
            (segment.hidden > 0).then(|| {
                (
                    segment.start,
                    segment.end,
                    self.borders[i] + 1,
                    self.borders[i + 1],
                )
            })
        };
        self.segments.iter().enumerate().filter_map(gap)
    }

    /// The offsets at the borders, as many as have room: first the ends, then from the left.
    pub(crate) fn ruler(&self, inner: usize) -> String {
        let mut canvas = Canvas::new(inner);
        let offset = |i: usize| match self.segments.get(i) {
            Some(segment) => grouped(segment.start),
            None => self
                .segments
                .last()
                .map_or(String::new(), |last| grouped(last.end)),
        };
        let end = self.segments.len();
        for i in [0, end].into_iter().chain(1..end) {
            let (text, at) = (offset(i), self.borders[i]);
            if !canvas.text_if_free(at, &text) && i == end {
                // At the right edge the last offset ends under its border instead.
                canvas.text_if_free((at + 1).saturating_sub(width(&text)), &text);
            }
        }
        canvas.finish()
    }

    /// The bytes between their borders.
    pub(crate) fn bytes(&self, options: &Options) -> String {
        let bar = if options.unicode { '│' } else { '|' };
        let mut canvas = Canvas::new(self.width());
        for (i, segment) in self.segments.iter().enumerate() {
            canvas.put(self.borders[i], bar);
            let free = segment.columns - width(&segment.text).min(segment.columns);
            let shift = if segment.hidden > 0 { free / 2 } else { 0 };
            canvas.text(self.borders[i] + 1 + shift, &segment.text);
        }
        canvas.put(self.width() - 1, bar);
        canvas.finish()
    }
}

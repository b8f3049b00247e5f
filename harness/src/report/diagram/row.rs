//! One row of a diagram: the pieces that one layer saw, as brackets under the bytes.

use super::canvas::Canvas;
use super::layout::{Block, Place};
use crate::report::options::Options;
use crate::report::text::{clean, count, duration_us, take_width, width};
use crate::run::{DiagramRow, DiagramSpan};

/// Lanes of overlapping pieces that are drawn; more are counted.
const MAX_LANES: usize = 6;

/// A row whose pieces lie inside the stream, in lanes without overlaps.
pub(crate) struct Row<'a> {
    row: &'a DiagramRow,
    len: u64,
    lanes: Vec<Vec<&'a DiagramSpan>>,
    crowded: u64,
}

impl<'a> Row<'a> {
    /// Sorts the pieces of a stream of `len` bytes into lanes. What lies outside is dropped.
    pub(crate) fn new(row: &'a DiagramRow, len: u64) -> Self {
        let mut spans: Vec<&DiagramSpan> = row
            .spans
            .iter()
            .filter(|span| span.start <= span.end && span.start <= len)
            .collect();
        // Of two pieces that begin together the longer is the outer one.
        // An empty piece stands before the one that begins at the same byte.
        spans.sort_by_key(|s| (s.start, s.start < s.end, std::cmp::Reverse(s.end)));
        let mut lanes: Vec<Vec<&DiagramSpan>> = Vec::new();
        let mut crowded = 0;
        for span in spans {
            let free = |lane: &&mut Vec<&DiagramSpan>| {
                lane.last().is_none_or(|last| last.end <= span.start)
            };
            if let Some(lane) = lanes.iter_mut().find(free) {
                lane.push(span);
            } else if lanes.len() < MAX_LANES {
                lanes.push(vec![span]);
            } else {
                crowded += 1;
            }
        }
        Self {
            row,
            len,
            lanes,
            crowded,
        }
    }

    /// True where the borders were seen or proved.
    pub(crate) fn proved(&self) -> bool {
        self.row.proved
    }

    /// The lanes, outermost first.
    pub(crate) fn lanes(&self) -> &[Vec<&'a DiagramSpan>] {
        &self.lanes
    }

    /// The drawn pieces, with their ends inside the stream.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (&'a DiagramSpan, u64, u64)> {
        self.lanes
            .iter()
            .flatten()
            .map(|span| (*span, span.start, span.end.min(self.len)))
    }

    /// The columns that each piece needs between its borders for its label (of at most `most`
    /// columns), and for its time where `times` is true.
    pub(crate) fn needs(&self, most: usize, times: bool) -> Vec<(u64, u64, usize)> {
        let need = |(span, start, end): (&DiagramSpan, u64, u64)| {
            let label = width(&clean(&span.label));
            let label = if label == 0 { 0 } else { label + 2 };
            let time = span
                .at_us
                .filter(|_| times)
                .map_or(0, |at| width(&time(at)) + 1);
            (start, end, label.max(time).min(most))
        };
        self.spans()
            .filter(|(_, start, end)| start < end)
            .map(need)
            .filter(|need| need.2 > 0)
            .collect()
    }

    /// The remark: as given, else a count; and whether it is inferred.
    pub(crate) fn note(&self) -> String {
        let given = self
            .row
            .note
            .as_deref()
            .map(clean)
            .filter(|note| !note.trim().is_empty());
        let mut note = given.unwrap_or_else(|| {
            let many = clean(&self.row.layer);
            let one = many.strip_suffix('s').unwrap_or(&many);
            count(self.row.spans.len() as u64, one, &many)
        });
        let empty = self.spans().filter(|(_, start, end)| start == end).count();
        if empty > 0 {
            note.push_str(&format!(", {empty} empty"));
        }
        if self.crowded > 0 {
            note.push_str(&format!(", {} overlapping left out", self.crowded));
        }
        if !self.row.proved {
            note.push_str(" (inferred)");
        }
        note
    }

    /// Draws the pieces of a lane on a block.
    pub(crate) fn draw(&self, lane: &[&DiagramSpan], block: &Block, options: &Options) -> String {
        let line = match (self.row.proved, options.unicode) {
            (true, true) => '─',
            (false, true) => '┄',
            (true, false) => '-',
            (false, false) => '.',
        };
        let (left, right, both, dot) = if options.unicode {
            ('└', '┘', '┴', '◆')
        } else {
            ('+', '+', '+', '*')
        };
        let mut canvas = Canvas::new(block.width());
        let mut empty = Vec::new();
        for span in lane {
            let Some((from, to, opens, closes)) = self.extent(span, block) else {
                continue;
            };
            if span.start == span.end.min(self.len) {
                empty.push(from);
                continue;
            }
            let inner = from + usize::from(opens)..to + usize::from(!closes);
            canvas.fill(inner.start, inner.end, line);
            if opens {
                let c = if matches!(canvas.at(from), '└' | '┘' | '┴' | '+') {
                    both
                } else {
                    left
                };
                canvas.put(from, c);
            }
            if closes {
                canvas.put(to, right);
            }
            label(&mut canvas, &span.label, inner.start, inner.end);
        }
        empty.into_iter().for_each(|at| canvas.put(at, dot));
        for (start, end, from, to) in block.gaps() {
            let hidden = |span: &&DiagramSpan| {
                span.start > start && span.start < end || span.end > start && span.end < end
            };
            if lane.iter().any(hidden) {
                let dots = options.pick("⋯", "...");
                canvas.fill(from, to, ' ');
                canvas.text(from + (to - from).saturating_sub(width(dots)) / 2, dots);
            }
        }
        canvas.finish()
    }

    /// The times at which the pieces of a lane came, each under its first byte, as far as there
    /// is room. `None` where there is none to show.
    pub(crate) fn times(
        &self,
        lane: &[&DiagramSpan],
        block: &Block,
        inner: usize,
    ) -> Option<String> {
        let mut canvas = Canvas::new(inner);
        for span in lane {
            if let (Some(at), Place::Border(column)) = (span.at_us, block.place(span.start)) {
                // A piece that begins where a folded line ends shows its time on the next one.
                if column + 1 < block.width() || span.start == self.len {
                    canvas.text_if_free(column, &time(at));
                }
            }
        }
        Some(canvas.finish()).filter(|line| !line.is_empty())
    }

    /// The first and last column of a piece on a block, and whether it begins and ends there.
    fn extent(&self, span: &DiagramSpan, block: &Block) -> Option<(usize, usize, bool, bool)> {
        let last = block.width().checked_sub(1)?;
        let end = span.end.min(self.len);
        let (from, opens) = match block.place(span.start) {
            Place::Before => (0, false),
            Place::Border(column) => (column, true),
            // Its beginning is left out: it comes from the middle of the gap.
            Place::Inside(first, last) => (usize::midpoint(first, last) + 1, false),
            Place::After => return None,
        };
        let (to, closes) = match block.place(end) {
            Place::Before => return None,
            Place::Border(column) => (column, true),
            Place::Inside(first, last) => {
                if matches!(block.place(span.start), Place::Inside(..)) {
                    return None;
                }
                (usize::midpoint(first, last).saturating_sub(1), false)
            }
            Place::After => (last, false),
        };
        // A piece that only touches the block's edge belongs to the neighbouring block.
        let touches = from == to && span.start != end;
        (from <= to && !touches).then_some((from, to, opens, closes))
    }
}

fn time(at: u64) -> String {
    if at == 0 { "0".into() } else { duration_us(at) }
}

/// Places a label in the middle of `from..to`, shortened where it must be.
fn label(canvas: &mut Canvas, text: &str, from: usize, to: usize) {
    let text = clean(text);
    let room = to.saturating_sub(from);
    let shown = if width(&text) <= room {
        text.as_str()
    } else {
        take_width(&text, room).0
    };
    if !shown.is_empty() && (shown.len() == text.len() || room >= 3) {
        canvas.text(from + (room - width(shown)) / 2, shown);
    }
}

//! The boundary diagram as text: how the bytes of a stream lay in writes, segments, reads and
//! frames.
//!
//! Columns are elastic. Every border that some row has gets a column of its own, in which it
//! stands in all rows; what lies between two neighbouring borders is a *segment*, as wide as its
//! bytes and its labels need. So a piece of one byte stays visible beside one of a megabyte, and
//! where many writes meet in one read the eye sees it.

use super::options::Options;
use super::text::{Line, Role, bytes, clean, count, take_width, width, wrap};
use crate::run::{Diagram, DiagramStream};

mod canvas;
mod cells;
mod layout;
mod row;

/// Streams that are drawn; more are counted.
const MAX_STREAMS: usize = 8;

/// Draws a diagram as plain text: each line ends with a line feed and keeps `options.width`
/// (at least [`Options::MIN_WIDTH`]).
#[must_use]
pub fn render(diagram: &Diagram, options: &Options) -> String {
    lines(diagram, options, options.columns())
        .iter()
        .flat_map(|line| [line.plain(), "\n".into()])
        .collect()
}

/// Draws a diagram in lines of at most `columns` columns.
pub(crate) fn lines(diagram: &Diagram, options: &Options, columns: usize) -> Vec<Line> {
    let columns = columns.max(Options::MIN_WIDTH - 8);
    let mut out = Vec::new();
    if !diagram.title.trim().is_empty() {
        out.extend(
            wrap(&diagram.title, columns)
                .into_iter()
                .map(|line| Line::of(Role::Bold, line)),
        );
    }
    for (i, stream) in diagram.streams.iter().take(MAX_STREAMS).enumerate() {
        if i > 0 {
            out.push(Line::blank());
        }
        stream_lines(&mut out, stream, options, columns);
    }
    if let Some(more) = diagram
        .streams
        .len()
        .checked_sub(MAX_STREAMS)
        .filter(|more| *more > 0)
    {
        out.push(Line::blank());
        out.push(Line::of(
            Role::Dim,
            format!("and {} more", count(more as u64, "stream", "streams")),
        ));
    }
    let inferred = |stream: &DiagramStream| stream.rows.iter().any(|row| !row.proved);
    if diagram.streams.iter().take(MAX_STREAMS).any(inferred) {
        let legend = options.pick(
            "── seen or proved   ┄┄ inferred",
            "-- seen or proved   .. inferred",
        );
        out.push(Line::of(Role::Dim, legend));
    }
    out
}

fn stream_lines(out: &mut Vec<Line>, stream: &DiagramStream, options: &Options, columns: usize) {
    let arrow = options.pick("→", "->");
    let title = clean(&stream.title).replace("->", arrow);
    let size = bytes(stream.len);
    let mut head = wrap(&title, columns);
    let tail = head.pop().unwrap_or_default();
    out.extend(head.into_iter().map(|line| Line::of(Role::Plain, line)));
    if width(&tail) + 3 + width(&size) <= columns {
        out.push(Line::of(Role::Plain, format!("{tail}   ")).and(Role::Dim, size));
    } else {
        out.push(Line::of(Role::Plain, tail));
        out.push(Line::of(Role::Dim, size));
    }
    let names: Vec<String> = stream
        .rows
        .iter()
        .map(|row| take_width(&clean(&row.layer), 10).0.to_owned())
        .collect();
    let gutter = names
        .iter()
        .map(|name| width(name))
        .max()
        .unwrap_or(0)
        .max(4)
        + 1;
    let rows: Vec<row::Row<'_>> = stream
        .rows
        .iter()
        .map(|row| row::Row::new(row, stream.len))
        .collect();
    if stream.len == 0 {
        for (name, row) in names.iter().zip(&rows) {
            note_lines(out, name, &row.note(), gutter, columns);
        }
        return;
    }
    let folded = layout::fold(stream, &rows, columns - gutter, options);
    for (i, block) in folded.iter().enumerate() {
        let last = i + 1 == folded.len();
        if i > 0 {
            out.push(Line::blank());
        }
        out.push(Line::of(Role::Dim, block.ruler(columns - gutter)).indented(gutter));
        out.push(Line::of(Role::Plain, block.bytes(options)).indented(gutter));
        for (name, row) in names.iter().zip(&rows) {
            row_lines(out, name, row, block, last, (gutter, columns), options);
        }
    }
}

/// One row of one block: a line for each lane, times below, and on the last block the remark.
fn row_lines(
    out: &mut Vec<Line>,
    name: &str,
    row: &row::Row<'_>,
    block: &layout::Block,
    last: bool,
    (gutter, columns): (usize, usize),
    options: &Options,
) {
    let mut note = last.then(|| row.note());
    let mut name = name;
    for lane in row.lanes() {
        let drawn = row.draw(lane, block, options);
        if drawn.is_empty() {
            continue;
        }
        let mut line = Line::of(Role::Dim, std::mem::take(&mut name));
        line.pad_to(gutter);
        line.push(if row.proved() { Role::Copy } else { Role::Dim }, drawn);
        if let Some(text) = note.take_if(|text| gutter + block.width() + 3 + width(text) <= columns)
        {
            line.pad_to(gutter + block.width() + 3);
            line.push(Role::Dim, text);
        }
        out.push(line);
        if let Some(times) = row.times(lane, block, columns - gutter) {
            out.push(Line::of(Role::Dim, times).indented(gutter));
        }
    }
    if let Some(text) = note {
        note_lines(out, name, &text, gutter, columns);
    }
}

fn note_lines(out: &mut Vec<Line>, name: &str, note: &str, gutter: usize, columns: usize) {
    for (i, text) in wrap(note, columns - gutter).into_iter().enumerate() {
        let mut line = Line::of(Role::Dim, if i == 0 { name } else { "" });
        line.pad_to(gutter);
        line.push(Role::Dim, text);
        out.push(line);
    }
}

//! Lines up to one that says the end.

use super::{FieldKind, Said, Scan};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::{Piece, show, unfit};
use crate::compose::malformed::Candidate;
use crate::compose::plan::Part;
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::LinesSpec;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::line::{self, LineEnd};
use crate::{EncodeError, Value};

/// Lines, and the last of them.
#[derive(Debug)]
pub(crate) struct Lines {
    line_end: LineEnd,
    until: Vec<u8>,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    spec: &LinesSpec,
) -> Result<(Lines, Draft), SpecError> {
    if spec.until.contains(&b'\n') {
        let what = "the text of the last line has a line feed in it";
        let mend = "write the line without its end";
        return Err(SpecError::new(
            SpecErrorKind::TwoExtents,
            c.name(),
            what,
            mend,
        ));
    }
    let lines = Lines {
        line_end: spec.line_end,
        until: spec.until.clone(),
    };
    let draft = draft(spec.line_end, &spec.until);
    Ok((lines, draft))
}

/// Where a block ends whose last line is `last`.
pub(super) fn draft(line_end: LineEnd, last: &[u8]) -> Draft {
    Draft::Own {
        min: last.len() + 1,
        terminator: Some([last, line_end.bytes()].concat()),
    }
}

/// Searches the last line of a block.
pub(super) fn scan(
    bytes: &[u8],
    from: usize,
    line_end: LineEnd,
    last: &[u8],
) -> Result<Scan, Wrong> {
    Ok(match line::find(bytes, from, line_end, last)? {
        Some((end, next)) => Scan::End { end, next },
        None => Scan::More {
            least: bytes.len() + 1,
            resume: bytes.len(),
        },
    })
}

/// Mistakes in how a block's lines end.
pub(super) fn bare_lf(
    frame: &Rebuild<'_>,
    place: usize,
    line_end: LineEnd,
    out: &mut Vec<Candidate>,
) {
    if line_end != LineEnd::CrLf {
        return;
    }
    let (start, content) = (frame.starts[place], frame.content(place));
    let block = frame.bytes[start..].iter().position(|&byte| byte == b'\n');
    if let Some(at) = block.filter(|&at| at > 0) {
        let mut bytes = frame.bytes.to_vec();
        bytes.remove(start + at - 1);
        let which = if content.is_empty() { "last" } else { "first" };
        out.push(Candidate {
            name: format!("{}.bare_lf", frame.plan.parts[place].name),
            about: format!("The {which} line ends with LF alone."),
            bytes,
        });
    }
}

impl FieldKind for Lines {
    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        let items = match given {
            Some(Value::List(items)) => items,
            Some(value) => return Err(unfit(&part.key, show(value), "it holds a list of lines")),
            None => {
                return Err(EncodeError::Missing {
                    name: part.key.clone(),
                });
            }
        };
        let mut out = Vec::new();
        for item in items {
            match item {
                Value::Bytes(line) if line.contains(&b'\n') || *line == self.until => {
                    let given = format!("the line \"{}\"", line.escape_ascii());
                    let expected = "a line has no line feed, and is not the one that says the end";
                    return Err(unfit(&part.key, given, expected));
                }
                Value::Bytes(line) => {
                    out.extend_from_slice(line);
                    out.extend_from_slice(self.line_end.bytes());
                }
                value => return Err(unfit(&part.key, show(value), "each line is text")),
            }
        }
        Ok(Piece::Owned(out))
    }

    fn accept(&self, _content: &[u8]) -> Result<Said, Wrong> {
        Ok(Said::Nothing)
    }

    #[inline]
    fn scan(&self, bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
        scan(bytes, from, self.line_end, &self.until)
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        bare_lf(frame, place, self.line_end, out);
    }
}

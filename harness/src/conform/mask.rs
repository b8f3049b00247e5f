//! Fields of an answer in place of others: an answer is compared as if what may differ did not.

use std::borrow::Cow;
use std::ops::Range;

use harness_wire::Frame;

use super::oracle::Answer;

/// The bytes of a field, where it lies in one piece.
pub(super) fn field<'a>(bytes: &'a [u8], frame: &Frame, name: &str) -> Option<&'a [u8]> {
    match frame.field(name)?.ranges.as_slice() {
        [range] => bytes.get(range.clone()),
        _ => None,
    }
}

/// The bytes of a field, piece by piece.
fn pieces<'a>(bytes: &'a [u8], frame: &Frame, name: &str) -> Option<Vec<&'a [u8]>> {
    let ranges = frame.field(name)?.ranges.iter();
    ranges.map(|range| bytes.get(range.clone())).collect()
}

/// The bytes with other content in a field.
pub(super) fn with(bytes: &[u8], frame: Option<&Frame>, name: &str, content: &[u8]) -> Vec<u8> {
    let mut edits = Vec::new();
    if let Some(frame) = frame {
        replace(&mut edits, frame, 0, name, &[content]);
    }
    edited(bytes, edits)
}

/// What came, with the expected content in the fields that may hold anything. `volatile` are those
/// fields for each frame in turn.
pub(super) fn masked(
    bytes: &[u8],
    frames: &[Frame],
    want: &Answer,
    volatile: &[&[String]],
) -> Vec<u8> {
    let mut edits = Vec::new();
    let (mut start, mut want_start) = (0, 0);
    for ((frame, wanted), volatile) in frames.iter().zip(&want.frames).zip(volatile) {
        let rest = want.bytes.get(want_start..).unwrap_or_default();
        for name in *volatile {
            if let Some(content) = pieces(rest, wanted, name) {
                replace(&mut edits, frame, start, name, &content);
            }
        }
        start += frame.len;
        want_start += wanted.len;
    }
    edited(bytes, edits)
}

type Edit<'a> = (Range<usize>, Cow<'a, [u8]>);

/// A field in as many pieces is replaced piece by piece, another as a whole in the place of its
/// first.
fn replace<'a>(
    edits: &mut Vec<Edit<'a>>,
    frame: &Frame,
    start: usize,
    name: &str,
    content: &[&'a [u8]],
) {
    let ranges = frame.field(name).map_or(&[][..], |field| &field.ranges);
    let alike = ranges.len() == content.len();
    for (n, range) in ranges.iter().enumerate() {
        let content = match (alike, n) {
            (true, n) => Cow::Borrowed(content[n]),
            (false, 0) => Cow::Owned(content.concat()),
            (false, _) => Cow::Borrowed(&[][..]),
        };
        edits.push((range.start + start..range.end + start, content));
    }
}

fn edited(bytes: &[u8], mut edits: Vec<Edit<'_>>) -> Vec<u8> {
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = Vec::with_capacity(bytes.len());
    let mut done = 0;
    for (range, content) in edits {
        if let (Some(before), true) = (bytes.get(done..range.start), range.end <= bytes.len()) {
            out.extend_from_slice(before);
            out.extend_from_slice(&content);
            done = range.end;
        }
    }
    out.extend_from_slice(bytes.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness_wire::Field;

    fn frame(len: usize, fields: &[(&str, Range<usize>)]) -> Frame {
        let field = |(name, range): &(&str, Range<usize>)| Field {
            name: (*name).into(),
            ranges: vec![range.clone()],
        };
        Frame {
            len,
            fields: fields.iter().map(field).collect(),
        }
    }

    #[test]
    fn fields_that_may_differ_take_what_is_expected_whatever_their_length() {
        let want = Answer {
            bytes: b"2abzz1cz".to_vec(),
            frames: vec![
                frame(5, &[("n", 0..1), ("v", 1..3), ("rest", 3..5)]),
                frame(3, &[("n", 0..1), ("v", 1..2), ("rest", 2..3)]),
            ],
        };
        let got = b"4wxyzzz1cY!";
        let frames = [
            frame(7, &[("n", 0..1), ("v", 1..5), ("rest", 5..7)]),
            frame(3, &[("n", 0..1), ("v", 1..2), ("rest", 2..3)]),
        ];
        let volatile = ["n".to_owned(), "v".to_owned()];
        let seen = masked(got, &frames, &want, &[&volatile, &[]]);
        assert_eq!(seen, b"2abzz1cY!", "what follows is kept");
        assert_eq!(with(b"2abzz", want.frames.first(), "v", b""), b"2zz");
        assert_eq!(with(b"2abzz", want.frames.first(), "none", b"q"), b"2abzz");
    }
}

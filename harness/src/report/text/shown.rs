//! Bytes as people read them: quoted text or a hexadecimal dump, with the first difference.

use std::ops::Range;

use super::number::{bytes as bytes_text, grouped};
use super::wrap::width;
use crate::run::Octets;

/// Bytes kept at the start, around the place that matters, and at the end of a long string.
const KEEP: u64 = 64;

/// One line of shown bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The line.
    pub text: String,
    /// The column at which the byte of interest stands, where it is on this line.
    pub mark: Option<usize>,
}

/// Shows an excerpt in lines of at most `columns` columns (at least 24). `focus` is the offset
/// of the byte of interest; it may be one past the last.
pub(crate) fn show_octets(octets: &Octets, focus: Option<u64>, columns: usize) -> Vec<Shown> {
    let (start, bytes) = octets.bytes();
    if octets.len == 0 {
        return vec![Shown {
            text: "(no bytes)".into(),
            mark: focus.map(|_| 0),
        }];
    }
    let as_text = readable(&bytes);
    let digits = grouped(octets.len.saturating_sub(1)).len();
    let columns = columns.max(24);
    let mut out = Vec::new();
    let mut next = 0;
    for range in kept(octets.len, start, bytes.len() as u64, focus, as_text) {
        push_gap(&mut out, next, range.start);
        next = range.end;
        let from = usize::try_from(range.start - start).unwrap_or(usize::MAX);
        let to = usize::try_from(range.end - start).unwrap_or(usize::MAX);
        let part = bytes.get(from..to).unwrap_or_default();
        let whole = range.start == 0 && range.end == octets.len;
        if as_text {
            text_lines(
                &mut out,
                part,
                range.start,
                focus,
                columns,
                if whole { None } else { Some(digits) },
            );
        } else {
            hex_lines(&mut out, part, range.start, focus, columns, digits);
        }
    }
    push_gap(&mut out, next, octets.len);
    out
}

fn push_gap(out: &mut Vec<Shown>, from: u64, to: u64) {
    if to > from {
        out.push(Shown {
            text: format!("... {} ...", bytes_text(to - from)),
            mark: None,
        });
    }
}

/// True where at least three quarters of the bytes are printable ASCII or line ends.
fn readable(bytes: &[u8]) -> bool {
    let good = bytes
        .iter()
        .filter(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~'))
        .count();
    good * 4 >= bytes.len() * 3
}

/// The ranges of a long string that are worth showing, in order and disjoint.
fn kept(len: u64, start: u64, have: u64, focus: Option<u64>, as_text: bool) -> Vec<Range<u64>> {
    let end = start.saturating_add(have).min(len);
    let keep = KEEP;
    let middle = focus.map(|at| at.saturating_sub(keep / 2)..at.saturating_add(keep / 2));
    let wanted = [
        Some(0..keep),
        middle,
        Some(len.saturating_sub(keep / 2)..len),
    ];
    let mut out: Vec<Range<u64>> = Vec::new();
    for range in wanted.into_iter().flatten() {
        // Dumps begin at multiples of 16, so that their columns mean something.
        let from = if as_text {
            range.start
        } else {
            range.start / 16 * 16
        };
        let to = if as_text {
            range.end
        } else {
            range.end.next_multiple_of(16)
        };
        let range = from.max(start)..to.min(end);
        match out.last_mut() {
            _ if range.start >= range.end => {}
            // A gap that is shorter than the words about it is shown instead.
            Some(last) if range.start <= last.end.saturating_add(32) => {
                last.end = last.end.max(range.end)
            }
            _ => out.push(range),
        }
    }
    out
}

/// Quoted text in lines; with offsets before them where there are several.
fn text_lines(
    out: &mut Vec<Shown>,
    bytes: &[u8],
    start: u64,
    focus: Option<u64>,
    columns: usize,
    digits: Option<usize>,
) {
    let one_line: usize = bytes.iter().map(|b| width(&escape(*b))).sum::<usize>() + 2;
    let digits = match digits {
        None if one_line <= columns => None,
        None => Some(grouped(start + bytes.len() as u64).len()),
        some => some,
    };
    let room = columns
        .saturating_sub(2 + digits.map_or(0, |d| d + 2))
        .max(8);
    let mut at = start;
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut text = digits.map_or(String::new(), |d| format!("{:>d$}  ", grouped(at)));
        let mut mark = None;
        let mut used = 0;
        let mut taken = 0;
        text.push('"');
        for byte in rest {
            let cell = escape(*byte);
            if used + cell.len() > room {
                break;
            }
            if focus == Some(at) {
                mark = Some(width(&text));
            }
            used += cell.len();
            text.push_str(&cell);
            taken += 1;
            at += 1;
            if *byte == b'\n' && one_line > columns {
                break;
            }
        }
        rest = &rest[taken..];
        if rest.is_empty() && focus == Some(at) {
            mark = Some(width(&text));
        }
        text.push('"');
        out.push(Shown { text, mark });
    }
}

/// Rows of 16 (or 8) bytes: offset, hexadecimal, text.
fn hex_lines(
    out: &mut Vec<Shown>,
    bytes: &[u8],
    start: u64,
    focus: Option<u64>,
    columns: usize,
    digits: usize,
) {
    let row = if columns >= digits + 2 + 16 * 4 + 4 {
        16
    } else {
        4
    };
    let row = if row == 4 && columns >= digits + 2 + 8 * 4 + 4 {
        8
    } else {
        row
    };
    for (i, chunk) in bytes.chunks(row).enumerate() {
        let at = start + (i * row) as u64;
        let mut text = format!("{:>digits$}  ", grouped(at));
        let mark = focus.filter(|f| {
            let inside = *f >= at && *f < at + chunk.len() as u64;
            inside || (*f == at + chunk.len() as u64 && (i + 1) * row >= bytes.len())
        });
        let mark = mark.map(|f| width(&text) + 3 * usize::try_from(f - at).unwrap_or(0));
        for byte in chunk {
            text.push_str(&format!("{byte:02x} "));
        }
        let short = row - chunk.len();
        text.push_str(&" ".repeat(if bytes.len() > row { 3 * short + 1 } else { 1 }));
        text.push('|');
        text.extend(chunk.iter().map(|b| {
            if matches!(b, b' '..=b'~') {
                char::from(*b)
            } else {
                '.'
            }
        }));
        text.push('|');
        out.push(Shown { text, mark });
    }
}

/// A byte inside quotes.
fn escape(byte: u8) -> String {
    match byte {
        b'"' => "\\\"".into(),
        b'\\' => "\\\\".into(),
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        b' '..=b'~' => char::from(byte).into(),
        _ => format!("\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::difference;
    use super::*;

    fn lines(octets: &Octets, focus: Option<u64>, columns: usize) -> Vec<String> {
        show_octets(octets, focus, columns)
            .into_iter()
            .map(|shown| shown.text)
            .collect()
    }

    #[test]
    fn short_text_is_quoted() {
        assert_eq!(
            lines(&Octets::of(b"he\"l\\lo\r\n\0"), None, 60),
            [r#""he\"l\\lo\r\n\x00""#]
        );
        assert_eq!(lines(&Octets::of(b""), None, 60), ["(no bytes)"]);
    }

    #[test]
    fn other_bytes_are_dumped() {
        assert_eq!(
            lines(&Octets::of(b"\0\0\0\x05hello\xff\xfe"), None, 80),
            [" 0  00 00 00 05 68 65 6c 6c 6f ff fe  |....hello..|"]
        );
    }

    #[test]
    fn long_text_loses_its_middle_but_not_the_difference() {
        let expected = vec![b'a'; 5_000_000];
        let mut actual = expected.clone();
        actual[3_000_000] = b'!';
        let (e, a) = Octets::pair(&expected, &actual);
        let (at, words) = difference(&e, &a).unwrap();
        assert_eq!(at, 3_000_000);
        assert_eq!(
            words,
            "first difference at byte 3,000,000: expected 61 'a', got 21 '!'"
        );
        let shown = show_octets(&a, Some(at), 80);
        let marked = shown.iter().find(|line| line.mark.is_some()).unwrap();
        assert_eq!(marked.text.as_bytes()[marked.mark.unwrap()], b'!');
        assert!(shown[0].text.starts_with("... 2,9"), "{shown:?}");
        assert!(shown.len() < 8, "{shown:?}");
    }

    #[test]
    fn the_end_can_be_marked() {
        let a = Octets::of(b"hel");
        assert_eq!(
            show_octets(&a, Some(3), 40)[0],
            Shown {
                text: "\"hel\"".into(),
                mark: Some(4)
            }
        );
    }

    #[test]
    fn every_line_keeps_the_width() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1_000).collect();
        for columns in 24..120 {
            for focus in [None, Some(0), Some(500), Some(1_000)] {
                for octets in [Octets::of(&bytes), Octets::of(&[b'x'; 1_000])] {
                    for line in show_octets(&octets, focus, columns) {
                        assert!(width(&line.text) <= columns, "{columns}: {line:?}");
                    }
                }
            }
        }
    }
}

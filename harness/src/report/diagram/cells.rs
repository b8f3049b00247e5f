//! The bytes of a segment in as many columns as there are.

use crate::report::options::Options;
use crate::report::text::{count, grouped, width};

/// Segments of fewer bytes do not show by themselves whether they are text.
const SHORT: usize = 4;

/// Shows `len` bytes of which the first `known` are known, in at most `limit` columns
/// (at least 1). What does not fit is left out of the middle, and counted where that fits.
/// `in_text` tells whether the stream as a whole is text: a few bytes alone do not show it.
pub(crate) fn show(
    known: &[u8],
    len: u64,
    in_text: bool,
    limit: usize,
    options: &Options,
) -> String {
    let limit = limit.max(1);
    let mixed = known.iter().any(plain) != known.iter().all(plain);
    let unclear = mixed || known.iter().all(u8::is_ascii_whitespace);
    let text = if known.len() < SHORT && unclear {
        in_text
    } else {
        is_text(known)
    };
    let gap = usize::from(!text);
    let cells: Vec<String> = known
        .iter()
        .map(|byte| cell(*byte, text, options))
        .collect();
    let separator = if text { "" } else { " " };
    if known.len() as u64 == len {
        let all = cells.join(separator);
        if width(&all) <= limit {
            return all;
        }
    }
    // The marker's own width depends on how many bytes it counts: reserve for all of them.
    let reserve = width(&marker(len, usize::MAX, options));
    let room = limit.saturating_sub(reserve + 2 * gap);
    let tail_known = known.len() as u64 == len;
    let head_room = if tail_known { room.div_ceil(2) } else { room };
    let head = fitting(cells.iter(), head_room, gap);
    let tail_room = if tail_known { room - head_room } else { 0 };
    let tail = fitting(cells[head..].iter().rev(), tail_room, gap);
    let left_out = len - (head + tail) as u64;
    let mut parts = Vec::new();
    if head > 0 {
        parts.push(cells[..head].join(separator));
    }
    parts.push(marker(left_out, limit, options));
    if tail > 0 {
        parts.push(cells[cells.len() - tail..].join(separator));
    }
    parts.join(separator)
}

/// Says that a stretch with borders inside is left out.
pub(crate) fn gap(bytes: u64, borders: u64, limit: usize, options: &Options) -> String {
    let dots = options.pick("⋯", "...");
    let long = format!(
        " {dots} {} and {} {dots} ",
        count(bytes, "byte", "bytes"),
        count(borders, "border", "borders")
    );
    if width(&long) <= limit {
        long
    } else {
        marker(bytes, limit, options)
    }
}

/// How many cells fit, with `gap` columns after each.
fn fitting<'a>(cells: impl Iterator<Item = &'a String>, room: usize, gap: usize) -> usize {
    let mut used = 0;
    cells
        .take_while(|cell| {
            used += width(cell) + gap;
            used <= room + gap
        })
        .count()
}

fn marker(bytes: u64, limit: usize, options: &Options) -> String {
    let dots = options.pick("…", "..");
    // The ruler tells how few they are; words would only widen the column.
    if bytes < 10 && width(dots) <= limit {
        return dots.to_owned();
    }
    let with_unit = format!("{dots}{}{dots}", count(bytes, "byte", "bytes"));
    let bare = format!("{dots}{}{dots}", grouped(bytes));
    [with_unit, bare, dots.to_owned()]
        .into_iter()
        .find(|text| width(text) <= limit)
        .unwrap_or_else(|| options.pick("…", ".").to_owned())
}

/// True where at least three quarters are printable or a line end: then the others are escaped.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let good = bytes.iter().filter(|byte| plain(byte)).count();
    good * 4 >= bytes.len() * 3
}

fn plain(byte: &u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~')
}

fn cell(byte: u8, text: bool, options: &Options) -> String {
    match byte {
        _ if !text => format!("{byte:02x}"),
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        // A blank at the end of a piece would not be seen.
        b' ' => options.pick("␣", " ").into(),
        b'!'..=b'~' => char::from(byte).into(),
        _ => format!("\\x{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options {
        colour: false,
        width: 100,
        unicode: true,
    };

    #[test]
    fn bytes_are_text_or_hexadecimal() {
        assert_eq!(show(b"hello\r\n", 7, true, 20, &OPTIONS), "hello\\r\\n");
        assert_eq!(show(b"\0\0\0\x05", 4, true, 20, &OPTIONS), "00 00 00 05");
        assert_eq!(show(b"a b", 3, true, 20, &OPTIONS), "a␣b");
        assert_eq!(
            show("héllo w".as_bytes(), 8, true, 20, &OPTIONS),
            "h\\xc3\\xa9llo␣w"
        );
    }

    #[test]
    fn the_middle_goes_first() {
        let long = [b'a'; 1_000];
        assert_eq!(show(&long, 1_000, true, 20, &OPTIONS), "aaaa…993 bytes…aaa");
        assert_eq!(
            show(&long, 5_000, true, 20, &OPTIONS),
            "aaaaaaa…4,993 bytes…"
        );
        assert_eq!(show(&[], 5_000, true, 20, &OPTIONS), "…5,000 bytes…");
        assert_eq!(show(&[], 5_000, true, 1, &OPTIONS), "…");
    }

    #[test]
    fn no_more_columns_than_allowed() {
        for unicode in [true, false] {
            let options = Options { unicode, ..OPTIONS };
            for limit in 1..60 {
                for bytes in [&[b'x'; 500][..], &[0; 500], &[b' '; 3], &[0; 1], &[]] {
                    let shown = show(bytes, 500, true, limit, &options);
                    assert!(width(&shown) <= limit, "{limit}: {shown}");
                    if bytes.len() <= limit / 4 {
                        let shown = show(bytes, bytes.len() as u64, true, limit, &options);
                        assert!(width(&shown) <= limit, "{limit}: {shown}");
                    }
                }
                assert!(width(&gap(1_000, 1_000, limit, &options)) <= limit);
            }
        }
    }
}

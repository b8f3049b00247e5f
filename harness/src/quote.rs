//! Bytes as people can read them: quoted text where it is text, hexadecimal where it is not.

/// The longest run of bytes that is shown whole.
const WHOLE: usize = 96;
/// How much of each end is shown of a longer one.
const END: usize = 40;

/// Shows bytes in quotes, with escapes as in Rust and Python (`\n`, `\x00`), the middle of long
/// ones left out, and the length where it is not plain to see.
pub fn bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "nothing (0 bytes)".to_owned();
    }
    if bytes.len() <= WHOLE {
        return format!("{} ({})", quoted(bytes), count(bytes.len()));
    }
    format!(
        "{} ... {} ({})",
        quoted(&bytes[..END]),
        quoted(&bytes[bytes.len() - END..]),
        count(bytes.len())
    )
}

fn quoted(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    let mut rest = bytes;
    while !rest.is_empty() {
        let (text, bad) = match std::str::from_utf8(rest) {
            Ok(text) => (text, 0),
            Err(e) => {
                let (good, after) = rest.split_at(e.valid_up_to());
                let bad = e.error_len().unwrap_or(after.len());
                (std::str::from_utf8(good).unwrap_or_default(), bad)
            }
        };
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if (c as u32) < 0x80 && c.is_control() => {
                    out.push_str(&format!("\\x{:02x}", c as u32));
                }
                c if c.is_control() => out.extend(c.escape_unicode()),
                c => out.push(c),
            }
        }
        rest = &rest[text.len()..];
        for b in &rest[..bad] {
            out.push_str(&format!("\\x{b:02x}"));
        }
        rest = &rest[bad..];
    }
    out.push('"');
    out
}

/// A number of bytes in words.
pub fn count(n: usize) -> String {
    if n == 1 {
        "1 byte".to_owned()
    } else {
        format!("{n} bytes")
    }
}

/// Where two byte strings part, in words; `None` where they are equal.
pub fn difference(expected: &[u8], actual: &[u8]) -> Option<String> {
    if expected == actual {
        return None;
    }
    let at = expected
        .iter()
        .zip(actual)
        .take_while(|(a, b)| a == b)
        .count();
    Some(match (expected.get(at), actual.get(at)) {
        (Some(e), Some(a)) => {
            format!("first difference at byte {at}: {e:02x} expected, {a:02x} came")
        }
        (Some(_), None) => format!("the last {} missing", are(expected.len() - at)),
        (None, _) => format!("{} too many at the end", are(actual.len() - at)),
    })
}

fn are(n: usize) -> String {
    if n == 1 {
        "1 byte is".to_owned()
    } else {
        format!("{n} bytes are")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_bytes_are_escaped() {
        assert_eq!(bytes(b""), "nothing (0 bytes)");
        assert_eq!(bytes(b"a\"\r\n\0"), r#""a\"\r\n\x00" (5 bytes)"#);
        assert_eq!(bytes("é".as_bytes()), "\"é\" (2 bytes)");
        assert_eq!(bytes(b"\xff"), r#""\xff" (1 byte)"#);
        assert_eq!(bytes(b"a\xc3"), r#""a\xc3" (2 bytes)"#);
    }

    #[test]
    fn the_middle_of_long_bytes_is_left_out() {
        let shown = bytes(&[b'a'; 1000]);
        assert!(shown.len() < 120, "{shown}");
        assert!(shown.ends_with("(1000 bytes)"));
    }

    #[test]
    fn differences_say_where_and_what() {
        assert_eq!(difference(b"ab", b"ab"), None);
        assert_eq!(
            difference(b"ab", b"ac").unwrap(),
            "first difference at byte 1: 62 expected, 63 came"
        );
        assert_eq!(
            difference(b"abc", b"ab").unwrap(),
            "the last 1 byte is missing"
        );
        assert_eq!(
            difference(b"a", b"abc").unwrap(),
            "2 bytes are too many at the end"
        );
    }
}

//! Bytes and words as a scenario file has them.

use std::fmt::Write as _;

/// Bytes as a value of a scenario: text in quotes where all of it is plain, hexadecimal otherwise.
pub(super) fn bytes(bytes: &[u8]) -> String {
    let plain = |b: &u8| matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    match std::str::from_utf8(bytes) {
        // Braces could be meant as references, which a probe never makes.
        Ok(text) if bytes.iter().all(plain) && !text.contains('{') => quoted(text),
        _ => {
            let mut hex = String::with_capacity(bytes.len() * 2);
            for (i, byte) in bytes.iter().enumerate() {
                let gap = if i > 0 && i % 4 == 0 { " " } else { "" };
                let _ = write!(hex, "{gap}{byte:02x}");
            }
            format!("{{hex: \"{hex}\"}}")
        }
    }
}

/// Text in double quotes, as YAML has it (YAML 1.2.2 section 7.3.1).
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words as a list in one line, such as the arguments of a command.
pub fn flow<S: AsRef<str>>(words: &[S]) -> String {
    let all: Vec<_> = words.iter().map(|w| quoted(w.as_ref())).collect();
    format!("[{}]", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_text_where_that_says_all() {
        assert_eq!(bytes(b"PING\r\n"), r#""PING\r\n""#);
        assert_eq!(bytes(b"a\"\\"), r#""a\"\\""#);
        assert_eq!(bytes(b"{port}"), "{hex: \"7b706f72 747d\"}");
        assert_eq!(bytes(&[0, 1, 255]), "{hex: \"0001ff\"}");
        assert_eq!(bytes("é".as_bytes()), "{hex: \"c3a9\"}");
        assert_eq!(bytes(b""), "\"\"");
    }

    #[test]
    fn words_stay_apart() {
        assert_eq!(flow(&["a b", "{port}"]), r#"["a b", "{port}"]"#);
    }
}

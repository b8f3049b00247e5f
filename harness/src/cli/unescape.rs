//! Bytes as they are typed in a command line.

/// Text with the escapes `\r \n \t \0 \xHH \\`; everything else stands for its UTF-8 bytes.
///
/// # Errors
/// The escape that is not known.
pub(super) fn text(given: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(given.len());
    let mut chars = given.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        match chars.next() {
            Some('r') => out.push(b'\r'),
            Some('n') => out.push(b'\n'),
            Some('t') => out.push(b'\t'),
            Some('0') => out.push(0),
            Some('\\') => out.push(b'\\'),
            Some('x') => {
                let digits: String = chars.by_ref().take(2).collect();
                match u8::from_str_radix(&digits, 16) {
                    Ok(byte) if digits.len() == 2 => out.push(byte),
                    _ => return Err(format!("`\\x{digits}` lacks two hexadecimal digits")),
                }
            }
            Some(other) => {
                return Err(format!(
                    "`\\{other}` is not known; write \\r \\n \\t \\0 \\xHH, or \\\\ for a backslash"
                ));
            }
            None => return Err("a backslash stands last; write \\\\ for one".to_owned()),
        }
    }
    Ok(out)
}

/// Pairs of hexadecimal digits, blanks between them allowed.
///
/// # Errors
/// What is no pair of digits.
pub(super) fn hex(given: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<char> = given.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(wrong) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
        return Err(format!("`{wrong}` is not a hexadecimal digit"));
    }
    if digits.len() % 2 == 1 {
        return Err(format!("{} digits are not pairs", digits.len()));
    }
    let value = |c: &char| c.to_digit(16).unwrap_or_default() as u8;
    Ok(digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, c| byte << 4 | value(c)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_bytes() {
        assert_eq!(text(r"PING\r\n").unwrap(), b"PING\r\n");
        assert_eq!(text(r"\x00\xff\0\t\\").unwrap(), b"\x00\xff\0\t\\");
        assert_eq!(text("é").unwrap(), "é".as_bytes());
        for wrong in [r"\q", r"\x1", r"\xzz", "\\"] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(hex("00 fF").unwrap(), [0, 255]);
        assert!(hex("0").is_err());
        assert!(hex("0g").is_err());
    }
}

//! Bytes as the vector files write them.

/// Bytes: text in double quotes with `\r \n \t \0 \s \\ \" \xNN`, or hexadecimal digits. A blank
/// inside quotes is written `\s`, so that a literal is one word.
pub(crate) fn literal(word: &str) -> Vec<u8> {
    let nibble = |digit: u8| u8::try_from(char::from(digit).to_digit(16).expect("hex")).unwrap();
    let pair = |high: u8, low: u8| nibble(high) << 4 | nibble(low);
    let Some(text) = word.strip_prefix('"') else {
        assert!(word.len().is_multiple_of(2), "half a byte in {word}");
        return word
            .as_bytes()
            .chunks(2)
            .map(|two| pair(two[0], two[1]))
            .collect();
    };
    let mut rest = text.strip_suffix('"').expect("a closing quote").bytes();
    let mut out = Vec::new();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match rest.next().expect("an escape") {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b's' => b' ',
            b'x' => pair(rest.next().expect("hex"), rest.next().expect("hex")),
            same @ (b'\\' | b'"') => same,
            other => panic!("no escape {}", char::from(other)),
        });
    }
    out
}

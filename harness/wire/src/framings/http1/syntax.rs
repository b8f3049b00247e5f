//! The characters of HTTP: what tokens and field values may hold.

use crate::effort;

/// True for each byte that a token may hold (RFC 9110 section 5.6.2).
const TOKEN: [bool; 256] = table(b"!#$%&'*+-.^_`|~", false);
/// True for each byte that a field value may hold: visible characters, blanks and tabs, and what
/// is not ASCII (RFC 9110 section 5.5).
const VALUE: [bool; 256] = table(b"", true);

const fn table(others: &[u8], value: bool) -> [bool; 256] {
    let mut all = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        all[byte] = if value {
            b == b'\t' || (b >= 0x20 && b != 0x7f)
        } else {
            b.is_ascii_alphanumeric()
        };
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        all[others[at] as usize] = true;
        at += 1;
    }
    all
}

/// The offset of the first byte that a token may not hold.
#[inline]
pub(super) fn not_token(text: &[u8]) -> Option<usize> {
    effort::add(text.len());
    text.iter().position(|&byte| !TOKEN[usize::from(byte)])
}

/// The offset of the first byte that a field value may not hold.
#[inline]
pub(super) fn not_value(text: &[u8]) -> Option<usize> {
    effort::add(text.len());
    text.iter().position(|&byte| !VALUE[usize::from(byte)])
}

/// The offset of the first byte that a request target may not hold: it is visible ASCII (RFC 9112
/// section 3.2, RFC 3986 section 2).
pub(super) fn not_target(text: &[u8]) -> Option<usize> {
    effort::add(text.len());
    text.iter().position(|byte| !byte.is_ascii_graphic())
}

/// Blanks and tabs, which may stand around values (RFC 9110 section 5.6.3).
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `text` without blanks at its ends, and how many stood before it.
#[inline]
pub(super) fn trim(text: &[u8]) -> (usize, &[u8]) {
    let before = text.iter().take_while(|&&byte| is_blank(byte)).count();
    let text = &text[before..];
    let after = text
        .iter()
        .rev()
        .take_while(|&&byte| is_blank(byte))
        .count();
    effort::add(before + after);
    (before, &text[..text.len() - after])
}

/// The members of a comma-separated list, without empty ones (RFC 9110 section 5.6.1).
pub(super) fn members(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let all = list
        .split(|&byte| byte == b',')
        .map(|member| trim(member).1);
    all.filter(|member| !member.is_empty())
}

//! Numbers as RESP2 writes them.

/// The most bytes of a line that holds a number, its type and CR LF included. It leaves room for
/// leading zeros, and none for a flood of digits.
pub(super) const LINE: usize = 32;

/// A signed 64-bit integer in decimal digits, with an optional sign.
pub(super) fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The number of bytes or elements of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// `-1`: there is no value.
    Null,
    /// So many.
    Of(usize),
}

/// Digits alone, or `-1`. More than 64 bits hold are `usize::MAX`.
pub(super) fn length(text: &[u8]) -> Option<Length> {
    if text == b"-1" {
        return Some(Length::Null);
    }
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = text.iter().map(|digit| usize::from(digit - b'0'));
    Some(Length::Of(digits.fold(0usize, |sum, digit| {
        sum.saturating_mul(10).saturating_add(digit)
    })))
}

//! Excerpts of byte strings, as failures keep them.

use crate::run::Octets;

impl Octets {
    /// The most bytes that an excerpt keeps.
    pub const MAX: usize = 4_096;

    /// The bytes from the first one on, as many as an excerpt keeps.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::around(bytes, 0)
    }

    /// An excerpt with `at` near its middle, where the whole is longer than an excerpt.
    #[must_use]
    pub fn around(bytes: &[u8], at: usize) -> Self {
        let latest = bytes.len().saturating_sub(Self::MAX);
        let start = at.saturating_sub(Self::MAX / 2).min(latest);
        let end = bytes.len().min(start + Self::MAX);
        Self {
            start: start as u64,
            hex: encode_hex(&bytes[start..end]),
            len: bytes.len() as u64,
        }
    }

    /// Excerpts of what should have come and of what came, with their first difference inside.
    #[must_use]
    pub fn pair(expected: &[u8], actual: &[u8]) -> (Self, Self) {
        let same = expected
            .iter()
            .zip(actual)
            .take_while(|(a, b)| a == b)
            .count();
        (Self::around(expected, same), Self::around(actual, same))
    }

    /// The excerpt's bytes, and the offset of the first. What is no hexadecimal ends it.
    #[must_use]
    pub fn bytes(&self) -> (u64, Vec<u8>) {
        (self.start, decode_hex(&self.hex))
    }
}

/// Lower-case hexadecimal without spaces.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

/// Bytes of hexadecimal text up to the first pair that is none: a report shows what it can.
pub(crate) fn decode_hex(hex: &str) -> Vec<u8> {
    let digit = |c: u8| {
        char::from(c)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    let (pairs, _) = hex.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map_while(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_both_ways() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode_hex(&encode_hex(&all)), all);
        assert_eq!(decode_hex("0aFf0"), [10, 255]);
        assert_eq!(decode_hex("0azz0a"), [10]);
    }

    #[test]
    fn an_excerpt_contains_the_difference() {
        let expected = vec![b'a'; 100_000];
        let mut actual = expected.clone();
        actual[70_000] = b'b';
        let (e, a) = Octets::pair(&expected, &actual);
        let (start, bytes) = a.bytes();
        assert_eq!((e.start, e.len), (start, 100_000));
        assert_eq!(bytes.len(), Octets::MAX);
        assert_eq!(bytes[70_000 - usize::try_from(start).unwrap()], b'b');
    }

    #[test]
    fn an_excerpt_near_the_end_is_full() {
        let bytes = vec![0; 5_000];
        assert_eq!(Octets::around(&bytes, 4_999).bytes().1.len(), Octets::MAX);
        assert_eq!(Octets::of(b"").bytes(), (0, Vec::new()));
    }
}

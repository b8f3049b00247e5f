//! The first difference between what should have come and what came.

use super::number::grouped;
use crate::run::Octets;

/// The offset of the first difference between two excerpts, and words about it. `None` where
/// the excerpts are the same or do not reach it.
pub(crate) fn difference(expected: &Octets, actual: &Octets) -> Option<(u64, String)> {
    let (e_start, e) = expected.bytes();
    let (a_start, a) = actual.bytes();
    let get = |start: u64, bytes: &[u8], at: u64| {
        at.checked_sub(start)
            .and_then(|i| usize::try_from(i).ok())
            .and_then(|i| bytes.get(i).copied())
    };
    let mut at = e_start.max(a_start);
    loop {
        let want = get(e_start, &e, at);
        let got = get(a_start, &a, at);
        let side = |byte: Option<u8>, len: u64| match byte {
            Some(byte) => Some(name(byte)),
            None if at == len => Some("the end".to_owned()),
            None => None,
        };
        if want.is_none() && got.is_none() {
            return None;
        }
        if want != got {
            let words = format!(
                "first difference at byte {}: expected {}, got {}",
                grouped(at),
                side(want, expected.len)?,
                side(got, actual.len)?
            );
            return Some((at, words));
        }
        at += 1;
    }
}

fn name(byte: u8) -> String {
    match byte {
        b' '..=b'~' => format!("{byte:02x} '{}'", char::from(byte)),
        _ => format!("{byte:02x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_can_be_the_difference() {
        let (e, a) = Octets::pair(b"hello", b"hel");
        let (at, words) = difference(&e, &a).unwrap();
        assert_eq!(
            (at, words.as_str()),
            (
                3,
                "first difference at byte 3: expected 6c 'l', got the end"
            )
        );
        assert_eq!(difference(&e, &e), None);
        let (e, a) = Octets::pair(b"", b"x");
        assert_eq!(
            difference(&e, &a).unwrap().1,
            "first difference at byte 0: expected the end, got 78 'x'"
        );
    }
}

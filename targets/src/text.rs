//! Case and order of text that may not be text.

/// Upper case by the full mapping of Unicode, which can change the length; bytes that are not
/// UTF-8 as a whole have only their ASCII letters changed.
pub(crate) fn upper(bytes: &[u8]) -> Vec<u8> {
    match str::from_utf8(bytes) {
        Ok(text) if !text.is_ascii() => text.to_uppercase().into_bytes(),
        _ => bytes.to_ascii_uppercase(),
    }
}

/// The characters (Unicode scalar values) in reverse order; of bytes that are not UTF-8 as a
/// whole, the bytes.
pub(crate) fn reverse(bytes: &[u8]) -> Vec<u8> {
    match str::from_utf8(bytes) {
        Ok(text) => text.chars().rev().collect::<String>().into_bytes(),
        Err(_) => bytes.iter().rev().copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_what_is_none() {
        assert_eq!(upper("aß é\n".as_bytes()), "ASS É\n".as_bytes());
        assert_eq!(upper(b"a\xffb"), b"A\xffB");
        assert_eq!(reverse("aé執".as_bytes()), "執éa".as_bytes());
        assert_eq!(reverse(b"a\xff"), b"\xffa");
    }
}

//! The JSON header in front of a body, as the `exec-json` server and client read it.

use md5::{Digest, Md5};
use serde::Deserialize;

/// Longest header in bytes.
pub(crate) const HEADER_MAX: usize = 64 << 10;

/// What the header of a message must have. Other members are left alone; a repeated member is refused, because
/// RFC 8259 leaves open which one counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Header {
    total_size: u64,
    md5: String,
}

impl Header {
    /// # Errors
    /// The bytes are not a JSON object with these members: the text says what and where.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        // serde would also take an array of the values in order.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err("the header is not a JSON object".to_owned());
        }
        serde_json::from_slice(bytes).map_err(|e| format!("the header is wrong: {e}"))
    }

    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.total_size).unwrap_or(usize::MAX)
    }

    /// # Errors
    /// The body has another digest: the text names both.
    pub(crate) fn verify(&self, body: &[u8]) -> Result<(), String> {
        let is = md5_hex(body);
        if is.eq_ignore_ascii_case(&self.md5) {
            return Ok(());
        }
        let said: String = self.md5.chars().take(40).collect();
        Err(format!("the body's md5 is {is}, the header says {said}"))
    }
}

/// The MD5 digest (RFC 1321) as lower-case hexadecimal. It finds accidents, not attackers.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    Md5::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_header_is_said() {
        for (header, why) in [
            ("", "not a JSON object"),
            ("[4, \"\"]", "not a JSON object"),
            ("\u{feff}{}", "not a JSON object"),
            ("{\"total_size\":4", "EOF"),
            ("{\"md5\":\"\"}", "missing field `total_size`"),
            ("{\"total_size\":4}", "missing field `md5`"),
            ("{\"total_size\":-1,\"md5\":\"\"}", "integer `-1`"),
            ("{\"total_size\":\"4\",\"md5\":\"\"}", "string \"4\""),
            ("{\"total_size\":4.0,\"md5\":\"\"}", "floating point"),
            ("{\"total_size\":1e400,\"md5\":\"\"}", "out of range"),
            ("{\"total_size\":NaN,\"md5\":\"\"}", "expected"),
            (
                "{\"total_size\":4,\"total_size\":5,\"md5\":\"\"}",
                "duplicate",
            ),
            ("{\"total_size\":4,\"md5\":\"\"} x", "trailing"),
        ] {
            let error = Header::parse(header.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{header}: {error}");
        }
        // Other members are skipped without recursion, whatever their depth.
        let nested = format!("{{\"x\":{}", "[".repeat(60_000));
        assert!(Header::parse(nested.as_bytes()).is_err());
    }

    #[test]
    fn other_members_and_upper_case_digests_are_taken() {
        let header =
            "{\"file\":null,\"md5\":\"B326B5062B2F0E69046810717534CB09\",\"total_size\":4}";
        let header = Header::parse(header.as_bytes()).unwrap();
        assert_eq!(header.size(), 4);
        assert_eq!(header.verify(b"true"), Ok(()));
        let error = header.verify(b"TRUE").unwrap_err();
        assert!(error.contains("the header says B326B5062B2F0E69046810717534CB09"));
    }

    #[test]
    fn the_digest_is_rfc_1321s() {
        assert_eq!(md5_hex(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
    }
}

//! The JSON headers of `exec-json`: the request's, checked, and the reply's.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::command::Outcome;
use crate::digest::md5_hex;
use crate::json_header;

/// A request's header. Other members are left alone; a repeated member is refused, because
/// RFC 8259 leaves open which one counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct RequestHeader {
    total_size: u64,
    md5: String,
}

impl RequestHeader {
    /// # Errors
    /// The bytes are not a JSON object with these members: the text says what and where.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        json_header::parse(bytes)
    }

    pub(super) fn size(&self) -> usize {
        usize::try_from(self.total_size).unwrap_or(usize::MAX)
    }

    /// # Errors
    /// The body has another digest: the text names both.
    pub(super) fn verify(&self, body: &[u8]) -> Result<(), String> {
        let is = md5_hex(body);
        if is.eq_ignore_ascii_case(&self.md5) {
            return Ok(());
        }
        let said: String = self.md5.chars().take(40).collect();
        Err(format!("the body's md5 is {is}, the header says {said}"))
    }
}

/// A reply's header.
#[derive(Debug, Serialize)]
pub(super) struct ReplyHeader {
    /// A number, except under some faults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) total_size: Option<Value>,
    pub(super) md5: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout_size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stderr_size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl ReplyHeader {
    pub(super) fn of(outcome: &Outcome, body: &[u8]) -> Self {
        Self {
            total_size: Some(body.len().into()),
            md5: md5_hex(body),
            status: Some(outcome.status),
            stdout_size: Some(outcome.stdout.len()),
            stderr_size: Some(outcome.stderr.len()),
            error: None,
        }
    }

    pub(super) fn error(why: &str) -> Self {
        Self {
            total_size: Some(0.into()),
            md5: md5_hex(b""),
            status: None,
            stdout_size: None,
            stderr_size: None,
            error: Some(why.to_owned()),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        json_header::to_bytes(self)
    }
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
            let error = RequestHeader::parse(header.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{header}: {error}");
        }
        // Other members are skipped without recursion, whatever their depth.
        let nested = format!("{{\"x\":{}", "[".repeat(60_000));
        assert!(RequestHeader::parse(nested.as_bytes()).is_err());
    }

    #[test]
    fn other_members_and_upper_case_digests_are_taken() {
        let header =
            "{\"file\":null,\"md5\":\"B326B5062B2F0E69046810717534CB09\",\"total_size\":4}";
        let header = RequestHeader::parse(header.as_bytes()).unwrap();
        assert_eq!(header.size(), 4);
        assert_eq!(header.verify(b"true"), Ok(()));
        let error = header.verify(b"TRUE").unwrap_err();
        assert!(error.contains("the header says B326B5062B2F0E69046810717534CB09"));
    }
}

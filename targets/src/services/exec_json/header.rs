//! The JSON header of a reply of `exec-json`.

use serde::Serialize;
use serde_json::Value;

use crate::command::Outcome;
use crate::json_header::md5_hex;

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

    /// Text and numbers always serialise.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

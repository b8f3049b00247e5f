//! The JSON headers of `file`: what is asked for, and what was done.

use serde::{Deserialize, Serialize};

/// What a client wants. Other members are left alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Request {
    pub(super) op: Op,
    pub(super) name: String,
    /// Where the body begins in the file, in bytes.
    #[serde(default)]
    pub(super) offset: u64,
    /// Bytes of the body.
    #[serde(default)]
    pub(super) size: u64,
    /// The digest of the whole file, in hexadecimal.
    md5: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Op {
    Get,
    Put,
}

impl Request {
    /// # Errors
    /// An upload says no digest.
    pub(super) fn md5(&self) -> Result<String, String> {
        self.md5
            .as_ref()
            .map(|md5| md5.to_ascii_lowercase())
            .ok_or_else(|| "the header is wrong: missing field `md5`".to_owned())
    }
}

/// What a server answers. Every reply has the size of its body.
#[derive(Debug, Default, Serialize)]
pub(super) struct Reply {
    pub(super) size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<u64>,
    /// The digest of the whole file, whatever the offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) md5: Option<String>,
    /// Bytes of the file that an upload has made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stored: Option<u64>,
    /// Bytes that are kept of an earlier upload: the largest offset from which to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

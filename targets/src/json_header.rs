//! JSON headers behind their length, as `exec-json` and `file` have them.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest header in bytes.
const HEADER_MAX: usize = 64 << 10;

/// The size of a header of this length.
///
/// # Errors
/// It is longer than 64 KiB, and the limit is kept: the text says so.
pub(crate) fn size(length: u32, limited: bool) -> Result<usize, String> {
    let size = usize::try_from(length).unwrap_or(usize::MAX);
    if size > HEADER_MAX && limited {
        return Err(format!(
            "header of {length} bytes; at most {HEADER_MAX} are allowed"
        ));
    }
    Ok(size)
}

/// A header's members.
///
/// # Errors
/// The bytes are not a JSON object with these members: the text says what and where.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    // serde would also take an array of the values in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err("the header is not a JSON object".to_owned());
    }
    serde_json::from_slice(bytes).map_err(|e| format!("the header is wrong: {e}"))
}

/// Text and numbers always serialise.
pub(crate) fn to_bytes(header: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(header).unwrap_or_default()
}

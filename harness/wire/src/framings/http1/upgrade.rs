//! The digest by which a server shows that it understood a WebSocket handshake.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

use crate::Encoded;

/// RFC 6455 section 1.3: a text that no server sends by accident.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 section 4.2.2).
pub(crate) fn accept_key(key: &[u8]) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// The answer that a request's `Sec-WebSocket-Key` needs; `None` where it has none.
pub(super) fn expected(request: &Encoded) -> Option<String> {
    let is_key = |field: &&crate::Field| &*field.name == "sec-websocket-key";
    let range = request.fields.iter().find(is_key)?.ranges.first()?.clone();
    Some(accept_key(request.bytes.get(range)?))
}

#[cfg(test)]
mod tests {
    // RFC 6455 section 1.3 and 4.2.2.
    #[test]
    fn the_sample_key_is_answered() {
        let accept = super::accept_key(b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}

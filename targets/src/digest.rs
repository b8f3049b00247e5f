//! MD5 as the JSON headers carry it: in hexadecimal.

use md5::{Digest, Md5};

/// The MD5 digest (RFC 1321) as lower-case hexadecimal. It finds accidents, not attackers
/// (RFC 6151).
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    finish(Md5::new_with_prefix(bytes))
}

/// The same of bytes that came in pieces.
pub(crate) fn finish(digest: Md5) -> String {
    digest
        .finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_rfc_1321s() {
        assert_eq!(md5_hex(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        let pieces = Md5::new().chain_update(b"a").chain_update(b"bc");
        assert_eq!(finish(pieces), md5_hex(b"abc"));
    }
}

//! Digests that frames carry about their own bytes.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit as _, Mac};
use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::effort;

/// A digest function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// MD5, RFC 1321. It finds accidents, not attackers (RFC 6151).
    Md5,
    /// SHA-256, FIPS 180-4.
    Sha256,
}

/// A text that names no digest function.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no known digest: write md5 or sha256")]
pub struct UnknownAlgorithm {
    /// The text that was given.
    pub given: String,
}

impl Algorithm {
    /// The size of a digest in bytes; its hexadecimal text is twice as long.
    pub const fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha256 => 32,
        }
    }

    /// The digest of the parts one after the other: [`Algorithm::size`] bytes.
    pub fn digest<'a>(self, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let parts = parts.into_iter().inspect(|part| effort::add(part.len()));
        match self {
            Self::Md5 => parts
                .fold(Md5::new(), Md5::chain_update)
                .finalize()
                .to_vec(),
            Self::Sha256 => parts
                .fold(Sha256::new(), Sha256::chain_update)
                .finalize()
                .to_vec(),
        }
    }

    /// The digest of the parts one after the other, as lower-case hexadecimal text.
    pub fn hex<'a>(self, parts: impl IntoIterator<Item = &'a [u8]>) -> String {
        to_hex(&self.digest(parts))
    }

    /// The HMAC (RFC 2104) of the parts one after the other under `key`, which may have any
    /// length: [`Algorithm::size`] bytes.
    pub fn hmac<'a>(self, key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        match self {
            Self::Md5 => mac(Hmac::<Md5>::new_from_slice(key).ok(), parts),
            Self::Sha256 => mac(Hmac::<Sha256>::new_from_slice(key).ok(), parts),
        }
    }
}

/// HMAC takes keys of every length (RFC 2104 section 2), so that there always is one.
fn mac<'a, M: Mac>(keyed: Option<M>, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let keyed = keyed.map(|keyed| {
        parts
            .into_iter()
            .fold(keyed, |m, part| m.chain_update(part))
    });
    keyed.map_or_else(Vec::new, |m| m.finalize().into_bytes().to_vec())
}

/// Bytes as lower-case hexadecimal text.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md5 => "md5",
            Self::Sha256 => "sha256",
        })
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        match text {
            "md5" => Ok(Self::Md5),
            "sha256" => Ok(Self::Sha256),
            _ => Err(UnknownAlgorithm { given: text.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 1321 appendix A.5; FIPS 180-4 examples, NIST "SHA256.pdf", message "abc".
    #[test]
    fn specified_digests_come_out() {
        let md5 = Algorithm::Md5;
        assert_eq!(md5.hex([]), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5.hex([&b"abc"[..]]), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(
            md5.hex([&b"mess"[..], b"age digest"]),
            "f96b697d7cb7938d525a2f31aaf161d0"
        );
        assert_eq!(
            Algorithm::Sha256.hex([&b"a"[..], b"bc"]),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    // RFC 2202 section 2 and RFC 4231 section 4, test case 2 of each; RFC 4231 test case 6.
    #[test]
    fn specified_hmacs_come_out() {
        let of = |algorithm: Algorithm, key: &[u8], text: &[&[u8]]| {
            to_hex(&algorithm.hmac(key, text.iter().copied()))
        };
        let question = [&b"what do ya want "[..], b"for nothing?"];
        assert_eq!(
            of(Algorithm::Md5, b"Jefe", &question),
            "750c783e6ab0b503eaa86e310a5db738"
        );
        assert_eq!(
            of(Algorithm::Sha256, b"Jefe", &question),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(
            of(Algorithm::Sha256, &[0xaa; 131], &[long]),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn text_and_algorithm_agree() {
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
            assert_eq!(algorithm.hex([]).len(), algorithm.size() * 2);
        }
        assert_eq!("MD5".parse::<Algorithm>().unwrap_err().given, "MD5");
    }
}

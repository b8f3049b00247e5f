//! Framings as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::by_shape;
use super::{Bytes, Count, Int, Item, Named, Raw, Size};

by_shape! {
    /// How messages lie in bytes: a word, a word with its keys, or a list of `field: kind`.
    pub enum FrameForm expecting "a framing such as `raw`, `{delimiter: {bytes: \"\\n\"}}` or a list of fields" {
        /// One of the framings that have a name.
        "scalar" | "map" | "bytes" => Word(FrameSyntax),
        /// Fields, one after the other.
        "list" => Fields(Vec<Item<Named<FieldSyntax>>>),
    }
}

/// One of the framings that have a name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameSyntax {
    /// No boundaries: a message is whatever bytes there are.
    Raw,
    /// Messages end with fixed bytes, such as a line feed.
    Delimiter(Item<DelimiterSyntax>),
    /// Messages of one size.
    Fixed(Item<FixedSyntax>),
    /// A length, then that many bytes.
    LengthPrefix(Item<LengthPrefixSyntax>),
    /// A length, a JSON header of that length, and a body whose size the header says.
    JsonHeader(Item<JsonHeaderSyntax>),
    /// HTTP/1.1 (RFC 9110, RFC 9112). Its messages: [http message](#http-message).
    Http1,
    /// RESP2, the protocol of Redis. Its messages: [resp value](#resp-value).
    Resp2,
    /// WebSocket (RFC 6455), behind a handshake in `http1`. Its messages:
    /// [web socket message](#web-socket-message).
    #[serde(rename = "websocket")]
    WebSocket,
}

/// Messages end with fixed bytes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct DelimiterSyntax {
    /// The bytes that end a message, at least one.
    pub bytes: Item<Bytes>,
    /// True: the last message of a stream may lack them.
    #[schemars(extend("default" = false))]
    pub final_optional: Option<Item<bool>>,
}

/// Messages of one size.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct FixedSyntax {
    /// The size of a message, at least 1.
    pub size: Item<Size>,
}

/// A length, then that many bytes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct LengthPrefixSyntax {
    /// The type of the length.
    #[serde(rename = "type")]
    pub int: Item<IntWord>,
    /// What the length counts.
    #[schemars(extend("default" = "body"))]
    pub counts: Option<Item<CountsSyntax>>,
    /// Added to the number of bytes to give the number that is written.
    #[schemars(extend("default" = 0))]
    pub adjust: Option<Item<Int>>,
}

/// What a length counts.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CountsSyntax {
    /// The bytes after it.
    Body,
    /// The whole message, the length itself included.
    All,
}

/// A length, a JSON header, a body.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct JsonHeaderSyntax {
    /// The type of the header's length.
    pub length: Item<IntWord>,
    /// The header's key that says the body's size.
    #[schemars(extend("default" = "total_size"))]
    pub size_key: Option<Item<String>>,
    /// The header's key that holds the body's digest.
    pub digest: Option<Item<DigestSyntax>>,
}

/// A digest of the body.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct DigestSyntax {
    /// The key.
    pub key: Item<String>,
    /// The algorithm; the digest is written in lower-case hexadecimal.
    pub algorithm: Item<AlgorithmSyntax>,
}

/// A digest algorithm.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum AlgorithmSyntax {
    /// MD5 (RFC 1321): a checksum here, not a protection.
    Md5,
    /// SHA-256 (FIPS 180-4).
    Sha256,
}

/// Declares the integer types once, for lengths and for fields.
macro_rules! integers {
    ($($(#[doc = $doc:literal])* $variant:ident,)+) => {
        /// An integer type: sign, bits, byte order.
        #[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
        #[serde(rename_all = "lowercase")]
        pub enum IntWord {
            $($(#[doc = $doc])* $variant,)+
        }

        impl IntWord {
            /// The word itself.
            pub fn name(self) -> String {
                match self {
                    $(Self::$variant => stringify!($variant).to_lowercase(),)+
                }
            }
        }

        /// What a field of a frame is.
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum FieldSyntax {
            $($(#[doc = $doc])* $variant(Option<Item<IntArgs>>),)+
            /// Bytes that never change, such as a magic number.
            Const(Item<Bytes>),
            /// Bytes. Alone: as many as a length counts, or the rest of a datagram.
            Bytes(Option<Item<BytesArgs>>),
            /// Bytes of UTF-8 text.
            Text(Option<Item<BytesArgs>>),
            /// A JSON value. Alone: as many bytes as a length counts.
            Json(Option<Item<JsonArgs>>),
        }

        impl FieldSyntax {
            /// Type and arguments, where it is an integer.
            pub fn int(&self) -> Option<(IntWord, Option<&Item<IntArgs>>)> {
                match self {
                    $(Self::$variant(args) => Some((IntWord::$variant, args.as_ref())),)+
                    _ => None,
                }
            }
        }
    };
}

integers! {
    /// One byte, unsigned.
    U8,
    /// One byte, signed.
    I8,
    /// 16 bits, unsigned, big-endian.
    U16Be,
    /// 16 bits, unsigned, little-endian.
    U16Le,
    /// 16 bits, signed, big-endian.
    I16Be,
    /// 16 bits, signed, little-endian.
    I16Le,
    /// 24 bits, unsigned, big-endian.
    U24Be,
    /// 24 bits, unsigned, little-endian.
    U24Le,
    /// 24 bits, signed, big-endian.
    I24Be,
    /// 24 bits, signed, little-endian.
    I24Le,
    /// 32 bits, unsigned, big-endian.
    U32Be,
    /// 32 bits, unsigned, little-endian.
    U32Le,
    /// 32 bits, signed, big-endian.
    I32Be,
    /// 32 bits, signed, little-endian.
    I32Le,
    /// 40 bits, unsigned, big-endian.
    U40Be,
    /// 40 bits, unsigned, little-endian.
    U40Le,
    /// 40 bits, signed, big-endian.
    I40Be,
    /// 40 bits, signed, little-endian.
    I40Le,
    /// 48 bits, unsigned, big-endian.
    U48Be,
    /// 48 bits, unsigned, little-endian.
    U48Le,
    /// 48 bits, signed, big-endian.
    I48Be,
    /// 48 bits, signed, little-endian.
    I48Le,
    /// 56 bits, unsigned, big-endian.
    U56Be,
    /// 56 bits, unsigned, little-endian.
    U56Le,
    /// 56 bits, signed, big-endian.
    I56Be,
    /// 56 bits, signed, little-endian.
    I56Le,
    /// 64 bits, unsigned, big-endian.
    U64Be,
    /// 64 bits, unsigned, little-endian.
    U64Le,
    /// 64 bits, signed, big-endian.
    I64Be,
    /// 64 bits, signed, little-endian.
    I64Le,
}

/// What an integer means. At most one of `id`, `const`, `size_of`, `default`; without any of them a
/// message gives its value.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct IntArgs {
    /// True: fresh for each request, and repeated by the reply.
    pub id: Option<Item<bool>>,
    /// The only value that is right.
    #[serde(rename = "const")]
    pub constant: Option<Item<Int>>,
    /// The fields whose bytes it counts, itself included if it is named.
    pub size_of: Option<Item<Vec<Item<String>>>>,
    /// Added to the number of bytes to give the number that is written. Only with `size_of`.
    #[schemars(extend("default" = 0))]
    pub adjust: Option<Item<Int>>,
    /// The value where a message gives none.
    pub default: Option<Item<Int>>,
}

by_shape! {
    /// Where a field of bytes ends: the word `rest`, or a map.
    pub enum BytesArgs expecting "`rest`, `{size: 4}` or `{until: \"\\n\"}`" {
        /// At the end of the stream.
        "scalar" => Rest(RestWord),
        /// After a size, or with certain bytes.
        "map" | "bytes" => Extent(BytesExtent),
    }
}

/// Where a field of bytes ends: with the stream.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RestWord {
    /// At the end of the stream, or of the datagram.
    Rest,
}

/// Where a field of bytes ends.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BytesExtent {
    /// After so many bytes.
    Size(Item<Count>),
    /// With these bytes, which are not part of the value.
    Until(Item<Bytes>),
}

/// Where a JSON field says the sizes and digests of others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct JsonArgs {
    /// A key that says the size of other fields.
    pub size: Option<Item<JsonSize>>,
    /// A key that holds the digest of other fields.
    pub digest: Option<Item<JsonDigest>>,
}

/// A key of a JSON field that says the size of other fields.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct JsonSize {
    /// The key.
    pub key: Item<String>,
    /// The fields whose bytes it counts.
    pub of: Item<Vec<Item<String>>>,
}

/// A key of a JSON field that holds the digest of other fields.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct JsonDigest {
    /// The key.
    pub key: Item<String>,
    /// The algorithm; the digest is written in lower-case hexadecimal.
    pub algorithm: Item<AlgorithmSyntax>,
    /// The fields whose bytes it covers.
    pub of: Item<Vec<Item<String>>>,
}

/// A message: the frame that it lies in, and its value.
pub type MessageSyntax = Named<Raw>;

//! Framings as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::by_shape;
use super::{Bytes, FieldSyntax, Int, IntWord, Item, Named, Raw, Size};

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

/// A message: the frame that it lies in, and its value.
pub type MessageSyntax = Named<Raw>;

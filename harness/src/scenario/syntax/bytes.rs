//! Bytes as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::by_shape;
use super::{AlgorithmSyntax, Int, Item, MessageSyntax, Size};
use crate::scenario::formula::Form;

by_shape! {
    /// Bytes: text (as UTF-8), or a map with one of the words below. In messages, and in what steps
    /// send and receive, `{conn}`, `{host}`, `{port}`, `{path}` and fields of earlier messages, such
    /// as `{challenge.reply.nonce}` or `{request.tid}`, stand for bytes of the same connection.
    pub enum Bytes expecting "text, or bytes such as `{hex: \"00 ff\"}`" {
        /// Text; its UTF-8 bytes.
        "scalar" => Text(String),
        /// Another notation.
        "map" | "bytes" => Form(BytesForm),
    }
}

/// Bytes in another notation than text.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BytesForm {
    /// Pairs of hexadecimal digits, spaces allowed. In quotes, since `00` is a number otherwise.
    Hex(Item<String>),
    /// Base64 with the standard alphabet (RFC 4648 section 4), padded.
    Base64(Item<String>),
    /// One byte or text, again and again up to a size.
    Fill(Item<FillSyntax>),
    /// The content of a file, named relative to this one.
    File(Item<String>),
    /// Several values, one after the other.
    Concat(Item<Vec<Item<Bytes>>>),
    /// The digest of several values, one after the other.
    Digest(Item<DigestForm>),
    /// The HMAC (RFC 2104) of several values, one after the other.
    Hmac(Box<Item<HmacForm>>),
    /// A message in one of the target's frames, as `FRAME: VALUE`. In steps only.
    Message(Item<MessageSyntax>),
}

/// The digest of bytes: `{algorithm: sha256, of: ["{challenge.reply.nonce}", secret]}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct DigestForm {
    /// The function.
    pub algorithm: Item<AlgorithmSyntax>,
    /// What it covers.
    pub of: Item<Vec<Item<Bytes>>>,
    /// How it is written.
    #[serde(rename = "as")]
    #[schemars(extend("default" = "raw"))]
    pub form: Option<Item<DigestWord>>,
}

/// The HMAC of bytes under a key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct HmacForm {
    /// The function.
    pub algorithm: Item<AlgorithmSyntax>,
    /// The key, of any length.
    pub key: Item<Bytes>,
    /// What it covers.
    pub of: Item<Vec<Item<Bytes>>>,
    /// How it is written.
    #[serde(rename = "as")]
    #[schemars(extend("default" = "raw"))]
    pub form: Option<Item<DigestWord>>,
}

/// How a digest is written.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum DigestWord {
    /// Its bytes: 16 of MD5, 32 of SHA-256.
    Raw,
    /// Twice as many hexadecimal digits, in lower case.
    Hex,
}

impl From<DigestWord> for Form {
    fn from(word: DigestWord) -> Self {
        match word {
            DigestWord::Raw => Self::Raw,
            DigestWord::Hex => Self::Hex,
        }
    }
}

/// One byte or text, again and again up to a size: `{byte: 0x61, size: 1KiB}`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct FillSyntax {
    /// The byte, 0 to 255. Either this or `text`.
    pub byte: Option<Item<Int>>,
    /// The text. It is cut where the size ends within it.
    pub text: Option<Item<String>>,
    /// How many bytes in all.
    pub size: Item<Size>,
}

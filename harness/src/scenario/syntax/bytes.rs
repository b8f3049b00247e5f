//! Bytes as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::by_shape;
use super::{Int, Item, Size};

by_shape! {
    /// Bytes: text (as UTF-8), or a map with one of the words below.
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
    Cat(Item<Vec<Item<Bytes>>>),
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

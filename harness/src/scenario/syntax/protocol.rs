//! Protocols as they are written: framings without a target.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FrameForm, Item, LimitsSyntax, Names};

/// Framings of a protocol, for the profiles that name this file in `use`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ProtocolSyntax {
    /// Its name.
    pub protocol: Item<String>,
    /// What it is, in a sentence.
    pub about: Option<Item<String>>,
    /// Its framings, by names that you choose.
    pub frames: Item<Names<FrameForm>>,
    /// How much a frame may have.
    pub limits: Option<Item<LimitsSyntax>>,
}

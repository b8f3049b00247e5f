//! Exchanges as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Item;
use super::frame::MessageSyntax;
use super::shape::by_shape;

/// One request and its reply, the same for either role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ExchangeSyntax {
    /// What the client says, as `FRAME: VALUE`. Absent: the server speaks first, and `reply` is
    /// needed.
    pub request: Option<Item<MessageSyntax>>,
    /// What the server says. Absent: one message in the request's frame, learned from a control
    /// exchange.
    pub reply: Option<Item<ReplySyntax>>,
}

by_shape! {
    /// What the server says: `FRAME: VALUE` for exactly that, `FRAME: learned` for one message in
    /// that frame, a list for several, `[]` for nothing, `closes` where it closes the connection.
    pub enum ReplySyntax expecting "a reply such as `{line: \"OK\"}`, `{line: learned}`, `[]` or `closes`" {
        /// A word.
        "scalar" => Word(ReplyWord),
        /// One message.
        "map" | "bytes" => One(MessageSyntax),
        /// Several messages, or none.
        "list" => Several(Vec<Item<MessageSyntax>>),
    }
}

/// What the server does instead of answering.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ReplyWord {
    /// It closes the connection.
    Closes,
}

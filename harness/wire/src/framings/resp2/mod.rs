//! Values and commands of RESP2, the Redis serialization protocol.

mod decoder;
mod encode;
mod malformed;
mod number;

use crate::{
    Context, Decoder, EncodeError, Encoded, FieldLayout, Framing, Limits, Malformed, Message,
};
use decoder::Resp2Decoder;

/// Commands and replies, as the Redis serialization protocol specification describes version 2. A
/// frame is one whole value. Its fields, most of them in several pieces, are `length` (the lines of
/// arrays and bulk strings), `data` (what bulk strings hold), `line` (a simple value with its type,
/// or an inline command) and `end` (the CR LF behind `data` and `line`).
///
/// A command is an array of bulk strings, or a line: an inline command, which alone may end in LF.
#[derive(Debug)]
pub struct Resp2 {
    limits: Limits,
}

impl Resp2 {
    /// Lines are bounded by the header limit, arrays in arrays by the depth.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Framing for Resp2 {
    fn name(&self) -> &'static str {
        "resp2"
    }

    fn settable(&self) -> Vec<String> {
        vec![encode::VALUE.into()]
    }

    fn sole_field(&self) -> Option<String> {
        Some(encode::VALUE.into())
    }

    fn layout(&self) -> Vec<FieldLayout> {
        let of = |name: &&str| match *name {
            "length" => FieldLayout::named(*name).counting("data"),
            _ => FieldLayout::named(*name),
        };
        decoder::NAMES.iter().map(of).collect()
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        self.decoder_for(&Context::default())
    }

    fn decoder_for(&self, context: &Context<'_>) -> Box<dyn Decoder> {
        Box::new(Resp2Decoder::new(self.limits, context.sender))
    }

    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError> {
        self.encode_for(&Context::default(), message)
    }

    fn encode_for(&self, context: &Context<'_>, message: &Message) -> Result<Encoded, EncodeError> {
        let bytes = encode::encode(message)?;
        super::locate(
            Resp2Decoder::new(Limits::NONE, context.sender),
            bytes,
            |_| encode::VALUE,
        )
    }

    fn malformed(&self, valid: &Encoded) -> Vec<Malformed> {
        malformed::malformed(self.limits, valid, |sender| {
            Box::new(Resp2Decoder::new(self.limits, Some(sender)))
        })
    }
}

//! Messages of the WebSocket protocol (RFC 6455), behind its handshake.

mod decoder;
mod encode;
mod header;
mod malformed;
mod utf8;

use crate::{
    Context, Decoder, EncodeError, Encoded, FieldLayout, Framing, Limits, Malformed, Message,
    Sender,
};
use decoder::WebSocketDecoder;

/// Whole messages: a control frame, or a text or binary message with all its fragments. Control
/// frames that came between the fragments lie within the message, as the field `control`; the
/// others are `opcode`, `length`, `mask` and `payload`, in as many pieces as there are fragments.
///
/// What a client sends is masked, with a fixed key: the key protects proxies from hostile clients
/// (section 10.3), and a test has none. What a server sends is not.
#[derive(Debug)]
pub struct WebSocket {
    limits: Limits,
}

impl WebSocket {
    /// A message with all its fragments is bounded by the frame limit.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Framing for WebSocket {
    fn name(&self) -> &'static str {
        "websocket"
    }

    fn settable(&self) -> Vec<String> {
        encode::KINDS.iter().map(|&name| name.into()).collect()
    }

    fn sole_field(&self) -> Option<String> {
        Some("text".into())
    }

    fn layout(&self) -> Vec<FieldLayout> {
        let of = |name: &&str| match *name {
            "length" => FieldLayout::named(*name).counting("payload"),
            _ => FieldLayout::named(*name),
        };
        decoder::NAMES.iter().map(of).collect()
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        self.decoder_for(&Context::default())
    }

    fn decoder_for(&self, context: &Context<'_>) -> Box<dyn Decoder> {
        Box::new(WebSocketDecoder::new(self.limits, context.sender))
    }

    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError> {
        self.encode_for(&Context::default(), message)
    }

    /// Without a sender, as a server's.
    fn encode_for(&self, context: &Context<'_>, message: &Message) -> Result<Encoded, EncodeError> {
        let bytes = encode::encode(message, context.sender == Some(Sender::Client))?;
        let decoder = WebSocketDecoder::new(Limits::NONE, context.sender);
        let kind = message
            .fields
            .first()
            .map_or("text", |(kind, _)| kind.as_str());
        super::locate(decoder, bytes, |_| kind)
    }

    fn malformed(&self, valid: &Encoded) -> Vec<Malformed> {
        let Some(masked) = valid.bytes.get(1).map(|byte| byte & header::MASKED != 0) else {
            return Vec::new();
        };
        let sender = if masked {
            Sender::Client
        } else {
            Sender::Server
        };
        malformed::malformed(self.limits, valid, masked, || {
            Box::new(WebSocketDecoder::new(self.limits, Some(sender)))
        })
    }
}

//! Messages of HTTP/1.1 (RFC 9110, RFC 9112).

mod body;
mod decoder;
mod encode;
mod expected;
mod head;
mod malformed;
mod mistakes;
mod status;
mod syntax;
mod upgrade;

use crate::{
    Context, Decoder, EncodeError, Encoded, FieldLayout, Framing, Limits, Malformed, Message,
    Sender,
};
use decoder::Http1Decoder;

/// Requests and responses. The fields of a frame are `start_line` and `headers` (the syntax), the
/// parts of the start line (`method`, `target`, `status`, `reason`), each header field's value
/// under its name in lower case, and `body`. A chunked body is in several pieces; its sizes and
/// line ends are `chunks`, its trailer section is `trailers`.
///
/// An interim response (1xx) is a message of its own. The reader is strict: line ends are CR LF,
/// and what RFC 9112 lets a recipient repair is refused.
#[derive(Debug)]
pub struct Http1 {
    limits: Limits,
}

impl Http1 {
    /// The head of a message, and each line of its body's chunks, are bounded by the header limit.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }
}

impl Framing for Http1 {
    fn name(&self) -> &'static str {
        "http1"
    }

    fn settable(&self) -> Vec<String> {
        encode::FIELDS.iter().map(|&name| name.into()).collect()
    }

    fn sole_field(&self) -> Option<String> {
        None
    }

    fn layout(&self) -> Vec<FieldLayout> {
        let of = |name: &&str| match *name {
            "chunks" => FieldLayout::named(*name).counting("body"),
            "status" => FieldLayout {
                size: Some(3),
                ..FieldLayout::named(*name)
            },
            _ => FieldLayout::named(*name),
        };
        let length = FieldLayout::named("content-length").counting("body");
        decoder::NAMES.iter().map(of).chain([length]).collect()
    }

    /// Messages have header fields of any name besides those of the layout.
    fn field(&self, name: &str) -> Option<FieldLayout> {
        let known = self.layout().into_iter().find(|field| field.name == name);
        let is_header = !name.is_empty()
            && syntax::not_token(name.as_bytes()).is_none()
            && !name.bytes().any(|b| b.is_ascii_uppercase());
        known.or_else(|| is_header.then(|| FieldLayout::named(name)))
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        self.decoder_for(&Context::default())
    }

    fn decoder_for(&self, context: &Context<'_>) -> Box<dyn Decoder> {
        Box::new(Http1Decoder::new(self.limits, context))
    }

    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError> {
        self.encode_for(&Context::default(), message)
    }

    fn encode_for(&self, context: &Context<'_>, message: &Message) -> Result<Encoded, EncodeError> {
        let bytes = encode::encode(context, message)?;
        super::locate(
            Http1Decoder::new(Limits::NONE, context),
            bytes,
            encode::field_of,
        )
    }

    fn malformed(&self, valid: &Encoded) -> Vec<Malformed> {
        let sender = if valid.bytes.starts_with(head::VERSION) {
            Sender::Server
        } else {
            Sender::Client
        };
        let context = Context {
            sender: Some(sender),
            request: None,
        };
        malformed::malformed(self.limits, valid, sender, || self.decoder_for(&context))
    }
}

//! The contract of a framing.

use crate::{Decoder, EncodeError, Encoded, FieldSpec, Frame, IntType, Message};

/// What is known of a field before any message is: a part of a framing's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldLayout {
    /// Its name, as [`crate::Field::name`] gives it. In a frame that may stand several times, the
    /// number is left out: `items[].name`.
    pub name: String,
    /// Its size in bytes, where that is the same in every frame.
    pub size: Option<usize>,
    /// Its type, where it holds an integer of a fixed width.
    pub int: Option<IntType>,
    /// True for a request's number, which its reply repeats.
    pub id: bool,
    /// The fields whose sizes it says: it differs where they do. A frame inside stands for all its
    /// fields.
    pub counts: Vec<String>,
}

impl FieldLayout {
    /// A field of which only the name is known.
    pub(crate) fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The same, saying the size of `field`.
    pub(crate) fn counting(mut self, field: &str) -> Self {
        self.counts.push(field.to_owned());
        self
    }

    /// True where its value differs when the size of that field does.
    pub fn counts(&self, field: &str) -> bool {
        let covers = |name: &String| {
            field
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.counts.iter().any(covers)
    }
}

/// The two ends of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The end that asks.
    Client,
    /// The end that answers.
    Server,
}

/// Where a message stands in its conversation. Some formats cannot be read from their bytes alone:
/// the answer to HEAD has no body, whatever its head says (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// Whose message it is; `None` where that is not known, and either may be right.
    pub sender: Option<Sender>,
    /// The request that it answers.
    pub request: Option<&'a Encoded>,
}

impl<'a> Context<'a> {
    /// A request.
    pub const REQUEST: Self = Self {
        sender: Some(Sender::Client),
        request: None,
    };

    /// A reply to `request`; `None` for a greeting.
    pub const fn reply(request: Option<&'a Encoded>) -> Self {
        Self {
            sender: Some(Sender::Server),
            request,
        }
    }
}

/// A frame that is wrong on purpose, and the name of its mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Field and mistake, such as `length.zero`, `length.max`, `magic.wrong`, `frame.truncated`.
    pub name: String,
    /// What is wrong, in one sentence.
    pub about: String,
    /// The bytes to send.
    pub bytes: Vec<u8>,
}

/// How messages lie in bytes. Immutable: state lives in the decoders that it hands out.
pub trait Framing: Send + Sync + std::fmt::Debug {
    /// The framing's name in the scenario language, such as `delimiter`.
    fn name(&self) -> &'static str;

    /// True where the bytes carry message boundaries. False for raw bytes, whose "frames" are
    /// whatever was read.
    fn has_boundaries(&self) -> bool {
        true
    }

    /// The names of the fields that a message may set, in order.
    fn settable(&self) -> Vec<String>;

    /// The field that a bare value stands for: the frame's only settable field without a default.
    fn sole_field(&self) -> Option<String>;

    /// The fields that it was described by. None for a framing that is not described so.
    fn specs(&self) -> &[FieldSpec] {
        &[]
    }

    /// The fields that frames have, in the order in which they stand.
    fn layout(&self) -> Vec<FieldLayout>;

    /// What is known of the field of that name, as [`crate::Field::name`] gives it. `None` where no
    /// frame has such a field.
    fn field(&self, name: &str) -> Option<FieldLayout> {
        self.layout().into_iter().find(|field| field.name == name)
    }

    /// A decoder at the start of a stream.
    fn decoder(&self) -> Box<dyn Decoder>;

    /// A decoder for messages that stand where `context` says. Each message of a connection may
    /// have one of its own.
    fn decoder_for(&self, context: &Context<'_>) -> Box<dyn Decoder> {
        let _ = context;
        self.decoder()
    }

    /// The bytes of one message, with lengths and digests computed.
    ///
    /// # Errors
    /// The message sets a field that the frame lacks, misses one that it needs, or holds a value
    /// that does not fit.
    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError>;

    /// True if `frame`, which the decoder found in `got`, says the same as `want`: the same in each
    /// field. JSON is compared by its value, since its keys have no order and its blanks no meaning
    /// (RFC 8259), and lengths not at all: the decoder has checked them.
    fn says_same(&self, want: &Encoded, got: &[u8], _frame: &Frame) -> bool {
        want.bytes == got
    }

    /// The bytes of one message that stands where `context` says.
    ///
    /// # Errors
    /// As for [`Framing::encode`]; or the message cannot stand there.
    fn encode_for(&self, context: &Context<'_>, message: &Message) -> Result<Encoded, EncodeError> {
        let _ = context;
        self.encode(message)
    }

    /// Frames that are wrong on purpose, each named by its mistake, made from a valid message.
    /// Empty where no bytes are invalid.
    fn malformed(&self, valid: &Encoded) -> Vec<Malformed>;
}

//! Bytes that follow from what was said before on the same connection.

use std::borrow::Cow;

use harness_wire::{Algorithm, to_hex};

use super::conversation::{Conversation, Side};
use super::message::Message;

/// A field of an earlier message on the same connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The exchange in which it was said.
    pub exchange: String,
    /// Who said it.
    pub side: Side,
    /// The field.
    pub field: String,
    /// Its size in bytes, where that is the same in every frame.
    pub size: Option<usize>,
}

/// How a digest is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Its bytes.
    Raw,
    /// Lower-case hexadecimal text.
    Hex,
}

/// How bytes come about.
#[derive(Clone, Debug)]
pub enum Formula {
    /// They are these.
    Fixed(Vec<u8>),
    /// They are those of a field.
    Field(Reference),
    /// The text that is unique to the connection.
    Connection,
    /// The port of the target, as decimal text; nothing where it has none.
    Port,
    /// The address of the target, as text; nothing where it has none.
    Host,
    /// The path of the target's Unix socket; nothing where it has none.
    Path,
    /// Several, one after the other.
    Concat(Vec<Formula>),
    /// Their digest, under a key their HMAC.
    Digest {
        /// The function.
        algorithm: Algorithm,
        /// The key of an HMAC (RFC 2104); `None` for a plain digest.
        key: Option<Box<Formula>>,
        /// What it covers.
        of: Vec<Formula>,
        /// How it is written.
        form: Form,
    },
    /// A whole message.
    Message(Box<Message>),
}

/// A value that cannot be computed, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unresolved(pub String);

impl Formula {
    /// The bytes, where they are the same on every connection.
    pub fn fixed(&self) -> Option<&[u8]> {
        match self {
            Self::Fixed(bytes) => Some(bytes),
            Self::Message(message) => message.fixed().map(|encoded| &*encoded.bytes),
            _ => None,
        }
    }

    /// The number of bytes, where it is the same on every connection.
    pub fn size(&self) -> Option<usize> {
        match self {
            Self::Fixed(bytes) => Some(bytes.len()),
            Self::Field(reference) => reference.size,
            Self::Connection => Some(Conversation::NAME_LEN),
            Self::Port | Self::Host | Self::Path => None,
            Self::Concat(parts) => parts.iter().map(Self::size).sum(),
            Self::Digest {
                algorithm, form, ..
            } => Some(match form {
                Form::Raw => algorithm.size(),
                Form::Hex => algorithm.size() * 2,
            }),
            Self::Message(message) => message.shape().map(|encoded| encoded.bytes.len()),
        }
    }

    /// The bytes on this connection.
    ///
    /// # Errors
    /// What they follow from was not said.
    pub fn bytes(&self, said: &mut Conversation) -> Result<Cow<'_, [u8]>, Unresolved> {
        let endpoint = said.endpoint();
        Ok(match self {
            Self::Fixed(bytes) => Cow::Borrowed(bytes),
            Self::Field(r) => {
                let found = said.field(&r.exchange, r.side, &r.field);
                Cow::Owned(found.map_err(|why| {
                    let (exchange, side, field) = (&r.exchange, r.side.word(), &r.field);
                    Unresolved(format!("`{{{exchange}.{side}.{field}}}`: {why}"))
                })?)
            }
            Self::Connection => Cow::Owned(said.name().into_bytes()),
            Self::Port => Cow::Owned(text(endpoint.port())),
            Self::Host => Cow::Owned(text(endpoint.socket_addr().map(|a| a.ip()))),
            Self::Path => {
                let url = endpoint.to_string();
                let path = url.split_once("://").filter(|_| endpoint.port().is_none());
                Cow::Owned(text(path.map(|(_, path)| path)))
            }
            Self::Concat(parts) => Cow::Owned(joined(parts, said)?),
            Self::Digest {
                algorithm,
                key,
                of,
                form,
            } => {
                let covered = joined(of, said)?;
                let digest = match key {
                    None => algorithm.digest([&*covered]),
                    Some(key) => algorithm.hmac(&key.bytes(said)?, [&*covered]),
                };
                Cow::Owned(match form {
                    Form::Raw => digest,
                    Form::Hex => to_hex(&digest).into_bytes(),
                })
            }
            Self::Message(message) => match message.spoken(said, None)? {
                Cow::Borrowed(encoded) => Cow::Borrowed(&encoded.bytes),
                Cow::Owned(encoded) => Cow::Owned(encoded.bytes),
            },
        })
    }
}

fn text(value: Option<impl ToString>) -> Vec<u8> {
    value.map_or_else(Vec::new, |v| v.to_string().into_bytes())
}

fn joined(parts: &[Formula], said: &mut Conversation) -> Result<Vec<u8>, Unresolved> {
    let mut all = Vec::new();
    for part in parts {
        all.extend_from_slice(&part.bytes(said)?);
    }
    Ok(all)
}

/// A value whose byte strings may have to be computed: what a `send` sends, what a `recv` awaits.
pub trait Slots: Clone {
    /// Its byte strings, in the order in which they are written.
    fn slots(&mut self) -> Vec<&mut Vec<u8>>;

    /// The value with its byte strings on this connection. `formulas` are one for each, or none
    /// where all are the same on every connection.
    ///
    /// # Errors
    /// What one of them follows from was not said.
    fn filled(
        &self,
        formulas: &[Formula],
        said: &mut Conversation,
    ) -> Result<Cow<'_, Self>, Unresolved> {
        if formulas.is_empty() {
            return Ok(Cow::Borrowed(self));
        }
        let mut filled = self.clone();
        for (slot, formula) in filled.slots().into_iter().zip(formulas) {
            *slot = formula.bytes(said)?.into_owned();
        }
        Ok(Cow::Owned(filled))
    }
}

//! The messages of a profile: known beforehand, or computed from the conversation so far.

use std::borrow::Cow;
use std::sync::Arc;

use harness_wire::{
    Context as Place, EncodeError, Encoded, Framing, IntType, Message as Fields, Sender, Value,
};

use super::conversation::Conversation;
use super::formula::{Formula, Unresolved};

/// A message and the framing that it lies in.
#[derive(Clone, Debug)]
pub struct Message {
    /// The frame's name in the profile.
    pub frame: String,
    /// Its framing.
    pub framing: Arc<dyn Framing>,
    sender: Option<Sender>,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// The same on every connection.
    Fixed(Encoded),
    /// Encoded anew each time.
    Computed {
        fields: Vec<(String, FieldValue)>,
        /// How it lies in its bytes, where that is the same on every connection.
        shape: Option<Encoded>,
    },
}

/// The value of one field.
#[derive(Clone, Debug)]
pub enum FieldValue {
    /// It is this.
    Fixed(Value),
    /// Bytes that are computed.
    Bytes(Formula),
    /// An integer, read as this type from bytes that are computed.
    Int(IntType, Formula),
    /// An integer that is fresh for each request.
    Fresh(IntType),
}

impl FieldValue {
    /// A value of the same size, where that is the same on every connection.
    fn sample(&self) -> Option<Value> {
        Some(match self {
            Self::Fixed(value) => value.clone(),
            Self::Bytes(formula) => match formula.fixed() {
                Some(bytes) => Value::Bytes(bytes.to_vec()),
                None => Value::Bytes(vec![b'x'; formula.size()?]),
            },
            Self::Int(..) | Self::Fresh(_) => Value::Int(0),
        })
    }

    fn value(&self, said: &mut Conversation) -> Result<Value, Unresolved> {
        Ok(match self {
            Self::Fixed(value) => value.clone(),
            Self::Bytes(formula) => Value::Bytes(formula.bytes(said)?.into_owned()),
            Self::Int(int, formula) => {
                let bytes = formula.bytes(said)?;
                if bytes.len() != int.bytes() {
                    return Err(Unresolved(format!(
                        "an integer of {} bytes is made from {} bytes",
                        int.bytes(),
                        bytes.len()
                    )));
                }
                Value::Int(int.read(&bytes))
            }
            Self::Fresh(int) => Value::Int(said.fresh_id(*int)),
        })
    }
}

impl Message {
    /// A message with these values that stands at `place`, encoded at once where they are known.
    ///
    /// # Errors
    /// A value does not fit its field, as far as that is known by now.
    pub fn new(
        frame: String,
        framing: Arc<dyn Framing>,
        place: &Place<'_>,
        fields: Vec<(String, FieldValue)>,
    ) -> Result<Self, EncodeError> {
        let known = fields
            .iter()
            .all(|(_, v)| matches!(v, FieldValue::Fixed(_)));
        let sized = fields.iter().all(|(_, value)| value.sample().is_some());
        let sample = |(name, value): &(String, FieldValue)| {
            let some = || Value::Bytes(vec![b'x']);
            (name.clone(), value.sample().unwrap_or_else(some))
        };
        let sample = Fields {
            fields: fields.iter().map(sample).collect(),
        };
        let shape = match framing.encode_for(place, &sample) {
            Ok(encoded) => sized.then_some(encoded),
            // Where a size is not known, its stand-in may not fit; what is left out is known.
            Err(error) if sized || matches!(error, EncodeError::Missing { .. }) => {
                return Err(error);
            }
            Err(_) => None,
        };
        let content = match shape {
            Some(encoded) if known => Content::Fixed(encoded),
            shape => Content::Computed { fields, shape },
        };
        Ok(Self {
            frame,
            framing,
            sender: place.sender,
            content,
        })
    }

    /// Its bytes and fields, where they are the same on every connection.
    pub fn fixed(&self) -> Option<&Encoded> {
        match &self.content {
            Content::Fixed(encoded) => Some(encoded),
            Content::Computed { .. } => None,
        }
    }

    /// How it lies in its bytes, where that is the same on every connection: lengths and fields
    /// are right, the bytes of what is computed are not.
    pub fn shape(&self) -> Option<&Encoded> {
        match &self.content {
            Content::Fixed(encoded) => Some(encoded),
            Content::Computed { shape, .. } => shape.as_ref(),
        }
    }

    /// The same message, of which it was seen how it lies in its bytes.
    #[must_use]
    pub fn shaped(mut self, seen: Encoded) -> Self {
        if let Content::Computed { shape, .. } = &mut self.content {
            *shape = Some(seen);
        }
        self
    }

    /// The message on this connection, for a reply as one to `asked`. What is fixed costs nothing.
    ///
    /// # Errors
    /// What it follows from was not said, or does not fit its field.
    pub fn spoken(
        &self,
        said: &mut Conversation,
        asked: Option<&Encoded>,
    ) -> Result<Cow<'_, Encoded>, Unresolved> {
        let fields = match &self.content {
            Content::Fixed(encoded) => return Ok(Cow::Borrowed(encoded)),
            Content::Computed { fields, .. } => fields,
        };
        let mut values = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            let why = |e: Unresolved| Unresolved(format!("field `{name}`: {e}"));
            values.push((name.clone(), value.value(said).map_err(why)?));
        }
        let place = Place {
            sender: self.sender,
            request: asked,
        };
        let encoded = self.framing.encode_for(&place, &Fields { fields: values });
        encoded.map(Cow::Owned).map_err(|e| {
            let frame = &self.frame;
            Unresolved(format!(
                "the frame `{frame}` cannot hold what was computed: {e}"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::conversation::Side;
    use crate::scenario::formula::{Form, Reference};
    use harness_wire::{Algorithm, Counts, Delimiter, Field, LengthPrefix, Limits, Raw};
    use proptest::prelude::*;

    fn framings() -> Vec<(Arc<dyn Framing>, &'static str)> {
        let limits = Limits::default();
        let int = "u32be".parse().unwrap();
        vec![
            (
                Arc::new(LengthPrefix::new(int, Counts::All, 0, limits).unwrap()),
                "body",
            ),
            (
                Arc::new(Delimiter::new(b"\0end".to_vec(), false, limits).unwrap()),
                "body",
            ),
            (Arc::new(Raw::new(limits)), "data"),
        ]
    }

    /// The conversation in which `hello` was answered with these bytes.
    fn after(nonce: &[u8]) -> Conversation {
        let mut said = Conversation::new(1, "tcp://127.0.0.1:9".parse().unwrap());
        let field = Field {
            name: "nonce".into(),
            ranges: std::iter::once(0..nonce.len()).collect(),
        };
        said.record("hello", Side::Reply, nonce, &[field]);
        said
    }

    fn nonce(size: Option<usize>) -> Formula {
        Formula::Field(Reference {
            exchange: "hello".to_owned(),
            side: Side::Reply,
            field: "nonce".to_owned(),
            size,
        })
    }

    fn message(framing: &Arc<dyn Framing>, field: &str, value: FieldValue) -> Message {
        let fields = vec![(field.to_owned(), value)];
        Message::new("f".to_owned(), Arc::clone(framing), &Place::REQUEST, fields).unwrap()
    }

    proptest! {
        #[test]
        fn a_computed_message_equals_its_fixed_twin(
            before in proptest::collection::vec(any::<u8>(), 0..40),
            said in proptest::collection::vec(any::<u8>(), 0..40),
            key in proptest::collection::vec(any::<u8>(), 0..80),
            knows_size in any::<bool>(),
        ) {
            // Bytes that a delimiter would end at are refused in both.
            prop_assume!(!before.contains(&0) && !said.contains(&0));
            let size = knows_size.then_some(said.len());
            let mac = Formula::Digest {
                algorithm: Algorithm::Sha256,
                key: Some(Box::new(Formula::Fixed(key.clone()))),
                of: vec![Formula::Fixed(before.clone()), nonce(size)],
                form: Form::Hex,
            };
            let formula = Formula::Concat(vec![Formula::Fixed(before.clone()), nonce(size), mac]);
            let all = [&*before, &*said].concat();
            let mac = harness_wire::to_hex(&Algorithm::Sha256.hmac(&key, [&*all]));
            let twin = [&*all, mac.as_bytes()].concat();
            for (framing, field) in framings() {
                let computed = message(&framing, field, FieldValue::Bytes(formula.clone()));
                let fixed = message(&framing, field, FieldValue::Fixed(Value::Bytes(twin.clone())));
                let mut conversation = after(&said);
                let spoken = computed.spoken(&mut conversation, None).unwrap();
                prop_assert_eq!(&*spoken, fixed.fixed().unwrap());
                prop_assert!(computed.fixed().is_none());
                let shape = computed.shape().map(|s| (s.bytes.len(), s.fields.clone()));
                let known = knows_size.then(|| (spoken.bytes.len(), spoken.fields.clone()));
                prop_assert_eq!(shape, known, "the plan cuts what is sent");
            }
        }
    }

    #[test]
    fn what_was_not_said_is_told() {
        let (framing, field) = framings().remove(0);
        let message = message(&framing, field, FieldValue::Bytes(nonce(None)));
        let mut nothing = Conversation::new(1, "tcp://127.0.0.1:9".parse().unwrap());
        let error = message.spoken(&mut nothing, None).unwrap_err().to_string();
        assert!(error.contains("`{hello.reply.nonce}`"), "{error}");
        assert!(error.contains("was not seen"), "{error}");
    }
}

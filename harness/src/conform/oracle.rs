//! The answers that are expected: those that the profile gives, and those that control exchanges
//! taught. How bytes are segmented must never change what a program answers, so one exchange in
//! whole messages says what every other delivery must bring.

use std::borrow::Cow;

use harness_wire::{Encoded, Frame};

use super::mask;
use crate::quote;
use crate::scenario::conversation::Conversation;
use crate::scenario::formula::Unresolved;
use crate::scenario::model::{Exchange, Message, Profile, Reply, Role};

/// What an exchange brings: its bytes, and the frames in them where those are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The bytes of all its messages.
    pub bytes: Vec<u8>,
    /// Its frames, one after the other.
    pub frames: Vec<Frame>,
}

/// What is known of an answer.
#[derive(Clone, Debug)]
enum Known {
    /// Nothing: a control exchange will tell.
    Unknown,
    /// It is the same on every connection.
    Is(Answer),
    /// It was learned. The id in it is that of the control's request.
    Learned(Answer),
    /// It follows from the conversation.
    Computed,
}

/// Answers by the index of the exchange in the profile, for `opening`, `exchanges` and `closing`,
/// and a client's stdout.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    answers: [Vec<Known>; 4],
}

/// The part of a profile in which an exchange stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `opening`
    Opening,
    /// `exchanges`
    Exchanges,
    /// `closing`
    Closing,
    /// `ends`: one answer, what a client writes to stdout.
    End,
}

impl Part {
    /// The exchanges of that part.
    pub(super) fn of(self, profile: &Profile) -> &[Exchange] {
        match self {
            Self::Opening => &profile.opening,
            Self::Exchanges => &profile.exchanges,
            Self::Closing => &profile.closing,
            Self::End => &[],
        }
    }
}

impl Answer {
    /// These messages on this connection, in reply to `asked`.
    fn computed(
        messages: &[Message],
        said: &mut Conversation,
        asked: Option<&Encoded>,
    ) -> Result<Self, Unresolved> {
        let mut answer = Self::default();
        for message in messages {
            let encoded = message.spoken(said, asked)?;
            answer.bytes.extend_from_slice(&encoded.bytes);
            answer.frames.push(Frame {
                len: encoded.bytes.len(),
                fields: encoded.fields.clone(),
            });
        }
        Ok(answer)
    }

    /// What all messages but those that are computed come to.
    fn fixed(messages: &[Message]) -> Option<Self> {
        let mut answer = Self::default();
        for encoded in messages.iter().map(Message::fixed) {
            let encoded = encoded?;
            answer.bytes.extend_from_slice(&encoded.bytes);
            answer.frames.push(Frame {
                len: encoded.bytes.len(),
                fields: encoded.fields.clone(),
            });
        }
        Some(answer)
    }

    /// Bytes without frames.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            frames: Vec::new(),
        }
    }

    /// The bytes of a field of the first frame.
    pub(super) fn field(&self, name: &str) -> Option<&[u8]> {
        mask::field(&self.bytes, self.frames.first()?, name)
    }
}

impl Oracle {
    /// What the profile itself gives.
    pub(super) fn given(profile: &Profile) -> Self {
        let of = |exchange: &Exchange| match &exchange.reply {
            Reply::Given(messages) => Answer::fixed(messages).map_or(Known::Computed, Known::Is),
            Reply::None | Reply::Closes => Known::Is(Answer::default()),
            Reply::Learned { .. } => Known::Unknown,
        };
        let parts = [Part::Opening, Part::Exchanges, Part::Closing];
        let [opening, exchanges, closing] =
            parts.map(|part| part.of(profile).iter().map(of).collect());
        let stdout = |bytes: &Option<Vec<u8>>| match bytes {
            Some(bytes) => Known::Is(Answer::of(bytes.clone())),
            None => Known::Unknown,
        };
        let end = match profile.role {
            Role::Server => Vec::new(),
            Role::Client => vec![stdout(&profile.ends.stdout)],
        };
        Self {
            answers: [opening, exchanges, closing, end],
        }
    }

    /// What a client must write to stdout, where it is known.
    pub(super) fn stdout(&self) -> Option<&[u8]> {
        self.lasting(Part::End, 0)
    }

    /// The bytes of an answer that is the same on every connection, where it is known.
    pub(super) fn lasting(&self, part: Part, index: usize) -> Option<&[u8]> {
        match self.answers[part as usize].get(index)? {
            Known::Is(answer) | Known::Learned(answer) => Some(&answer.bytes),
            Known::Unknown | Known::Computed => None,
        }
    }

    /// The expected answer to `asked` on this connection, where it is known.
    ///
    /// # Errors
    /// What it follows from was not said.
    pub(super) fn answer(
        &self,
        part: Part,
        index: usize,
        exchange: &Exchange,
        said: &mut Conversation,
        asked: Option<&Encoded>,
    ) -> Result<Option<Cow<'_, Answer>>, Unresolved> {
        Ok(
            match (self.answers[part as usize].get(index), &exchange.reply) {
                (Some(Known::Is(answer)), _) => Some(Cow::Borrowed(answer)),
                (Some(Known::Learned(answer)), _) => Some(match (&exchange.id, said.awaited()) {
                    (Some((_, field)), Some(awaited)) => Cow::Owned(Answer {
                        bytes: mask::with(&answer.bytes, answer.frames.first(), field, &awaited.id),
                        frames: answer.frames.clone(),
                    }),
                    _ => Cow::Borrowed(answer),
                }),
                (Some(Known::Computed), Reply::Given(messages)) => {
                    Some(Cow::Owned(Answer::computed(messages, said, asked)?))
                }
                _ => None,
            },
        )
    }

    /// Keeps what a control exchange brought.
    pub(super) fn learn(&mut self, part: Part, exchange: usize, answer: Answer) {
        if let Some(place) = self.answers[part as usize].get_mut(exchange) {
            *place = Known::Learned(answer);
        }
    }

    /// True where some answer has to be learned.
    pub(super) fn is_incomplete(&self) -> bool {
        let mut all = self.answers.iter().flatten();
        all.any(|known| matches!(known, Known::Unknown))
    }

    /// Where two controls disagree though nothing says that they may, in words.
    pub(super) fn disagreement(&self, other: &Self, profile: &Profile) -> Option<String> {
        for part in [Part::Opening, Part::Exchanges, Part::Closing] {
            for (i, exchange) in part.of(profile).iter().enumerate() {
                let of = |oracle: &'_ Self| match oracle.answers[part as usize].get(i) {
                    Some(Known::Learned(answer)) => Some(answer.clone()),
                    _ => None,
                };
                if let (Some(a), Some(b)) = (of(self), of(other))
                    && let Some(words) = differ(exchange, &a, &b, profile)
                {
                    return Some(words);
                }
            }
        }
        match (self.stdout(), other.stdout()) {
            (Some(a), Some(b)) if a != b => Some(format!(
                "two control runs wrote different things to stdout, {} and {}; judge its exit \
                 status alone, with a step `ended: {{exit: 0}}`",
                quote::bytes(a),
                quote::bytes(b)
            )),
            _ => None,
        }
    }
}

/// How two answers to one exchange differ outside of what is declared to.
fn differ(exchange: &Exchange, a: &Answer, b: &Answer, profile: &Profile) -> Option<String> {
    let Reply::Learned { frame, .. } = &exchange.reply else {
        return None;
    };
    let name = &exchange.name;
    let id = exchange.id.as_ref().map(|(_, field)| field);
    let volatile = profile.volatile.get(frame).map_or(&[][..], Vec::as_slice);
    let may = |field: &str| id.is_some_and(|id| id == field) || volatile.iter().any(|v| v == field);
    let different = match (a.frames.as_slice(), b.frames.as_slice()) {
        ([one], [other]) => {
            let all = one.fields.iter().map(|field| &*field.name);
            let mut fields = all.filter(|field| !may(field) && other.field(field).is_some());
            fields.find(|field| a.field(field) != b.field(field))
        }
        _ => None,
    };
    if let Some(field) = different {
        let of = |answer: &Answer| quote::bytes(answer.field(field).unwrap_or_default());
        return Some(format!(
            "two control exchanges of `{name}` brought different answers: the field `{field}` of \
             the frame `{frame}` was {} and then {}; if that is as it should be, add \
             `volatile: [{frame}.{field}]` to the profile `{}`",
            of(a),
            of(b),
            profile.name
        ));
    }
    let names = |answer: &Answer| -> Vec<String> {
        let fields = answer.frames.iter().flat_map(|frame| &frame.fields);
        fields.map(|field| field.name.to_string()).collect()
    };
    let same = a.bytes == b.bytes || (!a.frames.is_empty() && names(a) == names(b));
    (!same).then(|| {
        format!(
            "two control exchanges of `{name}` brought different answers, {} and {}; give its \
             reply, or leave it out",
            quote::bytes(&a.bytes),
            quote::bytes(&b.bytes)
        )
    })
}

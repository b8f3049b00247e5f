//! The answers that are expected: those that the profile gives, and those that control exchanges
//! taught. How bytes are segmented must never change what a program answers, so one exchange in
//! whole messages says what every other delivery must bring.

use crate::scenario::model::{Exchange, Profile, Reply};

/// Answers by the index of the exchange in the profile, for `opening`, `exchanges` and `closing`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    answers: [Vec<Option<Vec<u8>>>; 3],
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
}

impl Part {
    /// The exchanges of that part.
    pub(super) fn of(self, profile: &Profile) -> &[Exchange] {
        match self {
            Self::Opening => &profile.opening,
            Self::Exchanges => &profile.exchanges,
            Self::Closing => &profile.closing,
        }
    }
}

impl Oracle {
    /// What the profile itself gives.
    pub(super) fn given(profile: &Profile) -> Self {
        let of = |exchanges: &[Exchange]| {
            exchanges
                .iter()
                .map(|e| match &e.reply {
                    Reply::Given(messages) => Some(
                        messages
                            .iter()
                            .flat_map(|m| m.encoded.bytes.clone())
                            .collect(),
                    ),
                    Reply::None | Reply::Closes => Some(Vec::new()),
                    Reply::Learned { .. } => None,
                })
                .collect()
        };
        Self {
            answers: [
                of(&profile.opening),
                of(&profile.exchanges),
                of(&profile.closing),
            ],
        }
    }

    /// The expected answer, where it is known.
    pub(super) fn answer(&self, part: Part, exchange: usize) -> Option<&[u8]> {
        self.answers[part as usize].get(exchange)?.as_deref()
    }

    /// Keeps what a control exchange brought.
    pub(super) fn learn(&mut self, part: Part, exchange: usize, bytes: Vec<u8>) {
        if let Some(place) = self.answers[part as usize].get_mut(exchange) {
            *place = Some(bytes);
        }
    }

    /// True where some answer has to be learned.
    pub(super) fn is_incomplete(&self) -> bool {
        self.answers.iter().flatten().any(Option::is_none)
    }

    /// The first exchange at which two controls disagree, with both answers.
    pub(super) fn disagreement<'a>(
        &'a self,
        other: &'a Self,
        profile: &'a Profile,
    ) -> Option<(&'a str, &'a [u8], &'a [u8])> {
        for part in [Part::Opening, Part::Exchanges, Part::Closing] {
            for (i, exchange) in part.of(profile).iter().enumerate() {
                if let (Some(a), Some(b)) = (self.answer(part, i), other.answer(part, i))
                    && a != b
                {
                    return Some((&exchange.name, a, b));
                }
            }
        }
        None
    }
}

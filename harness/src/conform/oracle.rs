//! The answers that are expected: those that the profile gives, and those that control exchanges
//! taught. How bytes are segmented must never change what a program answers, so one exchange in
//! whole messages says what every other delivery must bring.

use crate::scenario::model::{Exchange, Profile, Reply, Role};

/// Answers by the index of the exchange in the profile, for `opening`, `exchanges` and `closing`,
/// and a client's stdout.
#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    answers: [Vec<Option<Vec<u8>>>; 4],
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
                match profile.role {
                    Role::Server => Vec::new(),
                    Role::Client => vec![profile.ends.stdout.clone()],
                },
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

    /// The first exchange at which two controls disagree, in words, with both answers.
    pub(super) fn disagreement<'a>(
        &'a self,
        other: &'a Self,
        profile: &'a Profile,
    ) -> Option<(String, &'a [u8], &'a [u8])> {
        for part in [Part::Opening, Part::Exchanges, Part::Closing] {
            for (i, exchange) in part.of(profile).iter().enumerate() {
                if let (Some(a), Some(b)) = (self.answer(part, i), other.answer(part, i))
                    && a != b
                {
                    let of = format!("exchanges of `{}` brought different answers", exchange.name);
                    return Some((of, a, b));
                }
            }
        }
        match (self.answer(Part::End, 0), other.answer(Part::End, 0)) {
            (Some(a), Some(b)) if a != b => {
                Some(("runs wrote different things to stdout".to_owned(), a, b))
            }
            _ => None,
        }
    }
}

//! What is proved about a delivery, from weak to strong.

use std::fmt;
use std::str::FromStr;

/// A kind of proof. The order is that of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Proof {
    /// Gaps in time between pieces: proves nothing.
    Paced,
    /// The pieces lay together in the peer's receive queue before it read any of them.
    QueuedTogether,
    /// The peer read each piece before the next one was written.
    Consumed,
    /// As `Consumed`, and every thread of the peer's processes was blocked before the next piece.
    Idle,
}

impl Proof {
    /// All kinds, weakest first.
    pub const ALL: [Self; 4] = [
        Self::Paced,
        Self::QueuedTogether,
        Self::Consumed,
        Self::Idle,
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paced => "paced",
            Self::QueuedTogether => "queued_together",
            Self::Consumed => "consumed",
            Self::Idle => "idle",
        }
    }

    /// True for all but [`Proof::Paced`].
    pub fn is_proof(self) -> bool {
        self != Self::Paced
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Proof {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|p| p.name() == given)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.iter().map(|p| p.name()).collect();
                format!("`{given}` is not a proof; they are {}", names.join(", "))
            })
    }
}

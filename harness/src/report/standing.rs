//! What a verdict means for whoever waits for the run: the one table from verdicts to exit codes.

use crate::run::{CaseResult, Verdict};

/// What a case's result asks of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Nothing: it holds, or need not hold.
    Held,
    /// Nothing: it was not tried, or fails as known.
    Untried,
    /// It could not be judged.
    Unjudged,
    /// Something is broken.
    Broken,
}

impl Standing {
    /// The standing of a verdict.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass | Verdict::Warn | Verdict::Info => Self::Held,
            Verdict::Skip | Verdict::Unsupported | Verdict::Xfail => Self::Untried,
            Verdict::Inconclusive | Verdict::Error => Self::Unjudged,
            Verdict::Fail | Verdict::Xpass => Self::Broken,
        }
    }

    /// The standing of a case: a threshold that does not hold breaks a case that else holds.
    #[must_use]
    pub fn of_case(case: &CaseResult) -> Self {
        match Self::of(case.verdict) {
            Self::Held if case.thresholds.iter().any(|threshold| !threshold.holds) => Self::Broken,
            standing => standing,
        }
    }

    /// The exit code that a run gets from it: 0, 1 or 3.
    #[must_use]
    pub fn exit(self) -> i32 {
        match self {
            Self::Held | Self::Untried => 0,
            Self::Broken => 1,
            Self::Unjudged => 3,
        }
    }

    /// The exit code of a run with these cases: 1 where something is broken, else 3 where
    /// something could not be judged, else 0.
    #[must_use]
    pub fn exit_of<'a>(cases: impl IntoIterator<Item = &'a CaseResult>) -> i32 {
        cases
            .into_iter()
            .map(Self::of_case)
            .max()
            .map_or(0, Self::exit)
    }
}

/// What an exit code says, in words.
pub(crate) fn exit_words(exit: i32) -> &'static str {
    match exit {
        0 => "nothing failed",
        1 => "a case, a threshold or a comparison failed",
        2 => "usage or scenario error; nothing was run",
        3 => "not everything could be judged",
        130 => "interrupted",
        _ => "not one of the documented exit codes",
    }
}

/// A verdict as one word.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Warn => "warn",
        Verdict::Info => "info",
        Verdict::Skip => "skip",
        Verdict::Unsupported => "unsupported",
        Verdict::Xfail => "xfail",
        Verdict::Xpass => "xpass",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Error => "error",
    }
}

/// All verdicts, in the order in which totals tell them.
pub(crate) const VERDICTS: [Verdict; 10] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Xpass,
    Verdict::Error,
    Verdict::Inconclusive,
    Verdict::Warn,
    Verdict::Info,
    Verdict::Xfail,
    Verdict::Skip,
    Verdict::Unsupported,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_has_its_serialised_word() {
        for verdict in VERDICTS {
            assert_eq!(serde_json::to_value(verdict).unwrap(), word(verdict));
        }
        let distinct: std::collections::BTreeSet<_> = VERDICTS.into_iter().collect();
        assert_eq!(distinct.len(), VERDICTS.len());
    }

    #[test]
    fn broken_outranks_unjudged() {
        assert!(Standing::Broken > Standing::Unjudged);
        assert_eq!(Standing::exit_of([]), 0);
    }
}

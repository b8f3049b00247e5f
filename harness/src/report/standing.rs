//! What a verdict means for whoever waits for the run.

use crate::exit;
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
}

/// What an exit code says, in words.
pub(crate) fn exit_words(exit: i32) -> &'static str {
    match u8::try_from(exit) {
        Ok(exit::OK) => "nothing failed",
        Ok(exit::FAILED) => "a case, a threshold or a comparison failed",
        Ok(exit::USAGE) => "usage or scenario error; nothing was run",
        Ok(exit::UNJUDGED) => "not everything could be judged",
        Ok(exit::INTERRUPTED) => "interrupted",
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
        assert!(Standing::Unjudged > Standing::Untried);
    }
}

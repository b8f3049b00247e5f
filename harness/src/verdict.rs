//! Verdicts: pure functions from what was expected and what was observed. No clock, no I/O.

mod end;
mod request;

use std::time::Duration;

use harness_wire::FrameError;

pub use self::end::{WRONG_EXIT, WRONG_OUTPUT, end};
pub use self::request::{WRONG_REQUEST, request};

use crate::quote;
use crate::run::{CaseResult, Verdict};
use crate::scenario::model::{CloseHow, Comparison, Level, Op, RecvExpect};

/// Bytes that came, and why no more were awaited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Why the wait ended.
    pub stop: Stop,
}

/// Why a wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// What was awaited is there.
    Complete,
    /// It did not come within this time.
    Deadline(Duration),
    /// The peer ended the stream (FIN).
    End,
    /// The connection failed, with this errno name.
    Error(String),
    /// The bytes are no valid frame.
    Invalid(FrameError),
    /// Bytes came without an end: after so many, no more were read.
    Flood(usize),
}

/// How much a deviation weighs before the case's level is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The target did wrong.
    Fail,
    /// A precondition was not seen: nothing can be said.
    Inconclusive,
    /// The harness could not do its part.
    Error,
}

/// One thing that was not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// How much it weighs.
    pub weight: Weight,
    /// Its kind, in a word or two: equal kinds are counted together.
    pub kind: &'static str,
    /// What should have come, in words; empty where the bytes say it.
    pub expected: Box<str>,
    /// The bytes that should have come, where they are known.
    pub expected_bytes: Option<Box<[u8]>>,
    /// What came, in words.
    pub actual: String,
    /// The bytes that came, where bytes were awaited.
    pub actual_bytes: Option<Box<[u8]>>,
}

impl Deviation {
    fn new(
        weight: Weight,
        kind: &'static str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            weight,
            kind,
            expected: expected.into().into(),
            expected_bytes: None,
            actual: actual.into(),
            actual_bytes: None,
        }
    }

    /// The same, with the bytes that should have come.
    #[must_use]
    pub fn wanting(self, bytes: &[u8]) -> Self {
        Self {
            expected_bytes: Some(bytes.into()),
            ..self
        }
    }

    /// The same, with the bytes that came.
    #[must_use]
    pub fn getting(self, bytes: &[u8]) -> Self {
        Self {
            actual_bytes: Some(bytes.into()),
            ..self
        }
    }

    /// The target did wrong.
    pub fn fail(
        kind: &'static str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self::new(Weight::Fail, kind, expected, actual)
    }

    /// Nothing can be said.
    pub fn inconclusive(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self::new(Weight::Inconclusive, "not seen", expected, actual)
    }

    /// The harness could not do its part.
    pub fn error(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        Self::new(Weight::Error, "harness error", expected, actual)
    }

    /// True where the connection broke or never was, which the end of the target may explain.
    pub fn is_cut_off(&self) -> bool {
        [CLOSED, FAILED, NOT_REACHED].contains(&self.kind)
    }

    /// True for deviations that a slow machine alone could cause, so that they need a second look.
    pub fn may_be_slowness(&self) -> bool {
        [HANG, PARTIAL, MISSING].contains(&self.kind) || self.weight == Weight::Inconclusive
    }
}

/// No answer within the deadline.
pub const HANG: &str = "hang";
/// A part of the answer, and then nothing until the deadline.
pub const PARTIAL: &str = "incomplete answer";
/// Another answer than expected.
pub const WRONG: &str = "wrong answer";
/// The peer closed the connection instead.
pub const CLOSED: &str = "closed";
/// The connection failed instead.
pub const FAILED: &str = "connection failed";
/// Bytes that nobody asked for.
pub const STRAY: &str = "stray bytes";
/// No connection came to be.
pub const NOT_REACHED: &str = "not reached";
/// The target ended.
pub const CRASH: &str = "crash";
/// Bytes without an end.
pub const FLOOD: &str = "endless answer";
/// A client ended before its conversation was over.
pub const ENDED: &str = "ended early";
/// Bytes that are no frame.
pub const INVALID: &str = "invalid frame";

/// A reply that bears the id of no request.
pub const WRONG_ID: &str = "wrong id";
/// A reply to a request that has its reply already.
pub const DUPLICATE: &str = "duplicate reply";
/// A reply that came before that of an earlier request.
pub const REORDERED: &str = "reordered reply";
/// A request whose reply did not come, though others came.
pub const MISSING: &str = "missing reply";

/// Judges an answer that must be exactly `expected`.
pub fn answer(expected: &[u8], received: &Received) -> Option<Deviation> {
    let got = &received.bytes;
    if received.stop == Stop::Complete && got == expected {
        return None;
    }
    // An empty datagram that did not come is a prefix of itself, too.
    let is_prefix = expected.starts_with(got)
        && (got.len() < expected.len() || received.stop != Stop::Complete);
    // A wrong byte is a wrong answer, however the wait ended.
    let kind = match &received.stop {
        Stop::Invalid(_) => INVALID,
        _ if !is_prefix => WRONG,
        stop => kind_of(stop, got),
    };
    Some(
        Deviation::fail(kind, "", then(&received.stop))
            .wanting(expected)
            .getting(got),
    )
}

/// Judges an answer that must be one valid frame of any content.
pub fn frame(what: &str, received: &Received) -> Option<Deviation> {
    match &received.stop {
        Stop::Complete => None,
        stop => {
            let kind = kind_of(stop, &received.bytes);
            let expected = format!("one whole frame `{what}`");
            Some(Deviation::fail(kind, expected, then(stop)).getting(&received.bytes))
        }
    }
}

fn kind_of(stop: &Stop, got: &[u8]) -> &'static str {
    match stop {
        Stop::Complete => WRONG,
        Stop::Deadline(_) if got.is_empty() => HANG,
        Stop::Deadline(_) => PARTIAL,
        Stop::End => CLOSED,
        Stop::Error(_) => FAILED,
        Stop::Invalid(_) => INVALID,
        Stop::Flood(_) => FLOOD,
    }
}

/// How a wait ended, in words; nothing where it ended because all was there.
pub fn then(stop: &Stop) -> String {
    match stop {
        Stop::Complete => String::new(),
        Stop::Deadline(d) => format!("nothing more within {}", time(*d)),
        Stop::End => "the end of the stream (FIN)".to_owned(),
        Stop::Error(name) => name.clone(),
        Stop::Invalid(e) => format!("no valid frame: {e}"),
        Stop::Flood(n) => format!("and still more: cut off after {}", quote::count(*n)),
    }
}

/// A duration as people say it.
pub fn time(d: Duration) -> String {
    let us = d.as_micros();
    match us {
        0..1_000 => format!("{us} us"),
        1_000..10_000 => format!("{:.1} ms", us as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{:.1} s", us as f64 / 1e6),
    }
}

/// What the bytes so far mean for a `recv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It is met; the number of bytes that belong to it.
    Met(usize),
    /// More bytes may meet it.
    NotYet,
    /// No further bytes can meet it.
    Never,
}

/// Compares the bytes so far with what a `recv` wants. `Nothing` and `Reads` are about time and
/// about single reads; they are matched by those who observe these.
pub fn matches(expect: &RecvExpect, got: &[u8]) -> Match {
    match expect {
        RecvExpect::Exact(want) if got.len() >= want.len() => {
            if got.starts_with(want) {
                Match::Met(want.len())
            } else {
                Match::Never
            }
        }
        RecvExpect::Exact(want) => {
            if want.starts_with(got) {
                Match::NotYet
            } else {
                Match::Never
            }
        }
        RecvExpect::Prefix(want) if got.len() >= want.len() => {
            if got.starts_with(want) {
                Match::Met(got.len())
            } else {
                Match::Never
            }
        }
        RecvExpect::Prefix(want) => {
            if want.starts_with(got) {
                Match::NotYet
            } else {
                Match::Never
            }
        }
        RecvExpect::Regex(pattern) => match pattern.matches(got) {
            Some(end) => Match::Met(end),
            None if pattern.can_match(got) => Match::NotYet,
            None => Match::Never,
        },
        RecvExpect::Size(size) => {
            if got.len() >= *size {
                Match::Met(*size)
            } else {
                Match::NotYet
            }
        }
        RecvExpect::Nothing(_) | RecvExpect::Error(_) => {
            if got.is_empty() {
                Match::NotYet
            } else {
                Match::Never
            }
        }
        RecvExpect::Reads(_) => Match::NotYet,
    }
}

/// What a `recv` wants, in words.
pub fn wanted(expect: &RecvExpect) -> String {
    match expect {
        RecvExpect::Exact(want) => quote::bytes(want),
        RecvExpect::Prefix(want) => format!("bytes that begin with {}", quote::bytes(want)),
        RecvExpect::Regex(regex) => format!("bytes that match /{}/", regex.as_str()),
        RecvExpect::Size(size) => quote::count(*size),
        RecvExpect::Nothing(d) => format!("nothing for {}", time(*d)),
        RecvExpect::Error(name) => format!("{name} instead of any byte"),
        RecvExpect::Reads(reads) => {
            let all: Vec<_> = reads.iter().map(|r| quote::bytes(r)).collect();
            format!("reads that return {}", all.join(", then "))
        }
    }
}

/// Judges a `recv` that was not met.
pub fn unmet(expect: &RecvExpect, received: &Received) -> Deviation {
    match expect {
        RecvExpect::Exact(want) => answer(want, received)
            .unwrap_or_else(|| Deviation::error(wanted(expect), "it came, and was not seen")),
        RecvExpect::Nothing(_) => {
            Deviation::fail(STRAY, wanted(expect), "").getting(&received.bytes)
        }
        _ => {
            let kind = kind_of(&received.stop, &received.bytes);
            Deviation::fail(kind, wanted(expect), then(&received.stop)).getting(&received.bytes)
        }
    }
}

/// Judges how a peer closed. `received.bytes` came before.
pub fn closing(how: CloseHow, received: &Received) -> Option<Deviation> {
    let want = match how {
        CloseHow::Fin => "the end of the stream (FIN)",
        CloseHow::Reset => "a reset (RST)",
        CloseHow::Any => "a close (FIN or RST)",
    };
    if !received.bytes.is_empty() {
        let want = format!("nothing but {want}");
        let deviation = Deviation::fail(STRAY, want, then(&received.stop));
        return Some(deviation.getting(&received.bytes));
    }
    let reset =
        matches!(&received.stop, Stop::Error(name) if name == "ECONNRESET" || name == "EPIPE");
    match (&received.stop, how) {
        (Stop::End, CloseHow::Fin | CloseHow::Any) => None,
        (Stop::Error(_), CloseHow::Reset | CloseHow::Any) if reset => None,
        (Stop::Deadline(d), _) => Some(Deviation::fail(
            HANG,
            want,
            format!("still open after {}", time(*d)),
        )),
        (stop, _) => Some(Deviation::fail("wrong close", want, then(stop))),
    }
}

/// Compares what a call answered with the error that it should have given.
pub fn must(done: Result<(), String>, error: Option<&str>, what: &str) -> Result<(), Deviation> {
    match (done, error) {
        (Ok(()), None) => Ok(()),
        (Err(name), Some(want)) if name == want => Ok(()),
        (Err(name), None) => Err(Deviation::fail(FAILED, what, name)),
        (Err(name), Some(want)) => Err(Deviation::fail("wrong error", want, name)),
        (Ok(()), Some(want)) => Err(Deviation::fail("no error", want, "success")),
    }
}

/// Whether a measured value meets a bound.
pub fn holds(is: Comparison, measured: f64) -> bool {
    match is.op {
        Op::Less => measured < is.value,
        Op::AtMost => measured <= is.value,
        Op::Equal => measured == is.value,
        Op::NotEqual => measured != is.value,
        Op::AtLeast => measured >= is.value,
        Op::Greater => measured > is.value,
    }
}

/// A bound in words.
pub fn bound(is: Comparison) -> String {
    let op = match is.op {
        Op::Less => "<",
        Op::AtMost => "<=",
        Op::Equal => "==",
        Op::NotEqual => "!=",
        Op::AtLeast => ">=",
        Op::Greater => ">",
    };
    format!("{op} {}", is.value)
}

/// The verdict on a case whose deliveries deviated with these weights, or not at all.
pub fn of_case(level: Level, weights: impl IntoIterator<Item = Weight>) -> Verdict {
    let mut verdict = Verdict::Pass;
    for weight in weights {
        match weight {
            Weight::Fail => {
                return match level {
                    Level::Must => Verdict::Fail,
                    Level::Should => Verdict::Warn,
                    Level::May => Verdict::Info,
                };
            }
            Weight::Error => verdict = Verdict::Error,
            Weight::Inconclusive if verdict == Verdict::Pass => verdict = Verdict::Inconclusive,
            Weight::Inconclusive => {}
        }
    }
    verdict
}

/// True where a pass rests on deliveries of which not all were proved.
pub fn rests_on_unproved(case: &CaseResult) -> bool {
    case.verdict == Verdict::Pass && case.coverage.proved < case.coverage.delivered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::pattern::Pattern;

    fn received(bytes: &[u8], stop: Stop) -> Received {
        Received {
            bytes: bytes.to_vec(),
            stop,
        }
    }

    #[test]
    fn an_answer_is_right_only_when_whole_and_equal() {
        let late = Stop::Deadline(Duration::from_secs(1));
        let kind =
            |bytes: &[u8], stop: Stop| answer(b"abc", &received(bytes, stop)).map(|d| d.kind);
        assert_eq!(kind(b"abc", Stop::Complete), None);
        assert_eq!(kind(b"abd", Stop::Complete), Some(WRONG));
        assert_eq!(kind(b"abcd", Stop::Complete), Some(WRONG));
        assert_eq!(kind(b"", late.clone()), Some(HANG));
        assert_eq!(kind(b"ab", late.clone()), Some(PARTIAL));
        assert_eq!(kind(b"xb", late), Some(WRONG));
        assert_eq!(kind(b"ab", Stop::End), Some(CLOSED));
        assert_eq!(kind(b"ab", Stop::Error("ECONNRESET".into())), Some(FAILED));
        let none = received(b"", Stop::Deadline(Duration::from_secs(1)));
        assert_eq!(
            answer(b"", &none).map(|d| d.kind),
            Some(HANG),
            "no datagram is not an empty one"
        );
    }

    #[test]
    fn a_recv_knows_when_it_is_met_and_when_it_never_will_be() {
        let exact = RecvExpect::Exact(b"abc".to_vec());
        assert_eq!(matches(&exact, b"ab"), Match::NotYet);
        assert_eq!(matches(&exact, b"abcd"), Match::Met(3));
        assert_eq!(matches(&exact, b"ax"), Match::Never);
        let prefix = RecvExpect::Prefix(b"ab".to_vec());
        assert_eq!(matches(&prefix, b"abcd"), Match::Met(4));
        let regex = RecvExpect::Regex(Pattern::new("[0-9]+\n").unwrap());
        assert_eq!(matches(&regex, b"12"), Match::NotYet);
        assert_eq!(matches(&regex, b"12\n3"), Match::Met(3));
        assert_eq!(matches(&regex, b"x12\n"), Match::Never);
        let error = RecvExpect::Error("ECONNREFUSED".to_owned());
        assert_eq!(matches(&error, b""), Match::NotYet);
        assert_eq!(matches(&error, b"a"), Match::Never);
        assert_eq!(matches(&RecvExpect::Size(2), b"a"), Match::NotYet);
        assert_eq!(matches(&RecvExpect::Size(2), b"abc"), Match::Met(2));
    }

    #[test]
    fn an_error_that_is_expected_must_be_that_one() {
        let done = |name: &str| Err(name.to_owned());
        assert_eq!(must(Ok(()), None, "a connection"), Ok(()));
        assert_eq!(must(done("EPIPE"), Some("EPIPE"), "bytes"), Ok(()));
        let kind = |done, error| must(done, error, "bytes").unwrap_err().kind;
        assert_eq!(kind(done("EPIPE"), None), FAILED);
        assert_eq!(kind(done("EPIPE"), Some("ECONNRESET")), "wrong error");
        assert_eq!(kind(Ok(()), Some("ECONNRESET")), "no error");
    }

    #[test]
    fn a_close_is_judged_by_its_kind() {
        let reset = Stop::Error("ECONNRESET".into());
        assert!(closing(CloseHow::Fin, &received(b"", Stop::End)).is_none());
        assert!(closing(CloseHow::Fin, &received(b"", reset.clone())).is_some());
        assert!(closing(CloseHow::Reset, &received(b"", reset.clone())).is_none());
        assert!(closing(CloseHow::Reset, &received(b"", Stop::End)).is_some());
        assert!(closing(CloseHow::Any, &received(b"", reset)).is_none());
        assert!(closing(CloseHow::Any, &received(b"x", Stop::End)).is_some());
        let late = Stop::Deadline(Duration::from_secs(1));
        assert_eq!(
            closing(CloseHow::Any, &received(b"", late)).unwrap().kind,
            HANG
        );
    }

    #[test]
    fn a_failure_outweighs_everything_and_the_level_decides_its_verdict() {
        use Weight::{Error, Fail, Inconclusive};
        assert_eq!(of_case(Level::Must, []), Verdict::Pass);
        assert_eq!(of_case(Level::Must, [Inconclusive]), Verdict::Inconclusive);
        assert_eq!(of_case(Level::Must, [Error, Inconclusive]), Verdict::Error);
        assert_eq!(
            of_case(Level::Must, [Inconclusive, Error, Fail]),
            Verdict::Fail
        );
        assert_eq!(of_case(Level::Should, [Fail]), Verdict::Warn);
        assert_eq!(of_case(Level::May, [Fail]), Verdict::Info);
    }
}

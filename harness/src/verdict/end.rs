//! Judges how a client ended.

use harness_net::Exit;

use super::Deviation;
use crate::scenario::model::ExitWant;

/// Another exit status than expected, or a signal.
pub const WRONG_EXIT: &str = "wrong exit";
/// Another stdout than expected.
pub const WRONG_OUTPUT: &str = "wrong output";

/// Judges a client that ended with `exit` and wrote `said` to stdout. Where no exit status is
/// wanted it is 0; where no stdout is, any will do.
pub fn end(
    want: Option<ExitWant>,
    stdout: Option<&[u8]>,
    exit: Exit,
    said: &[u8],
) -> Option<Deviation> {
    let want = want.unwrap_or(ExitWant::Code(0));
    let right = match (want, exit) {
        (ExitWant::Code(code), Exit::Code(is)) => i32::from(code) == is,
        (ExitWant::Failure, Exit::Code(is)) => is != 0,
        (_, Exit::Signal(_)) => false,
    };
    let other = stdout.filter(|stdout| *stdout != said);
    let deviation = match (right, other) {
        (true, None) => return None,
        (true, Some(_)) => {
            let words = "this on stdout, and nothing else";
            Deviation::fail(WRONG_OUTPUT, words, "")
        }
        (false, _) => {
            let words = match want {
                ExitWant::Code(code) => format!("exit status {code}"),
                ExitWant::Failure => "an exit status other than 0".to_owned(),
            };
            Deviation::fail(WRONG_EXIT, words, format!("{exit}"))
        }
    };
    Some(match other {
        Some(stdout) => deviation.wanting(stdout).getting(said),
        None => deviation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_judged_by_its_status_and_its_output() {
        let kind = |want, stdout: Option<&[u8]>, exit| {
            end(want, stdout, exit, b"said").map(|deviation| deviation.kind)
        };
        let failure = Some(ExitWant::Failure);
        assert_eq!(kind(None, None, Exit::Code(0)), None);
        assert_eq!(kind(None, Some(b"said"), Exit::Code(0)), None);
        assert_eq!(kind(None, Some(b""), Exit::Code(0)), Some(WRONG_OUTPUT));
        assert_eq!(kind(None, None, Exit::Code(1)), Some(WRONG_EXIT));
        assert_eq!(kind(Some(ExitWant::Code(3)), None, Exit::Code(3)), None);
        assert_eq!(kind(failure, None, Exit::Code(3)), None);
        assert_eq!(kind(failure, None, Exit::Code(0)), Some(WRONG_EXIT));
        assert_eq!(kind(failure, None, Exit::Signal(9)), Some(WRONG_EXIT));
        let both = end(None, Some(b"x"), Exit::Code(1), b"said").unwrap();
        assert_eq!(both.kind, WRONG_EXIT);
        assert_eq!(both.actual_bytes.as_deref(), Some(&b"said"[..]));
    }
}

//! The exit codes of the program: the one place where they stand.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | every case passed; `warn`, `info`, `skip`, `unsupported`, `xfail` and unproved passes count as passed |
//! | 1 | a case (`fail`, `xpass`) or a threshold failed |
//! | 2 | usage or scenario error; nothing was run |
//! | 3 | something could not be judged: `inconclusive` (a target that did not start or was never reached, deliveries left out), `error`, or `--require-proof` without proof |
//! | 130 | interrupted; what was known until then was written |
//!
//! Where several apply: 2, then 1, then 3.

use crate::report::Standing;
use crate::run::CaseResult;

/// All passed.
pub const OK: u8 = 0;
/// A case or a threshold failed.
pub const FAILED: u8 = 1;
/// Usage or scenario error.
pub const USAGE: u8 = 2;
/// Something could not be judged.
pub const UNJUDGED: u8 = 3;
/// Interrupted: 128 + SIGINT, as shells count.
pub const INTERRUPTED: u8 = 130;

/// The exit code for the cases of a finished run.
pub fn of<'a>(cases: impl IntoIterator<Item = &'a CaseResult>, require_proof: bool) -> u8 {
    let of_one = |case: &CaseResult| match Standing::of_case(case) {
        Standing::Held if require_proof && case.unproved => Standing::Unjudged,
        standing => standing,
    };
    match cases.into_iter().map(of_one).max() {
        None | Some(Standing::Held | Standing::Untried) => OK,
        Some(Standing::Unjudged) => UNJUDGED,
        Some(Standing::Broken) => FAILED,
    }
}

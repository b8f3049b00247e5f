//! `expect`: a condition that must hold.

use super::judged::judged;
use crate::verdict::Deviation;

judged! {
    /// A condition that must hold, awaited until the deadline: not seen means failed.
    Expect, "expect", |words: String, actual| Deviation::fail("condition", words, actual)
}

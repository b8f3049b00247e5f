//! `require`: a precondition.

use super::judged::judged;
use crate::verdict::Deviation;

judged! {
    /// A precondition, awaited until the deadline: not seen means not judged.
    Require, "require", Deviation::inconclusive
}

//! With what a case may run side by side, derived from its steps.

use super::{Delivery, How};
use crate::scenario::model::{Case, Step};

/// The largest merge that is sure to fit one segment on loopback, whose MSS is 32,741 bytes or
/// more from the first segment on (catalogue STREAM-SEG-02). Larger merges stop the target.
pub const ONE_SEGMENT: usize = 16 << 10;

/// With what a case may run side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// With other cases of this lane.
    Parallel,
    /// With nothing: it stops processes, watches port states, or measures time.
    Exclusive,
}

/// The lane of a case.
pub(super) fn lane(case: &Case, deliveries: &[Delivery]) -> Lane {
    let stops = deliveries.iter().any(|d| match &d.how {
        How::Merge { bytes, .. } => *bytes > ONE_SEGMENT,
        _ => false,
    });
    let alone = stops
        || case.load.is_some()
        || !case.thresholds.is_empty()
        || lane_of(&case.steps) == Lane::Exclusive;
    if alone {
        Lane::Exclusive
    } else {
        Lane::Parallel
    }
}

/// The lane of a case with these steps.
pub(crate) fn lane_of(steps: &[Step]) -> Lane {
    if steps.iter().any(|s| s.kind.lane() == Lane::Exclusive) {
        Lane::Exclusive
    } else {
        Lane::Parallel
    }
}

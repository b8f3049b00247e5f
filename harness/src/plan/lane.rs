//! With what a case may run side by side, derived from its steps.

use super::{Delivery, How};
use crate::scenario::model::{Case, Condition, Step, StepKind};

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
        || case.steps.iter().any(needs_the_machine);
    if alone {
        Lane::Exclusive
    } else {
        Lane::Parallel
    }
}

fn needs_the_machine(step: &Step) -> bool {
    match &step.kind {
        StepKind::PauseTarget
        | StepKind::ResumeTarget
        | StepKind::StopTarget { .. }
        | StepKind::StartTarget { .. }
        | StepKind::StartSecond { .. }
        | StepKind::Timed { .. }
        | StepKind::Silence { .. } => true,
        StepKind::Require(c) | StepKind::Expect(c) => {
            matches!(
                c,
                Condition::PortState { .. } | Condition::Ratio { .. } | Condition::TargetIdle
            )
        }
        StepKind::Repeat { steps, .. } => steps.iter().any(needs_the_machine),
        _ => false,
    }
}

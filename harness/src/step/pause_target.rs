//! `pause_target`: SIGSTOP to the target's process tree, until every thread is seen stopped.

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::lower::step::TargetState;
use crate::step::Here;
use crate::verdict::Deviation;

/// SIGSTOP to the target's process tree, until every thread is seen stopped.
#[derive(Clone, Debug)]
pub struct PauseTarget;

impl PauseTarget {
    pub(super) fn lower(Here { cx, steps, at }: Here<'_, '_>) -> Option<Self> {
        steps.needs_started(cx, "pause_target", at);
        if steps.target_state != TargetState::Running {
            cx.error(at, "the target does not run at this step");
        }
        steps.target_state = TargetState::Paused;
        Some(Self)
    }
}

impl Act for PauseTarget {
    fn words(&self) -> String {
        "pause_target".to_owned()
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn run(&self, _scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let paused = ctx.target.pause(ctx.by(ctx.deadlines.state));
        Ok(paused.map_err(|e| Deviation::error(self.words(), e.to_string()))?)
    }
}

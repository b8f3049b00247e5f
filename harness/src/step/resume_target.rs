//! `resume_target`: SIGCONT to the target's process tree.

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::lower::step::TargetState;
use crate::step::Here;
use crate::verdict::Deviation;

/// SIGCONT to the target's process tree.
#[derive(Clone, Debug)]
pub struct ResumeTarget;

impl ResumeTarget {
    pub(super) fn lower(Here { cx, steps, at }: Here<'_, '_>) -> Option<Self> {
        steps.needs_started(cx, "resume_target", at);
        if steps.target_state != TargetState::Paused {
            cx.error_help(
                at,
                "the target is not paused at this step",
                "add `- pause_target` before it",
            );
        }
        steps.target_state = TargetState::Running;
        Some(Self)
    }
}

impl Act for ResumeTarget {
    fn words(&self) -> String {
        "resume_target".to_owned()
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn run(&self, _scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let resumed = ctx.target.resume();
        Ok(resumed.map_err(|e| Deviation::error(self.words(), e.to_string()))?)
    }
}

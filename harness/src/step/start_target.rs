//! `start_target`: the target once more, on the same port.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use super::start_second::SecondExpect;
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::lower::READY_WITHIN;
use crate::scenario::lower::step::{TargetState, optional_time};
use crate::scenario::model::Role;
use crate::scenario::syntax::{Item, Time};
use crate::step::Here;
use crate::target::TargetError;
use crate::verdict::Deviation;

/// How the target is started again.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StartTargetSyntax {
    /// How long it may take to be ready.
    #[schemars(extend("default" = "5s"))]
    pub within: Option<Item<Time>>,
    /// What must become of it.
    #[schemars(extend("default" = "ready"))]
    pub expect: Option<Item<SecondExpect>>,
}

/// Starts the target again, on the same port.
#[derive(Clone, Debug)]
pub struct StartTarget {
    /// How long it may take to be ready.
    pub within: Duration,
    /// True: it must end with an error instead (its port is taken).
    pub refused: bool,
}

impl StartTarget {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Option<Item<StartTargetSyntax>>,
    ) -> Option<Self> {
        steps.needs_started(cx, "start_target", at);
        if steps.target_state != TargetState::Stopped {
            cx.error_help(
                at,
                "the target was not stopped before this step",
                "add `- stop_target` before it: cases begin with a target that runs",
            );
        }
        steps.target_state = TargetState::Running;
        let (within, expect) = match item {
            None => (None, None),
            Some(item) => {
                let map = item.get()?;
                (optional_time(cx, map.within.as_ref())?, map.expect.as_ref())
            }
        };
        let refused = match expect {
            None => false,
            Some(item) => *item.get()? == SecondExpect::Refused,
        };
        if refused {
            steps.target_state = TargetState::Stopped;
        }
        Some(Self {
            within: within.unwrap_or(READY_WITHIN),
            refused,
        })
    }
}

impl Act for StartTarget {
    fn words(&self) -> String {
        "start_target".to_owned()
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn role(&self) -> Option<Role> {
        Some(Role::Server)
    }

    fn run(&self, _scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let started = ctx
            .target
            .start_again(self.within, &|| ctx.interrupt.is_set());
        Err(match (started, self.refused) {
            (Ok(()), false) | (Err(TargetError::Exited { .. }), true) => return Ok(()),
            (Err(e), true) => Deviation::inconclusive("the start is refused", e.to_string()),
            (Ok(()), true) => {
                let want = "the target ends with an error: its port is taken";
                Deviation::fail("started all the same", want, "it listens")
            }
            (Err(e), false) => Deviation::fail(
                "did not start again",
                "the target starts again",
                e.to_string(),
            ),
        }
        .into())
    }
}

//! `stop_target`: the end of the target.

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::lower::step::TargetState;
use crate::scenario::model::Role;
use crate::scenario::syntax::Item;
use crate::step::Here;
use crate::verdict::Deviation;

/// How the target is ended.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StopTargetSyntax {
    /// The signal.
    #[schemars(extend("default" = "TERM"))]
    pub signal: Option<Item<SignalWord>>,
}

/// A signal.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum SignalWord {
    /// SIGTERM: it is asked to end.
    Term,
    /// SIGKILL: it is ended.
    Kill,
}

/// Ends the target.
#[derive(Clone, Debug)]
pub struct StopTarget {
    /// True for SIGKILL, false for SIGTERM.
    pub kill: bool,
}

impl StopTarget {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Option<Item<StopTargetSyntax>>,
    ) -> Option<Self> {
        steps.needs_started(cx, "stop_target", at);
        if steps.target_state == TargetState::Stopped {
            cx.error(at, "the target is stopped already");
        }
        steps.target_state = TargetState::Stopped;
        let kill = match item {
            None => false,
            Some(item) => match &item.get()?.signal {
                None => false,
                Some(signal) => *signal.get()? == SignalWord::Kill,
            },
        };
        Some(Self { kill })
    }
}

impl Act for StopTarget {
    fn words(&self) -> String {
        "stop_target".to_owned()
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
        let stopped = ctx.target.stop(self.kill);
        let forced = stopped.map_err(|e| Deviation::error(self.words(), e.to_string()))?;
        if forced {
            let want = "the target ends on SIGTERM";
            let actual = "it ran on, and had to be killed";
            return Err(Deviation::fail("did not stop", want, actual).into());
        }
        Ok(())
    }
}

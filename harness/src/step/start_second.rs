//! `start_second`: a second instance on the port of the first.

use harness_net::Exit;
use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::lower::step::TargetState;
use crate::scenario::model::Role;
use crate::scenario::syntax::Item;
use crate::step::Here;
use crate::target::Second;
use crate::verdict::Deviation;

/// A second instance on the same port.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SecondSyntax {
    /// What must become of it.
    pub expect: Item<SecondExpect>,
}

/// What must become of an instance that is started.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SecondExpect {
    /// It ends with an error, since the port is taken.
    Refused,
    /// It becomes ready.
    Ready,
}

/// Starts a second instance on the same port.
#[derive(Clone, Debug)]
pub struct StartSecond {
    /// True: it must end with an error (its port is taken). False: it must become ready.
    pub refused: bool,
}

impl StartSecond {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Item<SecondSyntax>,
    ) -> Option<Self> {
        steps.needs_started(cx, "start_second", at);
        if steps.target_state == TargetState::Stopped {
            cx.error_help(
                at,
                "there is no first instance: the target is stopped",
                "add `- start_target` before it",
            );
        }
        let expect = *item.get()?.expect.get()?;
        Some(Self {
            refused: expect == SecondExpect::Refused,
        })
    }
}

impl Act for StartSecond {
    fn words(&self) -> String {
        "start_second".to_owned()
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
        let refused = self.refused;
        let seen = ctx
            .target
            .second(ctx.deadlines.state)
            .map_err(|e| Deviation::error("a second instance is started", e.to_string()))?;
        let want = if refused {
            "the second instance ends with an error: its port is taken"
        } else {
            "the second instance listens beside the first"
        };
        let actual = match (seen, refused) {
            (Second::Ended(Exit::Code(0), _), true) => {
                "it ended with exit status 0, as if all were well".to_owned()
            }
            (Second::Ended(..), true) | (Second::Ready, false) => return Ok(()),
            (Second::Ready, true) => {
                "it listens on the same port: the two now share its clients".to_owned()
            }
            (Second::Ended(exit, words), false) => format!("it ended with {exit}{words}"),
            (Second::Neither, _) => "it neither ended nor listens".to_owned(),
        };
        Err(Deviation::fail("second instance", want, actual).into())
    }
}

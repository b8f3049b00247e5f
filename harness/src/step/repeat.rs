//! `repeat`: steps, several times.

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepSyntax;
use super::act::{Act, Halt};
use crate::conform::{Context, Scene, run_steps};
use crate::plan::{Lane, lane_of};
use crate::scenario::model::Step;
use crate::scenario::syntax::{Count, Item};
use crate::step::Here;

/// Steps, several times.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RepeatSyntax {
    /// How often.
    pub times: Item<Count>,
    /// The steps.
    pub steps: Item<Vec<Item<StepSyntax>>>,
}

/// Steps, several times.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// How often, at least 1.
    pub times: u32,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Repeat {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        given: &Item<RepeatSyntax>,
    ) -> Option<Self> {
        let given = given.get()?;
        let times = given.times.get().map(|t| t.0);
        let all = steps.block(cx, &given.steps);
        if times.is_some_and(|t| t > 1) {
            steps.once_more(cx, &given.steps);
        }
        Some(Self {
            times: times?,
            steps: all?,
        })
    }
}

impl Act for Repeat {
    fn words(&self) -> String {
        "repeat".to_owned()
    }

    fn lane(&self) -> Lane {
        lane_of(&self.steps)
    }

    fn inner(&self) -> &[Step] {
        &self.steps
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        for _ in 0..self.times {
            run_steps(scene, ctx, &self.steps).map_err(Halt::Inner)?;
        }
        Ok(())
    }
}

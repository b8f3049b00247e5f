//! `timed`: steps whose duration is kept.

use std::time::Instant;

use schemars::JsonSchema;
use serde::Deserialize;

use super::StepSyntax;
use super::act::{Act, Halt};
use crate::conform::{Context, Scene, run_steps};
use crate::plan::Lane;
use crate::scenario::lower::chosen;
use crate::scenario::model::Step;
use crate::scenario::syntax::Item;
use crate::step::Here;

/// Steps whose duration is kept under a name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct TimedSyntax {
    /// The name.
    pub name: Item<String>,
    /// The steps.
    pub steps: Item<Vec<Item<StepSyntax>>>,
}

/// Steps whose duration is kept under a name, for `expect: {ratio: ...}`.
#[derive(Clone, Debug)]
pub struct Timed {
    /// The name.
    pub name: String,
    /// The steps.
    pub steps: Vec<Step>,
}

impl Timed {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        given: &Item<TimedSyntax>,
    ) -> Option<Self> {
        let given = given.get()?;
        let all = steps.block(cx, &given.steps);
        let name = given.name.get()?;
        chosen(cx, "a `timed` block", name, given.name.span).then_some(())?;
        steps.time(cx, name, given.name.span);
        Some(Self {
            name: name.clone(),
            steps: all?,
        })
    }
}

impl Act for Timed {
    fn words(&self) -> String {
        format!("timed {}", self.name)
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn inner(&self) -> &[Step] {
        &self.steps
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        let began = Instant::now();
        run_steps(scene, ctx, &self.steps).map_err(Halt::Inner)?;
        *scene.timed.entry(self.name.clone()).or_default() += began.elapsed();
        Ok(())
    }
}

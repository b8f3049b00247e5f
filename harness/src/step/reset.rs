//! `reset`: RST.

use super::act::{Act, Halt};
use crate::conform::{Context, Line, Scene};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::Item;
use crate::step::Here;

/// RST.
#[derive(Clone, Debug)]
pub struct Reset {
    /// The connection.
    pub on: ConnName,
}

impl Reset {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        on: &Option<Item<String>>,
    ) -> Option<Self> {
        steps.stream_only(cx, "reset", at);
        let on = steps.connections.close(cx, on.as_ref(), at)?;
        Some(Self { on })
    }
}

impl Act for Reset {
    fn words(&self) -> String {
        format!("reset {}", self.on)
    }

    fn run(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<(), Halt> {
        scene.take(&self.on, Line::reset);
        Ok(())
    }
}

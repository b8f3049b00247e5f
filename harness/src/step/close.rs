//! `close`: close(2).

use super::act::{Act, Halt};
use crate::conform::{Context, Line, Scene};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::Item;
use crate::step::Here;

/// close(2), of a connection or a listener.
#[derive(Clone, Debug)]
pub struct Close {
    /// The connection or listener.
    pub on: ConnName,
}

impl Close {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        on: &Option<Item<String>>,
    ) -> Option<Self> {
        if let Some(name) = on.as_ref().and_then(Item::get)
            && steps.stops_listening(name)
        {
            return Some(Self { on: name.clone() });
        }
        let on = steps.connections.close(cx, on.as_ref(), at)?;
        Some(Self { on })
    }
}

impl Act for Close {
    fn words(&self) -> String {
        format!("close {}", self.on)
    }

    fn run(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<(), Halt> {
        scene.take(&self.on, Line::close);
        Ok(())
    }
}

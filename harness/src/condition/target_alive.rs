//! `target_alive`: the target is alive.

use super::look::{Look, Seen};
use crate::conform::{Context, Scene};
use crate::step::Here;

/// The target is alive.
#[derive(Clone, Debug)]
pub struct TargetAlive;

impl TargetAlive {
    pub(super) fn lower(_: Here<'_, '_>) -> Option<Self> {
        Some(Self)
    }
}

impl Look for TargetAlive {
    fn words(&self) -> String {
        "the target is alive".to_owned()
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn look(&self, _scene: &mut Scene, ctx: &mut Context<'_>) -> Result<Seen, String> {
        Ok(match ctx.target.exited() {
            None => Seen::Holds,
            Some(exit) => Seen::Final(format!("the target ended with {exit}")),
        })
    }
}

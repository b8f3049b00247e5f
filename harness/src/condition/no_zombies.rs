//! `no_zombies`: the target waits for its children.

use super::look::{Look, Seen};
use crate::conform::{Context, Scene};
use crate::step::Here;

/// Every process that the target started and that has ended was waited for.
#[derive(Clone, Debug)]
pub struct NoZombies;

impl NoZombies {
    pub(super) fn lower(_: Here<'_, '_>) -> Option<Self> {
        Some(Self)
    }
}

impl Look for NoZombies {
    fn words(&self) -> String {
        "no process of the target is a zombie".to_owned()
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn look(&self, _scene: &mut Scene, ctx: &mut Context<'_>) -> Result<Seen, String> {
        Ok(match ctx.target.zombies() {
            None => return Err("the processes of this target cannot be seen".to_owned()),
            Some(0) => Seen::Holds,
            Some(n) => Seen::Not(format!("{n} processes ended and were not waited for")),
        })
    }
}

//! Awaits a condition: no event tells that it holds, so it is looked at again and again.

use std::time::{Duration, Instant};

use super::context::Context;
use super::scene::Scene;
use crate::condition::{Condition, Seen};

/// Between two looks at something that no event announces.
const LOOK: Duration = Duration::from_micros(200);

/// Looks until the condition holds.
///
/// # Errors
/// What was seen at the deadline instead.
pub(crate) fn await_it(
    scene: &mut Scene,
    ctx: &mut Context<'_>,
    condition: &Condition,
) -> Result<(), String> {
    let deadline = ctx.by(ctx.deadlines.state);
    loop {
        let seen = condition.look().look(scene, ctx)?;
        match seen {
            Seen::Holds => return Ok(()),
            // It cannot change any more: waiting would be for nothing.
            Seen::Final(what) => return Err(what),
            Seen::Not(what) if Instant::now() >= deadline || ctx.interrupt.is_set() => {
                return Err(what);
            }
            Seen::Not(_) => std::thread::sleep(LOOK),
        }
    }
}

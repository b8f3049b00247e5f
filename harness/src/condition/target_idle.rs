//! `target_idle`: the target uses less than a fifth of a core while nothing is asked of it.

use std::time::{Duration, Instant};

use super::look::{Look, Seen};
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::step::Here;

/// The window over which a target's CPU time is measured.
const IDLE_WINDOW: Duration = Duration::from_millis(50);
/// The share of one core above which a target without work is not idle.
const IDLE_SHARE: f64 = 0.2;

/// The target uses less than a fifth of a core while nothing is asked of it.
#[derive(Clone, Debug)]
pub struct TargetIdle;

impl TargetIdle {
    pub(super) fn lower(_: Here<'_, '_>) -> Option<Self> {
        Some(Self)
    }
}

impl Look for TargetIdle {
    fn words(&self) -> String {
        "the target is idle".to_owned()
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn look(&self, _scene: &mut Scene, ctx: &mut Context<'_>) -> Result<Seen, String> {
        let ended = |exit| Seen::Final(format!("the target ended with {exit}"));
        if let Some(exit) = ctx.target.exited() {
            return Ok(ended(exit));
        }
        let cpu = || {
            ctx.target
                .cpu_time()
                .ok_or("the CPU time of this target cannot be seen")
        };
        let (began, before) = (Instant::now(), cpu()?);
        // The window is the measurement: CPU time has no meaning but over a time.
        std::thread::sleep(IDLE_WINDOW);
        let after = cpu();
        if let Some(exit) = ctx.target.exited() {
            return Ok(ended(exit));
        }
        let share = after?.saturating_sub(before).as_secs_f64() / began.elapsed().as_secs_f64();
        if share >= IDLE_SHARE {
            return Ok(Seen::Not(format!(
                "it uses {:.0} % of a core",
                share * 100.0
            )));
        }
        // On a busy machine a thread can be starved instead of idle. All asleep: what happened before,
        // such as a client's RST, is dealt with.
        Ok(match ctx.target.is_blocked() {
            Some(false) => Seen::Not("a thread of it is about to run".to_owned()),
            Some(true) | None => Seen::Holds,
        })
    }
}

//! `unacknowledged`: what was written and is not known to have arrived.

use super::measured::measured;
use crate::conform::{Context, Scene};

measured! {
    /// Bytes written that the peer's kernel did not acknowledge yet.
    Unacknowledged, "bytes unacknowledged on", "bytes unacknowledged", unacknowledged
}

fn unacknowledged(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    scene.line(on)?;
    Ok(scene.queues(on)?.unacked as u64)
}

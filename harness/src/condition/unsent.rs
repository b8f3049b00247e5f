//! `unsent`: what was written and did not leave.

use super::measured::measured;
use crate::conform::{Context, Scene};

measured! {
    /// Bytes that wait unsent here.
    Unsent, "bytes unsent on", "bytes unsent here", unsent
}

fn unsent(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    scene.line(on)?;
    Ok(scene.queues(on)?.unsent as u64)
}

//! `own_queue`: what came and was not read.

use super::measured::measured;
use crate::conform::{Context, Scene};

measured! {
    /// Bytes that wait unread here.
    OwnQueue, "bytes unread on", "bytes unread here", unread
}

fn unread(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    Ok(scene.queues(on)?.unread as u64)
}

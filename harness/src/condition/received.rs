//! `received`: the segments that came, of any kind.

use super::measured::measured;
use super::segments::tcp_only;
use crate::conform::{Context, Scene};

measured! {
    /// Segments of any kind that came since the last `send` or `shutdown` began, or since the
    /// connection was opened.
    Received, "segments received on", "segments", received, only tcp_only
}

fn received(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    let line = scene.line(on)?;
    let now = line
        .received()
        .ok_or("this system does not count segments")?;
    Ok(now.saturating_sub(line.received_mark))
}

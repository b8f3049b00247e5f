//! `segments`: what TCP made of the writes.

use harness_net::Transport;

use super::measured::measured;
use crate::conform::{Context, Scene};
use crate::step::Here;

measured! {
    /// Data segments sent on a connection since it was opened or since the last `send` began.
    Segments, "segments sent on", "segments", sent, only tcp_only
}

pub(super) fn tcp_only(here: &Here<'_, '_>) {
    if let Some(transport) = here.steps.transport.filter(|t| *t != Transport::Tcp) {
        here.cx.error(
            here.at,
            format!("segments and windows are TCP's; the case speaks over {transport}"),
        );
    }
}

fn sent(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    let line = scene.line(on)?;
    let now = line
        .segments()
        .ok_or("this system does not count segments")?;
    Ok(now.saturating_sub(line.segments_mark))
}

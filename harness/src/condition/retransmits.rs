//! `retransmits`: what TCP had to send again.

use super::measured::measured;
use super::segments::tcp_only;
use crate::conform::{Context, Scene};

measured! {
    /// Segments sent again since the connection was opened, its SYN included.
    Retransmits, "segments sent again on", "segments sent again", again, only tcp_only
}

fn again(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    let info = scene.line(on)?.stream().tcp_info();
    let info = info.ok_or("this system does not count segments")?;
    Ok(u64::from(info.total_retrans).max(info.retransmits.into()))
}

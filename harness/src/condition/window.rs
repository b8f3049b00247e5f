//! `window`: how much the peer is willing to take.

use super::measured::measured;
use super::segments::tcp_only;
use crate::conform::{Context, Scene};

measured! {
    /// Bytes of window that the peer announced last. 0: its receive buffer is full.
    Window, "window announced to", "bytes of window", announced, only tcp_only
}

fn announced(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    let info = scene.line(on)?.stream().tcp_info();
    let window = info.and_then(|info| info.snd_wnd);
    Ok(window.ok_or("this system does not tell the window")?.into())
}

//! `peer_queue`: what the peer has and did not read.

use super::measured::measured;
use crate::conform::{Context, Scene};

measured! {
    /// Bytes that wait unread at the peer.
    PeerQueue, "bytes unread at the peer of", "bytes unread at the peer", unread
}

fn unread(scene: &mut Scene, ctx: &mut Context<'_>, on: &str) -> Result<u64, String> {
    scene.line(on)?.peer_queue(ctx.prover).ok_or_else(|| {
        let why = ctx
            .prover
            .unavailable()
            .unwrap_or("the peer's socket is gone");
        format!("the peer's queue cannot be seen: {why}")
    })
}

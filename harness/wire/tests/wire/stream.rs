//! What must hold for any bytes, whatever framing reads them.

use harness_wire::Encoded;

use crate::build::Built;
use crate::drive::{Seen, cut, drive};

/// Streams up to this size are fed byte by byte as well.
const EACH_BYTE: usize = 600;

/// Demands of any bytes that they read the same however they arrive, that what was read can be sent,
/// and that its malformed frames are refused.
pub(crate) fn check_stream(built: &Built, seed: u8, stream: &[u8]) {
    let framing = &*built.framing;
    let whole = drive(framing, built.limits, [stream]);
    let mut deliveries = vec![cuts(seed, stream.len())];
    if stream.len() <= EACH_BYTE {
        deliveries.push((1..stream.len()).collect());
    }
    for cuts in deliveries {
        let seen = drive(framing, built.limits, cut(stream, &cuts));
        if framing.has_boundaries() {
            assert_eq!(seen, whole, "cut at {cuts:?}");
        } else {
            let all: Vec<u8> = seen
                .frames
                .iter()
                .flat_map(|frame| frame.bytes.clone())
                .collect();
            assert_eq!(all, stream);
        }
    }
    for found in whole.frames.iter().take(3) {
        let encoded = framing
            .encode(&built.message(found))
            .expect("what was decoded can be sent");
        let again = drive(framing, built.limits, [&*encoded.bytes]);
        // Another spelling of a JSON object may be longer, and pass the limits.
        if let (Seen { error: None, .. }, [one]) = (&again, &*again.frames) {
            assert_eq!(built.message(one), built.message(found));
        } else {
            assert!(encoded.bytes.len() > found.bytes.len(), "{again:?}");
        }
        check_malformed(built, &encoded);
    }
}

/// No malformed frame is taken for a frame.
pub(crate) fn check_malformed(built: &Built, valid: &Encoded) {
    for wrong in built.framing.malformed(valid) {
        let seen = drive(&*built.framing, built.limits, [&*wrong.bytes]);
        assert!(
            seen.frames.is_empty() && seen.error.is_some(),
            "{wrong:?}: {seen:?}"
        );
        assert!(
            !wrong.about.is_empty() && wrong.about.ends_with('.'),
            "{wrong:?}"
        );
    }
}

/// Ascending cuts, small pieces and large ones in turn.
fn cuts(seed: u8, len: usize) -> Vec<usize> {
    let mut state = u32::from(seed) + 1;
    let mut cuts = Vec::new();
    let mut at = 0;
    loop {
        state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        let most = if state & 0x1000 == 0 { 4 } else { 64 };
        at += (state >> 16) as usize % most;
        if at > len {
            return cuts;
        }
        cuts.push(at);
        // A piece of no bytes is legal, a delivery of nothing else never ends.
        at += usize::from(cuts.len() > 2 * len);
    }
}

//! Judges what a client asks.

use harness_wire::{Context as Place, Frame, Progress};

use super::{Deviation, INVALID, Received, Stop, WRONG, answer};
use crate::scenario::model::Message;

/// Another request than the profile gives.
pub const WRONG_REQUEST: &str = "wrong request";

/// Judges a client's request, which must say the same as `want`.
pub fn request(want: &Message, received: &Received) -> Option<Deviation> {
    if says_same(want, received) {
        return None;
    }
    let deviation = answer(want.fixed().map_or(&[][..], |m| &m.bytes), received)?;
    let (kind, expected) = match deviation.kind {
        WRONG | INVALID => (WRONG_REQUEST, "the request that the profile gives"),
        kind => (kind, "a request"),
    };
    Some(Deviation {
        kind,
        expected: expected.into(),
        ..deviation
    })
}

fn says_same(want: &Message, received: &Received) -> bool {
    let got = &received.bytes;
    let mut frame = Frame::default();
    let mut is_frame = || {
        let progress = want
            .framing
            .decoder_for(&Place::REQUEST)
            .decode(got, &mut frame);
        progress == Ok(Progress::Frame) && frame.len == got.len()
    };
    let Some(encoded) = want.fixed() else {
        return false;
    };
    received.stop == Stop::Complete
        && (*got == encoded.bytes || is_frame() && want.framing.says_same(encoded, got, &frame))
}

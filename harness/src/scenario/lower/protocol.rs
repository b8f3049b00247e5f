//! Protocols: framings that profiles share.

use std::collections::BTreeMap;
use std::sync::Arc;

use harness_wire::Limits;

use crate::scenario::context::Context;
use crate::scenario::lower::frame::{frame, limits};
use crate::scenario::lower::message::Frames;
use crate::scenario::lower::name::chosen;
use crate::scenario::model::Protocol;
use crate::scenario::syntax::{FrameForm, Item, Names, ProtocolSyntax};

/// A protocol, and what a profile needs to build on it.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    pub(crate) protocol: Arc<Protocol>,
    pub(crate) frames: Frames,
    pub(crate) limits: Limits,
}

/// Adds the framings that are given to `frames`, which they replace by name.
pub(super) fn add_frames(
    cx: &Context,
    given: Option<&Item<Names<FrameForm>>>,
    limits: Limits,
    frames: &mut Frames,
) {
    for named in given.and_then(Item::get).iter().flat_map(|n| &n.0) {
        let fits = chosen(cx, "a frame", &named.name, named.name_span);
        let frame = frame(cx, &named.name, named.name_span, &named.value, limits);
        frames.insert(named.name.clone(), frame.filter(|_| fits));
    }
}

/// The protocol. `None` where it had a mistake.
pub(crate) fn protocol(cx: &Context, given: &ProtocolSyntax) -> Option<Library> {
    let before = cx.mistakes();
    let about = given.limits.as_ref().and_then(Item::get);
    let limits = limits(cx, Limits::default(), about);
    let mut frames = Frames::new();
    add_frames(cx, Some(&given.frames), limits, &mut frames);
    if frames.is_empty() && given.frames.get().is_some() {
        let mend = "describe at least one frame";
        cx.error_help(given.frames.span, "the protocol has no frame", mend);
    }
    if cx.mistakes() > before {
        return None;
    }
    let framings: BTreeMap<_, _> = frames
        .iter()
        .filter_map(|(name, frame)| Some((name.clone(), Arc::clone(&frame.as_ref()?.framing))))
        .collect();
    let datagrams: BTreeMap<_, _> = frames
        .iter()
        .filter_map(|(name, frame)| Some((name.clone(), frame.clone()?.for_datagrams().framing)))
        .collect();
    Some(Library {
        protocol: Arc::new(Protocol {
            name: given.protocol.get()?.clone(),
            about: given.about.as_ref().and_then(Item::get).cloned(),
            at: cx.location(given.protocol.span),
            frames: framings,
            datagrams,
            limits,
        }),
        frames,
        limits,
    })
}

//! What is known before a message begins.

use super::upgrade;
use crate::{Context, Sender};

/// What the place of a message says about it.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) sender: Option<Sender>,
    /// The request was HEAD: the head of its response describes a body that is not sent.
    to_head: bool,
    /// The request was CONNECT: behind a success lies a tunnel.
    to_connect: bool,
    /// What `Sec-WebSocket-Accept` must say.
    pub(super) accept: Option<String>,
}

impl Expected {
    pub(super) fn new(context: &Context<'_>) -> Self {
        let asked = |method: &[u8]| {
            context.request.is_some_and(|request| {
                let named = request.fields.iter().find(|f| &*f.name == "method");
                let range = named.and_then(|field| field.ranges.first().cloned());
                range.and_then(|range| request.bytes.get(range)) == Some(method)
            })
        };
        Self {
            sender: context.sender,
            to_head: asked(b"HEAD"),
            to_connect: asked(b"CONNECT"),
            accept: context.request.and_then(upgrade::expected),
        }
    }

    /// True for a response that has no body, whatever its head says (RFC 9112 section 6.3 items 1
    /// and 2).
    pub(super) fn has_no_body(&self, status: u16) -> bool {
        let tunnel = self.to_connect && matches!(status, 200..=299);
        self.to_head || tunnel || matches!(status, 100..=199 | 204 | 304)
    }
}

//! Errors that name the field at fault.

use std::sync::Arc;

use super::State;
use crate::compose::plan::{Part, Plan};
use crate::compose::wrong::Wrong;
use crate::{FrameError, FrameErrorKind};

impl State {
    #[cold]
    pub(super) fn truncated(&self, plan: &Plan, bytes: &[u8]) -> FrameError {
        let at = bytes.len();
        // Every field is complete only where a whole frame was found, and then nothing is cut.
        let place = self.sizes.known.min(plan.parts.len().saturating_sub(1));
        let part = &plan.parts[place];
        if let Some(inner) = self.truncated_inside(part, bytes) {
            return inner;
        }
        let name = match part.terminator() {
            Some(terminator) if terminator.is_cut(bytes.get(self.start..).unwrap_or(&[])) => {
                &terminator.name
            }
            _ => &part.name,
        };
        let total = self.total.max(at + 1);
        let what = format!("the stream ended after {at} bytes of a frame of at least {total}");
        FrameError {
            kind: FrameErrorKind::Truncated,
            field: Arc::clone(name),
            at,
            what,
        }
    }

    #[cold]
    pub(super) fn frame_too_large(&self, plan: &Plan, rule: usize, total: usize) -> FrameError {
        let what = format!(
            "the length makes a frame of at least {total} bytes; the limit is {}",
            plan.limits.frame
        );
        self.bad_rule(plan, rule, FrameErrorKind::TooLarge, what)
    }

    /// An error that shows at the field which holds a length.
    #[cold]
    pub(super) fn bad_rule(
        &self,
        plan: &Plan,
        rule: usize,
        kind: FrameErrorKind,
        what: String,
    ) -> FrameError {
        let owner = plan.rules[rule].owner;
        let at = self
            .sizes
            .spans()
            .get(owner)
            .map_or(self.start, |span| span.start);
        error(kind, &plan.parts[owner], at, what)
    }
}

#[cold]
pub(super) fn error(kind: FrameErrorKind, part: &Part, at: usize, what: String) -> FrameError {
    FrameError {
        kind,
        field: Arc::clone(&part.name),
        at,
        what,
    }
}

#[cold]
pub(super) fn refuse(part: &Part, start: usize, wrong: Wrong) -> FrameError {
    error(wrong.kind, part, start + wrong.at, wrong.what)
}

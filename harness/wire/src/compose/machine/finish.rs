//! The last checks of a whole frame, and its description.

use std::sync::Arc;

use super::State;
use super::fault::error;
use crate::compose::kinds::Content;
use crate::compose::kinds::json::JsonDigest;
use crate::compose::plan::Plan;
use crate::{Field, Frame, FrameError, FrameErrorKind};

impl State {
    /// Checks what only a whole frame shows, describes it, and begins anew.
    #[inline]
    pub(super) fn finish(
        &mut self,
        plan: &Plan,
        bytes: &[u8],
        frame: &mut Frame,
    ) -> Result<(), FrameError> {
        for (at, rule) in plan.rules.iter().enumerate().filter(|(_, rule)| rule.check) {
            if !self.sizes.is_known(plan, at) {
                continue;
            }
            let (left, _) = self.sizes.left_for(plan, at, usize::MAX);
            if left != 0 {
                let what = format!(
                    "the length differs by {left} bytes from what it covers; it must be {}",
                    i128::try_from(self.sizes.counted(at)).unwrap_or(i128::MAX) - left
                        + rule.adjust
                );
                return Err(self.bad_rule(plan, at, FrameErrorKind::BadLength, what));
            }
        }
        for (place, promised) in &self.digests {
            if let Content::Json(json) = &plan.parts[*place].content
                && let Some(digest) = &json.digest
            {
                self.check_digest(plan, *place, digest, promised, bytes)?;
            }
        }
        let mut count = 0;
        for (part, span) in plan.parts.iter().zip(self.sizes.spans()) {
            if let Some(nest) = part.nest {
                for field in &self.nests[nest].frame.fields {
                    for range in &field.ranges {
                        let (start, end) = (range.start + span.start, range.end + span.start);
                        place_field(frame, &mut count, &field.name, start, end);
                    }
                }
                continue;
            }
            place_field(frame, &mut count, &part.name, span.start, span.end);
            if let Some(terminator) = part.terminator() {
                place_field(frame, &mut count, &terminator.name, span.end, span.next);
            }
        }
        frame.fields.truncate(count);
        frame.len = self.start;
        self.clear();
        Ok(())
    }

    pub(super) fn check_digest(
        &self,
        plan: &Plan,
        place: usize,
        digest: &JsonDigest,
        promised: &str,
        bytes: &[u8],
    ) -> Result<(), FrameError> {
        let covered = digest.members.iter().map(|&member| {
            let span = self.sizes.spans()[member];
            &bytes[span.start..span.end]
        });
        let computed = digest.algorithm.hex(covered);
        if computed == promised {
            return Ok(());
        }
        let what = format!(
            "`{}` promises the {} {promised}, and the bytes have {computed}",
            digest.key, digest.algorithm
        );
        let at = self.sizes.spans()[place].start;
        Err(error(
            FrameErrorKind::BadDigest,
            &plan.parts[place],
            at,
            what,
        ))
    }
}

/// Describes one field in place: a frame that is used again costs no allocation.
#[inline]
fn place_field(frame: &mut Frame, count: &mut usize, name: &Arc<str>, start: usize, end: usize) {
    match frame.fields.get_mut(*count) {
        Some(field) => {
            if !Arc::ptr_eq(&field.name, name) {
                field.name = Arc::clone(name);
            }
            field.ranges.clear();
            field.ranges.push(start..end);
        }
        None => frame.fields.push(Field {
            name: Arc::clone(name),
            ranges: std::iter::once(start..end).collect(),
        }),
    }
    *count += 1;
}

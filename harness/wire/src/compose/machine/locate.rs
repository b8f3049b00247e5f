//! Where the current field ends.

use super::State;
use super::fault::{error, refuse};
use crate::compose::kinds::constant;
use crate::compose::plan::{Content, Part, Plan, Reach};
use crate::compose::sizes::Span;
use crate::terminator::Terminator;
use crate::{FrameError, FrameErrorKind};

impl State {
    /// Where the current field ends, if that many bytes are there.
    #[inline]
    pub(super) fn locate(
        &mut self,
        plan: &Plan,
        part: &Part,
        bytes: &[u8],
        ended: bool,
    ) -> Result<Option<Span>, FrameError> {
        let end = match &part.reach {
            Reach::Fixed(size) => {
                let end = self.start + size;
                if let Content::Const(expected) = &part.content {
                    let given = &bytes[self.start..bytes.len().min(end)];
                    constant::compare(expected, given, self.scanned - self.start)
                        .map_err(|wrong| refuse(part, self.start, wrong))?;
                    self.scanned = self.start + given.len();
                    if bytes.len() < end {
                        self.wait(plan, end, bytes.len() + 1);
                        return Ok(None);
                    }
                }
                end
            }
            Reach::Counted(rule) => self.counted_end(plan, part, *rule)?,
            Reach::Until(terminator) => {
                return self.search(plan, part, terminator, bytes, ended);
            }
            Reach::Rest => {
                let limit = plan.limits.frame;
                if bytes.len() > limit {
                    let what = format!("the frame has more than {limit} bytes, the limit");
                    return Err(error(FrameErrorKind::TooLarge, part, limit, what));
                }
                if !ended {
                    self.wait(plan, bytes.len() + 1, bytes.len() + 1);
                    return Ok(None);
                }
                bytes.len()
            }
        };
        if bytes.len() < end {
            self.wait(plan, end, end);
            return Ok(None);
        }
        Ok(Some(Span {
            start: self.start,
            end,
            next: end,
        }))
    }

    /// Where a counted field ends, however few of its bytes are there.
    #[inline]
    pub(super) fn counted_end(
        &self,
        plan: &Plan,
        part: &Part,
        rule: usize,
    ) -> Result<usize, FrameError> {
        let place = self.sizes.known;
        let (left, _) = self.sizes.left_for(plan, rule, place);
        let Ok(size) = usize::try_from(left) else {
            let what = format!(
                "the length leaves {left} bytes for `{}`, and at least 0 are needed",
                part.name
            );
            return Err(self.bad_rule(plan, rule, FrameErrorKind::BadLength, what));
        };
        let end = self.start.saturating_add(size);
        let limits = plan.limits;
        let total = self.sizes.beside(plan, self.start).saturating_add(size);
        if total > limits.frame {
            return Err(self.frame_too_large(plan, rule, total));
        }
        if part.header && end > limits.header {
            let what = format!(
                "the length makes `{}` end at byte {end}, and the header's limit is {} bytes",
                part.name, limits.header
            );
            return Err(self.bad_rule(plan, rule, FrameErrorKind::TooLarge, what));
        }
        for &bound in &part.bounds {
            if !self.sizes.is_known(plan, bound) {
                continue;
            }
            let (left, exact) = self.sizes.left_for(plan, bound, place);
            let given = i128::try_from(size).unwrap_or(i128::MAX);
            if given > left || (exact && given != left) {
                let what = format!(
                    "the length leaves {left} bytes for `{}`, and `{}` gives it {size}",
                    part.name, plan.parts[plan.rules[rule].owner].name
                );
                return Err(self.bad_rule(plan, bound, FrameErrorKind::BadLength, what));
            }
        }
        Ok(end)
    }

    /// Searches the terminator, no further than limits and lengths permit. What is found wrong
    /// must not depend on how many bytes are there, so nothing behind the bound is looked at.
    #[inline]
    pub(super) fn search(
        &mut self,
        plan: &Plan,
        part: &Part,
        terminator: &Terminator,
        bytes: &[u8],
        ended: bool,
    ) -> Result<Option<Span>, FrameError> {
        let limits = plan.limits;
        let room = limits
            .frame
            .saturating_sub(self.sizes.beside(plan, self.start));
        let mut bound = self.start.saturating_add(room);
        if part.header {
            bound = bound.min(limits.header);
        }
        let mut by_rule = None;
        for &rule in &part.bounds {
            if self.sizes.is_known(plan, rule) {
                let (left, _) = self.sizes.left_for(plan, rule, self.sizes.known);
                let end = self
                    .start
                    .saturating_add(usize::try_from(left).unwrap_or(0));
                if end < bound {
                    (bound, by_rule) = (end, Some(rule));
                }
            }
        }
        let seen = bytes.len().min(bound);
        let from = terminator.resume(self.start, self.scanned);
        if let Some(end) = terminator.find(&bytes[..seen.max(self.start)], from) {
            return Ok(Some(Span {
                start: self.start,
                end,
                next: end + terminator.len(),
            }));
        }
        self.scanned = seen.max(self.start);
        if bytes.len() >= bound || bound < self.start + terminator.len() {
            if let Some(rule) = by_rule {
                let what = format!(
                    "the length ends at byte {bound}, before the terminator of `{}`",
                    part.name
                );
                return Err(self.bad_rule(plan, rule, FrameErrorKind::BadLength, what));
            }
            let what = if part.header { "header" } else { "frame" };
            let what = format!("no terminator up to byte {bound}, the limit of the {what}");
            return Err(error(FrameErrorKind::TooLarge, part, bound, what));
        }
        if ended && plan.final_optional && !terminator.is_cut(&bytes[self.start..]) {
            let end = bytes.len();
            return Ok(Some(Span {
                start: self.start,
                end,
                next: end,
            }));
        }
        let least = (bytes.len() + 1).max(self.start + terminator.len());
        self.wait(plan, least, bytes.len() + 1);
        Ok(None)
    }

    /// Notes that the current field ends at `least` or later, and that nothing is to be done
    /// before `wake` bytes are there.
    pub(super) fn wait(&mut self, plan: &Plan, least: usize, wake: usize) {
        self.wake = wake;
        // Lengths that contradict the limit only together are refused where their fields are.
        self.total = self
            .sizes
            .least_total(plan, self.start, least)
            .min(plan.limits.frame);
    }
}

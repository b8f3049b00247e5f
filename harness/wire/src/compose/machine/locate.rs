//! Where the current field ends.

use std::sync::Arc;

use super::State;
use super::fault::{error, refuse};
use crate::compose::kinds::{Content, Scan, constant};
use crate::compose::plan::{Part, Plan, Reach};
use crate::compose::sizes::Span;
use crate::compose::wrong::Wrong;
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
                if let Content::Const(constant::Constant(expected)) = &part.content {
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
            Reach::Until {
                terminator,
                told: Some(rule),
            } if self.sizes.is_known(plan, *rule) => {
                return self.told_end(plan, part, *rule, terminator, bytes);
            }
            Reach::Until { terminator, .. } => {
                let least = terminator.len();
                let found = self.search(plan, part, bytes, |seen, from| {
                    let found = terminator.find(seen, terminator.resume(0, from));
                    Ok(found.map_or(
                        Scan::More {
                            least,
                            resume: seen.len(),
                        },
                        |end| Scan::End {
                            end,
                            next: end + least,
                        },
                    ))
                })?;
                return Ok(found.or_else(|| {
                    // The end of the stream may stand for a terminator of which nothing is there.
                    let whole = || !terminator.is_cut(&bytes[self.start..]);
                    (ended && plan.final_optional && whole()).then_some(Span {
                        start: self.start,
                        end: bytes.len(),
                        next: bytes.len(),
                    })
                }));
            }
            Reach::Own(_) => {
                return self.search(plan, part, bytes, |seen, from| {
                    part.content.scan(seen, from)
                });
            }
            Reach::Nested => return self.nested_end(plan, part, bytes),
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

    /// Where a field ends that has a terminator and a length as well.
    fn told_end(
        &mut self,
        plan: &Plan,
        part: &Part,
        rule: usize,
        terminator: &Terminator,
        bytes: &[u8],
    ) -> Result<Option<Span>, FrameError> {
        let next = self.counted_end(plan, part, rule)?;
        if bytes.len() < next {
            self.wait(plan, next, next);
            return Ok(None);
        }
        // No length is shorter than the terminator: it covers the field, whose least is that.
        let end = next - terminator.len();
        constant::compare(&terminator.bytes, &bytes[end..next], 0).map_err(|wrong| FrameError {
            field: Arc::clone(&terminator.name),
            ..refuse(part, end, wrong)
        })?;
        Ok(Some(Span {
            start: self.start,
            end,
            next,
        }))
    }

    /// The offset beyond which the current field cannot go, and the length that says so, if it is
    /// not a limit.
    #[inline]
    pub(super) fn bound(&self, plan: &Plan, part: &Part) -> (usize, Option<usize>) {
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
        (bound, by_rule)
    }

    /// The error of a field that does not end within its bound.
    #[cold]
    pub(super) fn out_of_bound(
        &self,
        plan: &Plan,
        part: &Part,
        bound: usize,
        by_rule: Option<usize>,
    ) -> FrameError {
        let end = match part.reach {
            Reach::Until { .. } => "terminator",
            _ => "end",
        };
        if let Some(rule) = by_rule {
            let what = format!(
                "the length ends at byte {bound}, before the {end} of `{}`",
                part.name
            );
            return self.bad_rule(plan, rule, FrameErrorKind::BadLength, what);
        }
        let whole = if part.header { "header" } else { "frame" };
        let what = format!("no {end} up to byte {bound}, the limit of the {whole}");
        error(FrameErrorKind::TooLarge, part, bound, what)
    }

    /// Searches the end of a field, no further than limits and lengths permit. What is found wrong
    /// must not depend on how many bytes are there, so nothing behind the bound is looked at.
    #[inline]
    fn search(
        &mut self,
        plan: &Plan,
        part: &Part,
        bytes: &[u8],
        scan: impl FnOnce(&[u8], usize) -> Result<Scan, Wrong>,
    ) -> Result<Option<Span>, FrameError> {
        let (bound, by_rule) = self.bound(plan, part);
        let start = self.start;
        let seen = &bytes[start..bytes.len().min(bound).max(start)];
        let found = scan(seen, self.scanned - start).map_err(|wrong| refuse(part, start, wrong))?;
        match found {
            Scan::End { end, next } => Ok(Some(Span {
                start,
                end: start + end,
                next: start + next,
            })),
            Scan::More { least, resume } => {
                self.scanned = start + resume;
                if bytes.len() >= bound || bound < start + least {
                    return Err(self.out_of_bound(plan, part, bound, by_rule));
                }
                let next = bytes.len() + 1;
                self.wait(plan, next.max(start + least), next);
                Ok(None)
            }
        }
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

//! What a complete field says about itself, and about the fields after it.

use super::State;
use super::fault::{error, refuse};
use crate::compose::kinds::{Length, Said, Says};
use crate::compose::plan::{Part, Plan};
use crate::compose::sizes::Span;
use crate::{FrameError, FrameErrorKind};

impl State {
    /// Takes in what a complete field says.
    #[inline]
    pub(super) fn accept(
        &mut self,
        plan: &Plan,
        part: &Part,
        span: Span,
        bytes: &[u8],
    ) -> Result<(), FrameError> {
        if part.nest.is_some() {
            return self.fill(plan, part, span, bytes);
        }
        let said = part.content.accept(&bytes[span.start..span.end]);
        match said.map_err(|wrong| refuse(part, span.start, wrong))? {
            Said::Nothing => Ok(()),
            Said::Length(length) => self.hear(plan, &length, span),
            Said::Count { place, value } => self.expect(plan, part, place, value),
            Said::Digest { hex, length } => {
                self.digests.push((self.sizes.known, hex));
                length.map_or(Ok(()), |length| self.hear(plan, &length, span))
            }
        }
    }

    #[inline]
    fn hear(&mut self, plan: &Plan, length: &Length, span: Span) -> Result<(), FrameError> {
        match length.says {
            Says::Value(value) => self.learn(plan, length.rule, value, span.start + length.at),
            Says::Absent => {
                self.sizes.set(length.rule, 0);
                Ok(())
            }
            Says::Untold => {
                self.sizes.set_untold(length.rule);
                Ok(())
            }
        }
    }

    /// Takes in the value of a length. One that cannot be is refused here, before any further
    /// byte is waited for.
    #[inline]
    fn learn(
        &mut self,
        plan: &Plan,
        rule: usize,
        value: i128,
        at: usize,
    ) -> Result<(), FrameError> {
        let place = self.sizes.known;
        let lengths = &plan.rules[rule];
        let counted = value - lengths.adjust;
        let sum = |places: &[usize]| {
            let least = |&place: &usize| self.sizes.least(plan, place);
            places.iter().map(least).fold(0usize, usize::saturating_add)
        };
        let inside = sum(&lengths.members);
        let counted = match usize::try_from(counted) {
            Ok(counted) if counted >= inside => counted,
            Err(_) if counted > 0 => usize::MAX,
            _ => {
                let least = i128::try_from(inside).unwrap_or(i128::MAX) + lengths.adjust;
                let sign = if value < 0 { ", which is negative" } else { "" };
                let what = format!("the length is {value}{sign}; it must be at least {least}");
                return Err(error(
                    FrameErrorKind::BadLength,
                    &plan.parts[place],
                    at,
                    what,
                ));
            }
        };
        let total = counted.saturating_add(sum(&lengths.outside));
        if total > plan.limits.frame {
            let what = format!(
                "the length {value} makes a frame of at least {total} bytes; the limit is {}",
                plan.limits.frame
            );
            return Err(error(
                FrameErrorKind::TooLarge,
                &plan.parts[place],
                at,
                what,
            ));
        }
        self.sizes.set(rule, counted);
        Ok(())
    }
}

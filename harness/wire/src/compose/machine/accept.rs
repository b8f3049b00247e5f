//! What a complete field says about itself, and about the fields after it.

use super::State;
use super::fault::{error, refuse};
use crate::compose::kinds::{json, text};
use crate::compose::plan::{Content, Part, Plan, Role};
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
        let content = &bytes[span.start..span.end];
        match &part.content {
            Content::Bytes | Content::Const(_) => Ok(()),
            Content::Int {
                role: Role::Value { .. },
                ..
            } => Ok(()),
            Content::Int {
                int,
                role: Role::Size { rule },
            } => self.learn(plan, *rule, int.read(content), span.start),
            Content::Int {
                int,
                role: Role::Const(expected),
            } => {
                let value = int.read(content);
                if value == *expected {
                    return Ok(());
                }
                let what = format!("the value is {value}, it must be {expected}");
                Err(error(FrameErrorKind::BadConst, part, span.start, what))
            }
            Content::Text => match text::accept(content) {
                Ok(_) => Ok(()),
                Err(wrong) => Err(refuse(part, span.start, wrong)),
            },
            Content::Json { size, digest } => {
                let depth = plan.limits.depth;
                let said = json::accept(content, depth, size.as_ref(), digest.as_ref())
                    .map_err(|wrong| refuse(part, span.start, wrong))?;
                if let Some(hex) = said.digest {
                    self.digests
                        .push((self.sizes.known, hex.to_ascii_lowercase()));
                }
                match (size, said.size) {
                    (Some(size), Some((value, at))) => {
                        self.learn(plan, size.rule, value, span.start + at)
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    /// Takes in the value of a length. One that cannot be is refused here, before any further
    /// byte is waited for.
    #[inline]
    pub(super) fn learn(
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

//! How much of a frame's layout is known: measured fields, and what lengths say of the others.

use super::plan::{Plan, Reach};

/// Where a measured field lies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) start: usize,
    /// The end of its content.
    pub(crate) end: usize,
    /// The end of its terminator, where the next field begins.
    pub(crate) next: usize,
}

/// The fields measured so far, and the lengths read.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    /// How many fields are measured; the place of the current one.
    pub(crate) known: usize,
    spans: Vec<Span>,
    /// By rule, the bytes that its members take up. Meaningless before its owner is measured.
    counted: Vec<usize>,
}

/// What stands for a length that a frame does without. No frame is that long.
const UNTOLD: usize = usize::MAX;

impl Sizes {
    pub(crate) fn reserve(&mut self, plan: &Plan) {
        self.spans.resize(plan.parts.len(), Span::default());
        self.counted.resize(plan.rules.len(), 0);
    }

    pub(crate) fn clear(&mut self) {
        self.known = 0;
    }

    #[inline]
    pub(crate) fn push(&mut self, span: Span) {
        self.spans[self.known] = span;
        self.known += 1;
    }

    /// The measured fields.
    #[inline]
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans[..self.known]
    }

    #[inline]
    pub(crate) fn set(&mut self, rule: usize, counted: usize) {
        self.counted[rule] = counted;
    }

    /// Notes that the frame does without this length.
    pub(crate) fn set_untold(&mut self, rule: usize) {
        self.counted[rule] = UNTOLD;
    }

    pub(crate) fn counted(&self, rule: usize) -> usize {
        self.counted[rule]
    }

    /// True once the length was read, and is there.
    #[inline]
    pub(crate) fn is_known(&self, plan: &Plan, rule: usize) -> bool {
        plan.rules[rule].owner < self.known && self.counted[rule] != UNTOLD
    }

    /// The size of a field, where it is certain by now.
    #[inline]
    fn size(&self, plan: &Plan, place: usize) -> Option<usize> {
        if place < self.known {
            let span = self.spans[place];
            return Some(span.next - span.start);
        }
        match plan.parts[place].reach {
            Reach::Fixed(size) => Some(size),
            Reach::Counted(rule) if self.is_known(plan, rule) => {
                match self.left_for(plan, rule, place) {
                    (left, true) => usize::try_from(left).ok(),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The fewest bytes that a field can take up, as far as is known.
    #[inline]
    pub(crate) fn least(&self, plan: &Plan, place: usize) -> usize {
        self.size(plan, place).unwrap_or(plan.parts[place].min)
    }

    /// The bytes that a known rule leaves for one of its members, and whether that is exact: the
    /// sizes of all others are certain.
    #[inline]
    pub(crate) fn left_for(&self, plan: &Plan, rule: usize, place: usize) -> (i128, bool) {
        let (mut others, mut exact) = (0usize, true);
        for &member in &plan.rules[rule].members {
            if member != place {
                let size = self.size(plan, member);
                exact &= size.is_some();
                others = others.saturating_add(size.unwrap_or(plan.parts[member].min));
            }
        }
        (self.counted[rule] as i128 - others as i128, exact)
    }

    /// The fewest bytes that a frame has beside the current field, which begins at `start`.
    pub(crate) fn beside(&self, plan: &Plan, start: usize) -> usize {
        let after = self.known + 1..plan.parts.len();
        let after = after.map(|place| self.least(plan, place));
        let mut beside = after.fold(start, usize::saturating_add);
        for (at, rule) in plan.rules.iter().enumerate() {
            if self.is_known(plan, at) && rule.outside.contains(&self.known) {
                let outside = rule.outside.iter().filter(|&&place| place != self.known);
                let outside = outside.map(|&place| self.least(plan, place));
                beside = beside.max(outside.fold(self.counted[at], usize::saturating_add));
            }
        }
        beside
    }

    /// The fewest bytes of the whole frame when the current field, which began at `start`, ends
    /// at `least` or later.
    pub(crate) fn least_total(&self, plan: &Plan, start: usize, least: usize) -> usize {
        let mut total = self.beside(plan, start).saturating_add(least - start);
        for (at, rule) in plan.rules.iter().enumerate() {
            if self.is_known(plan, at) && !rule.outside.contains(&self.known) {
                let outside = rule.outside.iter().map(|&place| self.least(plan, place));
                total = total.max(outside.fold(self.counted[at], usize::saturating_add));
            }
        }
        total
    }
}

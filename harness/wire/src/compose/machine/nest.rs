//! The decoding of frames inside a field.

use std::sync::Arc;

use super::State;
use super::fault::{error, refuse};
use crate::compose::kinds::nested::{Nested, numbered};
use crate::compose::plan::{Part, Plan, Reach};
use crate::compose::sizes::Span;
use crate::{Frame, FrameError, FrameErrorKind, effort};

/// How far the frames of one field were read. Offsets count from the field's first byte.
#[derive(Debug)]
pub(super) struct Nest {
    /// By plan.
    states: Vec<State>,
    /// The plan that is read; none before the field begins.
    chosen: Option<usize>,
    /// How many frames the field has, where a count said it.
    pub(super) expected: Option<usize>,
    /// How many are read.
    count: usize,
    /// Where the current one begins.
    at: usize,
    /// The fields of those that are read.
    pub(super) frame: Frame,
    item: Frame,
}

impl Nest {
    pub(super) fn new(nested: &dyn Nested) -> Self {
        Self {
            states: nested.plans().iter().map(|plan| State::new(plan)).collect(),
            chosen: None,
            expected: None,
            count: 0,
            at: 0,
            frame: Frame::default(),
            item: Frame::default(),
        }
    }

    pub(super) fn clear(&mut self) {
        self.states.iter_mut().for_each(State::clear);
        self.frame.fields.clear();
        (self.chosen, self.expected, self.count, self.at) = (None, None, 0, 0);
    }

    /// The state and plan of the current frame.
    fn current<'n>(&self, nested: &'n dyn Nested) -> Option<(&State, &'n Arc<Plan>)> {
        let chosen = self.chosen?;
        Some((self.states.get(chosen)?, nested.plans().get(chosen)?))
    }

    /// Reads on in `bytes`, which begin with the field and end with it where they are `ended`.
    /// Answers the field's length once it is known.
    fn run(
        &mut self,
        nested: &dyn Nested,
        name: &Arc<str>,
        bytes: &[u8],
        ended: bool,
    ) -> Result<Option<usize>, FrameError> {
        loop {
            effort::add(1);
            if let Some(max) = nested.repeats() {
                if self.count > max {
                    return Err(FrameError {
                        kind: FrameErrorKind::TooLarge,
                        field: Arc::clone(name),
                        at: self.at,
                        what: format!("it stands more than {max} times, the most"),
                    });
                }
                match self.expected {
                    Some(expected) if self.count >= expected => return Ok(Some(self.at)),
                    None if self.at == bytes.len() => return Ok(ended.then_some(self.at)),
                    _ => {}
                }
            }
            let chosen = self.chosen.unwrap_or_default();
            let (Some(state), Some(plan)) =
                (self.states.get_mut(chosen), nested.plans().get(chosen))
            else {
                return Ok(None);
            };
            let rest = &bytes[self.at.min(bytes.len())..];
            let step = match state.walk(plan, rest, ended) {
                Ok(false) if ended => Err(state.cut_short(plan, rest)),
                Ok(true) if ended && nested.tries() && state.start < rest.len() => {
                    Err(state.left_over(plan, rest))
                }
                Ok(true) => state.finish(plan, rest, &mut self.item).map(|()| true),
                other => other,
            };
            match step {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(_) if nested.tries() && chosen + 1 < nested.plans().len() => {
                    self.chosen = Some(chosen + 1);
                    continue;
                }
                Err(mut error) => {
                    error.at += self.at;
                    if nested.repeats().is_some() {
                        error.field = numbered(name, &error.field, self.count);
                    }
                    return Err(error);
                }
            }
            self.take(nested, name);
            if nested.repeats().is_none() {
                return Ok(Some(self.at));
            }
        }
    }

    /// Adds the frame that was read to the field's.
    fn take(&mut self, nested: &dyn Nested, name: &Arc<str>) {
        let numbers = nested.repeats().is_some();
        for mut field in self.item.fields.drain(..) {
            for range in &mut field.ranges {
                *range = range.start + self.at..range.end + self.at;
            }
            if numbers {
                field.name = numbered(name, &field.name, self.count);
            }
            self.frame.fields.push(field);
        }
        self.at += self.item.len;
        self.count += 1;
    }
}

impl State {
    /// Says which of the frames inside is to be read, once the field begins.
    fn choose(
        &mut self,
        plan: &Plan,
        part: &Part,
        nested: &dyn Nested,
        bytes: &[u8],
    ) -> Result<(), FrameError> {
        let Some(nest) = part.nest.and_then(|nest| self.nests.get_mut(nest)) else {
            return Ok(());
        };
        if nest.chosen.is_some() {
            return Ok(());
        }
        let value = nested.on().map(|on| {
            let span = self.sizes.spans()[on];
            let kind = plan.parts[on].content.kind();
            kind.selector(&bytes[span.start..span.end])
        });
        let chosen = nested.choose(value.as_ref());
        nest.chosen = Some(chosen.map_err(|wrong| refuse(part, self.start, wrong))?);
        Ok(())
    }

    /// Reads on in the frames of the current field.
    fn run(
        &mut self,
        plan: &Plan,
        part: &Part,
        bytes: &[u8],
        field: &[u8],
        ended: bool,
    ) -> Result<Option<usize>, FrameError> {
        let Some(nested) = part.content.kind().nested() else {
            return Ok(None);
        };
        self.choose(plan, part, nested, bytes)?;
        let start = self.start;
        let Some(nest) = part.nest.and_then(|nest| self.nests.get_mut(nest)) else {
            return Ok(None);
        };
        let len = nest.run(nested, &part.name, field, ended);
        len.map_err(|mut error| {
            error.at += start;
            error
        })
    }

    /// Where the current field ends, whose frames say it themselves.
    pub(super) fn nested_end(
        &mut self,
        plan: &Plan,
        part: &Part,
        bytes: &[u8],
    ) -> Result<Option<Span>, FrameError> {
        let (bound, by_rule) = self.bound(plan, part);
        let seen = bytes.len().min(bound).max(self.start);
        let field = bytes.get(self.start..seen).unwrap_or(&[]);
        if let Some(len) = self.run(plan, part, bytes, field, false)? {
            let end = self.start + len;
            return Ok(Some(Span {
                start: self.start,
                end,
                next: end,
            }));
        }
        if bytes.len() >= bound {
            return Err(self.out_of_bound(plan, part, bound, by_rule));
        }
        let (least, wake) = self.inner_needs(part);
        self.wait(
            plan,
            least.max(bytes.len() + 1),
            wake.min(bound).max(bytes.len() + 1),
        );
        Ok(None)
    }

    /// How many bytes the current field needs at least, and how many before it can move on.
    fn inner_needs(&self, part: &Part) -> (usize, usize) {
        let nest = part.nest.and_then(|nest| self.nests.get(nest));
        let current =
            nest.and_then(|nest| Some((nest, nest.current(part.content.kind().nested()?)?)));
        current.map_or((self.start, self.start), |(nest, (state, _))| {
            let base = self.start + nest.at;
            // Another frame may be tried, and be shorter.
            let tries = part.content.kind().nested().is_some_and(Nested::tries);
            let least = if tries { 0 } else { state.total };
            (base.saturating_add(least), base.saturating_add(state.wake))
        })
    }

    /// Reads the frames of a field whose end is known: they must fill it.
    pub(super) fn fill(
        &mut self,
        plan: &Plan,
        part: &Part,
        span: Span,
        bytes: &[u8],
    ) -> Result<(), FrameError> {
        if matches!(part.reach, Reach::Nested) {
            return Ok(());
        }
        let field = &bytes[span.start..span.end];
        match self.run(plan, part, bytes, field, true)? {
            Some(len) if len < field.len() => {
                let left = field.len() - len;
                let what = format!("{left} of its {} bytes are left over", field.len());
                let at = span.start + len;
                Err(error(FrameErrorKind::BadLength, part, at, what))
            }
            _ => Ok(()),
        }
    }

    /// Takes in how often the frame at `place` stands.
    pub(super) fn expect(
        &mut self,
        plan: &Plan,
        part: &Part,
        place: usize,
        value: i128,
    ) -> Result<(), FrameError> {
        let counted = &plan.parts[place];
        let Some(nested) = counted.content.kind().nested() else {
            return Ok(());
        };
        let wrong = |kind, what| Err(error(kind, part, self.start, what));
        let max = nested.repeats().unwrap_or(1);
        let min = nested.plans().first().map_or(1, |plan| plan.min());
        let most = max.min(plan.limits.frame / min.max(1));
        match usize::try_from(value) {
            Ok(value) if value <= most => {
                if let Some(nest) = counted.nest.and_then(|nest| self.nests.get_mut(nest)) {
                    nest.expected = Some(value);
                }
                Ok(())
            }
            Err(_) if value < 0 => {
                let what = format!("the count is {value}, which is negative");
                wrong(FrameErrorKind::BadLength, what)
            }
            _ => {
                let what = format!("the count is {value}, and at most {most} are allowed");
                wrong(FrameErrorKind::TooLarge, what)
            }
        }
    }

    /// The error of the innermost field that the end of the stream cuts.
    pub(super) fn truncated_inside(&self, part: &Part, bytes: &[u8]) -> Option<FrameError> {
        let nested = part.content.kind().nested()?;
        let nest = self.nests.get(part.nest?)?;
        let (state, plan) = nest.current(nested)?;
        let rest = bytes.get(self.start + nest.at..)?;
        let mut error = state.truncated(plan, rest);
        error.at = bytes.len();
        if nested.repeats().is_some() {
            error.field = numbered(&part.name, &error.field, nest.count);
        }
        Some(error)
    }

    /// The error of a frame that does not fit into the field around it.
    #[cold]
    fn cut_short(&self, plan: &Plan, bytes: &[u8]) -> FrameError {
        let inner = self.truncated(plan, bytes);
        FrameError {
            kind: FrameErrorKind::BadLength,
            what: format!(
                "the field around it ends after {} bytes of a frame of at least {}",
                bytes.len(),
                self.total.max(bytes.len() + 1)
            ),
            ..inner
        }
    }

    /// The error of a frame that does not fill the field around it.
    #[cold]
    fn left_over(&self, plan: &Plan, bytes: &[u8]) -> FrameError {
        let what = format!("{} bytes are left over", bytes.len() - self.start);
        match plan.parts.last() {
            Some(part) => error(FrameErrorKind::BadLength, part, self.start, what),
            None => self.truncated(plan, bytes),
        }
    }
}

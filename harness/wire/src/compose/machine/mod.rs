//! The decoder of composed frames: it walks a plan over bytes and remembers how far it came.

mod accept;
mod fault;
mod finish;
mod locate;
mod nest;

use std::sync::Arc;

use self::nest::Nest;
use super::plan::Plan;
use super::sizes::{Sizes, Span};
use crate::{Decoder, Frame, FrameError, Progress, effort};

/// Finds the frames that a plan describes.
#[derive(Debug)]
pub(crate) struct Machine {
    plan: Arc<Plan>,
    state: State,
}

#[derive(Debug)]
struct State {
    sizes: Sizes,
    /// The offset at which the current field begins.
    start: usize,
    /// How far the current field was searched.
    scanned: usize,
    /// Fewer bytes than this cannot move the current field on.
    wake: usize,
    /// The frame has at least this many bytes.
    total: usize,
    /// The digests that JSON fields promised, by field, as hexadecimal text.
    digests: Vec<(usize, String)>,
    /// How far the fields came that have frames inside.
    nests: Vec<Nest>,
}

impl Machine {
    pub(crate) fn new(plan: &Arc<Plan>) -> Self {
        Self {
            plan: Arc::clone(plan),
            state: State::new(plan),
        }
    }

    /// Where the fields of one frame lie, if the bytes are exactly that.
    pub(crate) fn spans(mut self, bytes: &[u8]) -> Option<Vec<Span>> {
        let whole = self.state.walk(&self.plan, bytes, true).ok()?;
        let all = whole && self.state.start == bytes.len();
        all.then(|| self.state.sizes.spans().to_vec())
    }

    /// The length of the frame with which the bytes begin.
    pub(crate) fn first_len(mut self, bytes: &[u8]) -> Option<usize> {
        let whole = self.state.walk(&self.plan, bytes, true).ok()?;
        whole.then_some(self.state.start)
    }

    /// True unless the bytes, with nothing behind them where they are `ended`, are wrong.
    pub(crate) fn may_read(mut self, bytes: &[u8], ended: bool) -> bool {
        match self.state.walk(&self.plan, bytes, ended) {
            Ok(whole) => !ended || (whole && self.state.start == bytes.len()),
            Err(_) => false,
        }
    }
}

impl Decoder for Machine {
    #[inline]
    fn decode(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<Progress, FrameError> {
        let Self { plan, state } = self;
        if bytes.len() >= state.wake && state.walk(plan, bytes, false)? {
            state.finish(plan, bytes, frame)?;
            return Ok(Progress::Frame);
        }
        Ok(Progress::NeedMore {
            at_least: state.total.saturating_sub(bytes.len()).max(1),
        })
    }

    fn end(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<bool, FrameError> {
        let Self { plan, state } = self;
        if bytes.is_empty() {
            state.clear();
            return Ok(false);
        }
        if bytes.len() >= state.start && state.walk(plan, bytes, true)? {
            state.finish(plan, bytes, frame)?;
            return Ok(true);
        }
        Err(state.truncated(plan, bytes))
    }

    fn reset(&mut self) {
        self.state.clear();
    }
}

impl State {
    fn new(plan: &Plan) -> Self {
        let nested = plan
            .parts
            .iter()
            .filter_map(|part| part.content.kind().nested());
        let mut state = Self {
            sizes: Sizes::default(),
            start: 0,
            scanned: 0,
            wake: 0,
            total: 0,
            digests: Vec::new(),
            nests: nested.map(Nest::new).collect(),
        };
        state.sizes.reserve(plan);
        state
    }

    fn clear(&mut self) {
        self.sizes.clear();
        self.digests.clear();
        for nest in &mut self.nests {
            nest.clear();
        }
        (self.start, self.scanned, self.wake, self.total) = (0, 0, 0, 0);
    }

    /// Goes on over whole fields; true once the last one is complete.
    #[inline]
    fn walk(&mut self, plan: &Plan, bytes: &[u8], ended: bool) -> Result<bool, FrameError> {
        while let Some(part) = plan.parts.get(self.sizes.known) {
            effort::add(1);
            let Some(span) = self.locate(plan, part, bytes, ended)? else {
                return Ok(false);
            };
            self.accept(plan, part, span, bytes)?;
            self.sizes.push(span);
            (self.start, self.scanned) = (span.next, span.next);
        }
        Ok(true)
    }
}

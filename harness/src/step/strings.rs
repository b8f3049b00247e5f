//! The byte strings of one step, and how they come about.

use harness_wire::Sender;

use crate::scenario::context::Context;
use crate::scenario::formula::Formula;
use crate::scenario::lower::formula::formula;
use crate::scenario::lower::reference::Scope;
use crate::scenario::lower::step::Steps;
use crate::scenario::model::Role;
use crate::scenario::source::Span;
use crate::scenario::syntax::{Bytes, Item};

/// The byte strings of one step, in the order in which they are written.
pub(super) struct Strings<'a> {
    scope: Scope<'a>,
    formulas: Vec<Formula>,
}

impl<'a> Strings<'a> {
    /// None yet, of a step that holds bytes of this end, where the target is a server. A client
    /// is at the other.
    pub(super) fn new(steps: &Steps<'a>, sender: Sender) -> Self {
        let role = steps.target.map(|target| target.profile.role);
        let sender = match (role, sender) {
            (Some(Role::Client), Sender::Client) => Sender::Server,
            (Some(Role::Client), Sender::Server) => Sender::Client,
            (_, sender) => sender,
        };
        Self {
            scope: match steps.unsure {
                true => Scope::Unsure,
                false => Scope::Step(steps.target, sender),
            },
            formulas: Vec::new(),
        }
    }

    /// The bytes of a value; none where they are computed.
    pub(super) fn bytes(&mut self, cx: &Context, value: &Bytes, at: Span) -> Option<Vec<u8>> {
        let formula = formula(cx, self.scope, value, at)?;
        let bytes = formula.fixed().map(<[u8]>::to_vec).unwrap_or_default();
        self.formulas.push(formula);
        Some(bytes)
    }

    /// The same of a value that may have had a mistake.
    pub(super) fn item(&mut self, cx: &Context, item: &Item<Bytes>) -> Option<Vec<u8>> {
        self.bytes(cx, item.get()?, item.span)
    }

    /// The bytes of each value of a list. `None` where one had a mistake; each is told.
    pub(super) fn list(&mut self, cx: &Context, items: &[Item<Bytes>]) -> Option<Vec<Vec<u8>>> {
        let all: Vec<_> = items.iter().map(|item| self.item(cx, item)).collect();
        all.into_iter().collect()
    }

    /// True for an empty value that is not computed.
    pub(super) fn is_empty(&self, n: usize) -> bool {
        let fixed = self.formulas.get(n).and_then(Formula::fixed);
        fixed.is_some_and(<[u8]>::is_empty)
    }

    /// The formulas, if any of them is more than its bytes. Remembers that such a step refers to
    /// what was said before it.
    pub(super) fn done(self, steps: &mut Steps<'_>) -> Vec<Formula> {
        if self.formulas.iter().all(|f| f.fixed().is_some()) {
            return Vec::new();
        }
        steps.refers = true;
        self.formulas
    }
}

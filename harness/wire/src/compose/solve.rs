//! Which length says where which field ends.

use super::compile::{Draft, RuleDraft};
use super::names::Names;
use super::spec_error::{SpecError, SpecErrorKind};

/// For each field the rule by which it ends, where it ends by one.
///
/// A rule settles a field if it stands before it, and every other field that it covers has a known
/// size by then: a fixed one, one already read, or one that another rule settles.
pub(crate) fn resolvers(
    names: &Names<'_>,
    drafts: &[Draft],
    rules: &[RuleDraft],
) -> Result<Vec<Option<usize>>, SpecError> {
    let mut solver = Solver {
        names,
        drafts,
        rules,
        settled: vec![None; drafts.len()],
    };
    while solver.settle_one() {}
    for (place, draft) in drafts.iter().enumerate() {
        if matches!(draft, Draft::Counted) && solver.settled[place].is_none() {
            return Err(match *solver.candidates(place) {
                [one, two, ..] => solver.two_lengths(place, one, two),
                _ => solver.unsettled(place),
            });
        }
    }
    solver.check_leftovers()?;
    Ok(solver.settled)
}

struct Solver<'a> {
    names: &'a Names<'a>,
    drafts: &'a [Draft],
    rules: &'a [RuleDraft],
    settled: Vec<Option<usize>>,
}

impl Solver<'_> {
    /// Settles one more field, if there is one that a single length speaks of. A field with more
    /// has to wait: one of its lengths may turn out to be another field's only one.
    fn settle_one(&mut self) -> bool {
        for (place, draft) in self.drafts.iter().enumerate() {
            if matches!(draft, Draft::Counted)
                && self.settled[place].is_none()
                && let [rule] = *self.candidates(place)
            {
                self.settled[place] = Some(rule);
                return true;
            }
        }
        false
    }

    /// The rules that can settle a field, without those that go beyond another one.
    fn candidates(&self, place: usize) -> Vec<usize> {
        let able = (0..self.rules.len()).filter(|&rule| self.settles(rule, place));
        let mut able: Vec<usize> = able.collect();
        let all = able.clone();
        able.retain(|&rule| !all.iter().any(|&other| self.is_beyond(rule, other)));
        // Two lengths that cover each other are beyond each other: both stay, as a mistake.
        if able.is_empty() { all } else { able }
    }

    /// True where `inner` is the length that speaks of its fields, and `outer` speaks of more: of
    /// further fields of unknown size, or of the length `inner` itself.
    fn is_beyond(&self, outer: usize, inner: usize) -> bool {
        let counted = |rule: usize| {
            let members = self.rules[rule].members.iter();
            members
                .filter(|&&m| !matches!(self.drafts[m], Draft::Fixed(_)))
                .collect::<Vec<_>>()
        };
        let (wide, narrow) = (counted(outer), counted(inner));
        if !narrow.iter().all(|member| wide.contains(member)) {
            return false;
        }
        let covers = self.rules[outer].members.contains(&self.rules[inner].owner);
        wide.len() > narrow.len() || (covers && self.rules[outer].owner != self.rules[inner].owner)
    }

    fn settles(&self, rule: usize, place: usize) -> bool {
        let RuleDraft { owner, members, .. } = &self.rules[rule];
        *owner < place
            && !self.settled.contains(&Some(rule))
            && members.contains(&place)
            && members
                .iter()
                .all(|&other| other == place || self.is_known(other, place))
    }

    /// True where the size of `place` is known when the field `at` begins.
    fn is_known(&self, place: usize, at: usize) -> bool {
        if place < at {
            return true;
        }
        match (&self.drafts[place], self.settled[place]) {
            (Draft::Fixed(_), _) => true,
            (Draft::Counted, Some(rule)) => {
                let RuleDraft { owner, members, .. } = &self.rules[rule];
                *owner < at && members.iter().all(|&m| m == place || self.is_known(m, at))
            }
            _ => false,
        }
    }

    /// A length by which no field ends is fine as a check of another one, if it speaks of more
    /// or of less. Two lengths of the same fields side by side are a mistake.
    fn check_leftovers(&self) -> Result<(), SpecError> {
        for rule in 0..self.rules.len() {
            if self.settled.contains(&Some(rule)) {
                continue;
            }
            let counted = self.rules[rule].members.iter().copied();
            let counted = counted.filter_map(|m| self.settled[m].map(|by| (m, by)));
            for (place, by) in counted {
                if !self.is_beyond(rule, by) && !self.is_beyond(by, rule) {
                    return Err(self.two_lengths(place, by, rule));
                }
            }
        }
        Ok(())
    }

    fn two_lengths(&self, place: usize, one: usize, two: usize) -> SpecError {
        let owner = |rule: usize| self.names.0[self.rules[rule].owner];
        let what = format!(
            "both `{}` and `{}` say where it ends",
            owner(one),
            owner(two)
        );
        let mend = "let one length cover it, or let one of them cover the other as well";
        SpecError::new(SpecErrorKind::TwoLengths, self.names.0[place], what, mend)
    }

    fn unsettled(&self, place: usize) -> SpecError {
        let name = self.names.0[place];
        let covers: Vec<&RuleDraft> = self
            .rules
            .iter()
            .filter(|rule| rule.members.contains(&place))
            .collect();
        let Some(early) = covers.iter().find(|rule| rule.owner < place) else {
            return match covers.first() {
                None => SpecError::new(
                    SpecErrorKind::NoExtent,
                    name,
                    "nothing says where it ends, and it is not the last field",
                    "give it a size, an `until`, or a length before it that covers it",
                ),
                Some(rule) => {
                    let owner = self.names.0[rule.owner];
                    let what = format!("its length `{owner}` comes after it");
                    let mend = format!("put `{owner}` before it, or give it a size or an `until`");
                    SpecError::new(SpecErrorKind::Misplaced, name, what, mend)
                }
            };
        };
        let others = early.members.iter().copied();
        let others = others.filter(|&m| m != place && !self.is_known(m, place));
        let others: Vec<String> = others.map(|m| format!("`{}`", self.names.0[m])).collect();
        let what = format!(
            "the length `{}` covers it and {}, and nothing tells them apart",
            self.names.0[early.owner],
            others.join(", ")
        );
        let mend =
            "all but one of them need a size, an `until` before it, or a length of their own";
        SpecError::new(SpecErrorKind::Ambiguous, name, what, mend)
    }
}

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
    drafts: &[Draft<'_>],
    rules: &[RuleDraft],
) -> Result<Vec<Option<usize>>, SpecError> {
    let mut solver = Solver {
        names,
        drafts,
        rules,
        settled: vec![None; drafts.len()],
    };
    while solver.settle_one()? {}
    for (place, draft) in drafts.iter().enumerate() {
        if matches!(draft, Draft::Counted) && solver.settled[place].is_none() {
            return Err(solver.unsettled(place));
        }
    }
    solver.check_leftovers()?;
    Ok(solver.settled)
}

struct Solver<'a> {
    names: &'a Names<'a>,
    drafts: &'a [Draft<'a>],
    rules: &'a [RuleDraft],
    settled: Vec<Option<usize>>,
}

impl Solver<'_> {
    /// Settles one more field, if any can be.
    fn settle_one(&mut self) -> Result<bool, SpecError> {
        for (place, draft) in self.drafts.iter().enumerate() {
            if !matches!(draft, Draft::Counted) || self.settled[place].is_some() {
                continue;
            }
            let able: Vec<usize> = (0..self.rules.len())
                .filter(|&rule| self.settles(rule, place))
                .collect();
            // Of lengths inside each other, the innermost speaks of the field itself.
            let mut innermost = able.iter().copied().filter(|&rule| {
                !able
                    .iter()
                    .any(|&other| other != rule && self.is_around(rule, other))
            });
            match (innermost.next(), innermost.next()) {
                (Some(rule), None) => {
                    self.settled[place] = Some(rule);
                    return Ok(true);
                }
                (Some(one), Some(two)) => return Err(self.two_lengths(place, one, two)),
                (None, _) if able.len() > 1 => {
                    return Err(self.two_lengths(place, able[0], able[1]));
                }
                (None, _) => {}
            }
        }
        Ok(false)
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

    /// True where the length `outer` covers the field that holds the length `inner`.
    fn is_around(&self, outer: usize, inner: usize) -> bool {
        self.rules[outer].members.contains(&self.rules[inner].owner)
            && self.rules[outer].owner != self.rules[inner].owner
    }

    /// A length by which no field ends is fine as a check, if it lies around another length or
    /// within it. Two lengths side by side contradict each other.
    fn check_leftovers(&self) -> Result<(), SpecError> {
        for rule in 0..self.rules.len() {
            if self.settled.contains(&Some(rule)) {
                continue;
            }
            let counted = self.rules[rule].members.iter().copied();
            let counted = counted.filter_map(|m| self.settled[m].map(|by| (m, by)));
            let counted: Vec<(usize, usize)> = counted.collect();
            let nested = counted
                .iter()
                .any(|&(_, by)| self.is_around(rule, by) || self.is_around(by, rule));
            if let (Some(&(place, by)), false) = (counted.first(), nested) {
                return Err(self.two_lengths(place, by, rule));
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

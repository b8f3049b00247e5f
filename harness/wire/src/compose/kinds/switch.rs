//! One of several frames, by the value of an earlier field.

use std::sync::Arc;

use super::nested::{self, Nested};
use super::{FieldKind, Said};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::Piece;
use crate::compose::malformed::Candidate;
use crate::compose::plan::{Part, Plan};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::{Selector, SwitchSpec};
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{EncodeError, FrameErrorKind, Value};

/// The frames, and what chooses them.
#[derive(Debug)]
pub(crate) struct Switch {
    on: usize,
    /// Each value with the frame that it chooses.
    cases: Vec<(Selector, usize)>,
    plans: Vec<Arc<Plan>>,
    other: Option<usize>,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    spec: &SwitchSpec,
) -> Result<(Switch, Draft), SpecError> {
    let refuse = |kind, what: String, mend: &str| Err(SpecError::new(kind, c.name(), what, mend));
    let places = c
        .names
        .places(c.place, "the switch", std::slice::from_ref(&spec.on))?;
    let on = places.first().copied().unwrap_or_default();
    if on >= c.place {
        let what = format!(
            "the switch looks at `{}`, which does not stand before it",
            spec.on
        );
        return refuse(
            SpecErrorKind::Misplaced,
            what,
            "name a field in front of this one",
        );
    }
    if spec.cases.is_empty() {
        let mend = "add one, such as {is: 1, frame: [...]}";
        return refuse(SpecErrorKind::Empty, "the switch has no case".into(), mend);
    }
    let integer = c.is_number(on);
    let (mut cases, mut plans) = (Vec::new(), Vec::new());
    for case in &spec.cases {
        if case.is.is_empty() {
            let mend = "say which values choose it";
            return refuse(SpecErrorKind::Empty, "a case has no value".into(), mend);
        }
        for value in &case.is {
            if matches!(value, Selector::Int(_)) != integer {
                let what = format!("{} is no value of `{}`", show(value), spec.on);
                let mend = if integer {
                    "write an integer"
                } else {
                    "write bytes"
                };
                return refuse(SpecErrorKind::OutOfRange, what, mend);
            }
            if cases.iter().any(|(known, _)| known == value) {
                let what = format!("two cases have the value {}", show(value));
                return refuse(SpecErrorKind::BadName, what, "one value chooses one case");
            }
            cases.push((value.clone(), plans.len()));
        }
        plans.push(nested::compile(c, "", &case.fields)?);
    }
    let mut other = None;
    if let Some(fields) = &spec.other {
        other = Some(plans.len());
        plans.push(nested::compile(c, "", fields)?);
    }
    let draft = nested::draft(&plans);
    let switch = Switch {
        on,
        cases,
        plans,
        other,
    };
    Ok((switch, draft))
}

fn show(value: &Selector) -> String {
    match value {
        Selector::Int(value) => value.to_string(),
        Selector::Bytes(bytes) => {
            format!("\"{}\"", bytes[..bytes.len().min(40)].escape_ascii())
        }
    }
}

impl FieldKind for Switch {
    fn has_default(&self) -> bool {
        self.plans.iter().all(|plan| plan.has_default())
    }

    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        let value = before[self.on].selector();
        let chosen = self
            .choose(Some(&value))
            .map_err(|wrong| EncodeError::Unfit {
                name: part.key.clone(),
                given: "a frame".into(),
                expected: wrong.what,
            })?;
        nested::piece(&self.plans[chosen], part, given)
    }

    fn accept(&self, _content: &[u8]) -> Result<Said, Wrong> {
        Ok(Said::Nothing)
    }

    fn nested(&self) -> Option<&dyn Nested> {
        Some(self)
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        let kind = frame.plan.parts[self.on].content.kind();
        let value = kind.selector(frame.content(self.on));
        if let Ok(chosen) = self.choose(Some(&value)) {
            let len = frame.content(place).len();
            nested::malformed(&self.plans[chosen], str::to_owned, frame, place, len, out);
        }
        // A value that no case has: the first that fits the field.
        if self.other.is_none() && matches!(value, Selector::Int(_)) {
            let known = |value: i128| self.choose(Some(&Selector::Int(value))).is_ok();
            let free = (0..256).rev().find(|&value| !known(value));
            if let Some(free) = free {
                let word = kind.number(free);
                let on = &frame.plan.parts[self.on].name;
                out.push(Candidate {
                    name: format!("{on}.unknown"),
                    about: format!("`{on}` is {free}, which chooses no frame."),
                    bytes: frame.with(self.on, &word),
                });
            }
        }
    }
}

impl Nested for Switch {
    fn plans(&self) -> &[Arc<Plan>] {
        &self.plans
    }

    fn on(&self) -> Option<usize> {
        Some(self.on)
    }

    fn choose(&self, value: Option<&Selector>) -> Result<usize, Wrong> {
        let case = self.cases.iter().find(|(known, _)| Some(known) == value);
        case.map(|(_, plan)| *plan)
            .or(self.other)
            .ok_or_else(|| Wrong {
                kind: FrameErrorKind::BadConst,
                at: 0,
                what: format!(
                    "no case has the value {}",
                    value.map_or_else(String::new, show)
                ),
            })
    }
}

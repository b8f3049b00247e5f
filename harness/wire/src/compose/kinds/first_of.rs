//! The first of several frames that the bytes fit.

use std::sync::Arc;

use super::nested::{self, Nested};
use super::{FieldKind, Said};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::{Piece, show, unfit};
use crate::compose::machine::Machine;
use crate::compose::malformed::Candidate;
use crate::compose::plan::{Part, Plan, Reach};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::Alternative;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{EncodeError, Value};

/// The frames, in the order in which they are tried.
#[derive(Debug)]
pub(crate) struct FirstOf {
    names: Vec<String>,
    plans: Vec<Arc<Plan>>,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    alternatives: &[Alternative],
) -> Result<(FirstOf, Draft), SpecError> {
    let refuse = |kind, what: String, mend: &str| Err(SpecError::new(kind, c.name(), what, mend));
    if alternatives.is_empty() {
        let what = "there is nothing to choose from".to_owned();
        return refuse(SpecErrorKind::Empty, what, "name at least one frame");
    }
    let (mut names, mut plans) = (Vec::new(), Vec::new());
    for alternative in alternatives {
        let name = &alternative.name;
        if name.is_empty() || names.contains(name) {
            let what = format!("the name `{name}` is empty or stands twice");
            return refuse(SpecErrorKind::BadName, what, "names are unique");
        }
        nested::refuse_empty(c, &alternative.fields)?;
        names.push(name.clone());
        plans.push(nested::compile(c, "", &alternative.fields)?);
    }
    let draft = nested::draft(&plans);
    Ok((FirstOf { names, plans }, draft))
}

impl FirstOf {
    /// The first frame that reads the bytes to their end.
    fn fitting(&self, frame: &Rebuild<'_>, place: usize) -> Option<&Arc<Plan>> {
        let content = frame.content(place);
        let fits = |plan: &&Arc<Plan>| frame.first_len(plan, place) == Some(content.len());
        self.plans.iter().find(fits)
    }
}

impl FieldKind for FirstOf {
    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        let expected = || format!("it holds one of {} by its name", self.names.join(", "));
        let message = match given {
            Some(Value::Frame(message)) => message,
            Some(value) => return Err(unfit(&part.key, show(value), expected())),
            None => {
                return Err(EncodeError::Missing {
                    name: part.key.clone(),
                });
            }
        };
        let [(name, value)] = message.fields.as_slice() else {
            let given = format!("{} frames", message.fields.len());
            return Err(unfit(&part.key, given, expected()));
        };
        let Some(chosen) = self.names.iter().position(|known| known == name) else {
            return Err(EncodeError::UnknownField {
                name: format!("{}.{name}", part.key),
                known: self.names.clone(),
            });
        };
        let key = format!("{}.{name}", part.key);
        let encoded = nested::one(&self.plans[chosen], &key, value)?;
        // The first one that fits is taken on receipt: it must be this one.
        let ended = !matches!(part.reach, Reach::Nested);
        let reads = |plan: &Arc<Plan>| Machine::new(plan).may_read(&encoded.bytes, ended);
        if let Some(at) = self.plans[..chosen].iter().position(reads) {
            let given = format!("a `{name}` whose bytes are a `{}` as well", self.names[at]);
            return Err(unfit(&part.key, given, "the first that fits is read"));
        }
        Ok(Piece::Nested { encoded, count: 1 })
    }

    fn accept(&self, _content: &[u8]) -> Result<Said, Wrong> {
        Ok(Said::Nothing)
    }

    fn nested(&self) -> Option<&dyn Nested> {
        Some(self)
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        let len = frame.content(place).len();
        if let Some(plan) = self.fitting(frame, place) {
            nested::malformed(plan, str::to_owned, frame, place, len, out);
        }
        if let Some((first, rest)) = frame.content(place).split_first() {
            let content = [&[!first], rest].concat();
            out.push(Candidate {
                name: format!("{}.unknown", frame.plan.parts[place].name),
                about: "The first byte has all bits the other way round.".into(),
                bytes: frame.with(place, &content),
            });
        }
    }
}

impl Nested for FirstOf {
    fn plans(&self) -> &[Arc<Plan>] {
        &self.plans
    }

    fn tries(&self) -> bool {
        true
    }
}

//! The same frame several times.

use std::sync::Arc;

use super::nested::{self, Nested};
use super::{FieldKind, Said};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::{Piece, show, unfit};
use crate::compose::malformed::Candidate;
use crate::compose::plan::{Part, Plan};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::RepeatSpec;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{EncodeError, Encoded, Value};

/// The frame, and how often it may stand.
#[derive(Debug)]
pub(crate) struct Repeat {
    plan: [Arc<Plan>; 1],
    max: usize,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    spec: &RepeatSpec,
) -> Result<(Repeat, Draft), SpecError> {
    nested::refuse_empty(c, &spec.fields)?;
    let plan = nested::compile(c, "[]", &spec.fields)?;
    let refuse = |kind, what: &str, mend: &str| Err(SpecError::new(kind, c.name(), what, mend));
    if plan.min() == 0 {
        let mend = "give it a field of at least 1 byte, such as a length";
        return refuse(
            SpecErrorKind::Empty,
            "the repeated frame may be empty",
            mend,
        );
    }
    if !plan.ends_itself() {
        let mend = "give its last field a length or an `until`";
        return refuse(
            SpecErrorKind::NoExtent,
            "nothing says where one ends and the next begins",
            mend,
        );
    }
    if spec.max == 0 {
        return refuse(
            SpecErrorKind::Empty,
            "it may stand 0 times",
            "allow at least 1",
        );
    }
    let draft = match c.is_counted() {
        true => Draft::Nested { min: 0 },
        false => Draft::Counted,
    };
    let repeat = Repeat {
        plan: [plan],
        max: spec.max,
    };
    Ok((repeat, draft))
}

impl FieldKind for Repeat {
    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        let items = match given {
            Some(Value::List(items)) => items,
            Some(value) => return Err(unfit(&part.key, show(value), "it holds a list of frames")),
            None => {
                return Err(EncodeError::Missing {
                    name: part.key.clone(),
                });
            }
        };
        if items.len() > self.max {
            let expected = format!("it holds at most {}", self.max);
            return Err(unfit(
                &part.key,
                format!("{} frames", items.len()),
                expected,
            ));
        }
        let mut encoded = Encoded::default();
        for (n, item) in items.iter().enumerate() {
            let inner = nested::one(&self.plan[0], &format!("{}[{n}]", part.key), item)?;
            nested::append(&mut encoded, inner, |name| {
                nested::numbered(&part.name, name, n)
            });
        }
        let count = items.len();
        Ok(Piece::Nested { encoded, count })
    }

    fn accept(&self, _content: &[u8]) -> Result<Said, Wrong> {
        Ok(Said::Nothing)
    }

    fn nested(&self) -> Option<&dyn Nested> {
        Some(self)
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        let Some(len) = frame.first_len(&self.plan[0], place) else {
            return;
        };
        let of = &frame.plan.parts[place].name;
        let name = |name: &str| nested::numbered(of, name, 0).to_string();
        nested::malformed(&self.plan[0], name, frame, place, len, out);
    }
}

impl Nested for Repeat {
    fn plans(&self) -> &[Arc<Plan>] {
        &self.plan
    }

    fn repeats(&self) -> Option<usize> {
        Some(self.max)
    }
}

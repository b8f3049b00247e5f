//! What integers mean, however they stand on the wire.

use std::fmt::{Debug, Display};

use super::{FieldKind, Length, Said, Says, Scan};
use crate::compose::compile::{Compiling, RuleDraft};
use crate::compose::encode::{Piece, show, unfit, wire_size};
use crate::compose::malformed::Candidate;
use crate::compose::plan::{Part, Plan};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::{IntRole, Selector};
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{EncodeError, FrameErrorKind, Value};

/// How a number stands on the wire. Displayed as its word in a description.
pub(crate) trait Form: Debug + Display {
    /// The least value.
    fn min(&self) -> i128;

    /// The greatest value.
    fn max(&self) -> i128;

    /// The value of a whole field.
    fn read(&self, content: &[u8]) -> Result<i128, Wrong>;

    /// Appends the bytes of a value that it holds.
    fn write(&self, value: i128, out: &mut Vec<u8>);

    /// As [`FieldKind::scan`], for a form whose bytes say their end.
    fn scan(&self, _bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
        Ok(Scan::End {
            end: from,
            next: from,
        })
    }

    /// What a reader with the other byte order would take the value for.
    fn swapped(&self, _value: i128) -> Option<i128> {
        None
    }

    /// Wrong spellings of a value: the mistake, a sentence about it, the bytes.
    fn misspelt(&self, _value: i128) -> Vec<(&'static str, String, Vec<u8>)> {
        Vec::new()
    }

    /// True where it can be written.
    fn holds(&self, value: i128) -> bool {
        self.min() <= value && value <= self.max()
    }
}

/// What an integer means.
#[derive(Debug)]
pub(crate) enum Role {
    Value { default: Option<i128> },
    Const(i128),
    Size { rule: usize, absent: Option<i128> },
    Count { place: usize },
}

/// A number.
#[derive(Debug)]
pub(crate) struct Number<F> {
    pub(crate) form: F,
    pub(crate) role: Role,
}

pub(crate) fn compile<F: Form>(
    c: &mut Compiling<'_>,
    form: F,
    role: &IntRole,
) -> Result<Number<F>, SpecError> {
    let name = c.name();
    let fits = |word: &str, value: i128| {
        if form.holds(value) {
            return Ok(());
        }
        let what = format!("the {word} {value} does not fit into {form}");
        let mend = format!("it holds {} to {}", form.min(), form.max());
        Err(SpecError::new(SpecErrorKind::OutOfRange, name, what, mend))
    };
    let role = match role {
        IntRole::Value { default } => {
            default.map_or(Ok(()), |value| fits("default", value))?;
            Role::Value { default: *default }
        }
        IntRole::Id {} => Role::Value { default: Some(0) },
        IntRole::Const(value) => {
            fits("constant", *value)?;
            Role::Const(*value)
        }
        IntRole::SizeOf {
            fields,
            adjust,
            absent,
        } => {
            absent.map_or(Ok(()), |value| fits("value for none", value))?;
            let members = c.names.places(c.place, "size_of", fields)?;
            let rule = c.rule(RuleDraft {
                members,
                adjust: *adjust,
                absent: absent.is_some(),
                ..RuleDraft::of(c.place)
            });
            Role::Size {
                rule,
                absent: *absent,
            }
        }
        IntRole::CountOf(field) => {
            let list = std::slice::from_ref(field);
            let places = c.names.later_places(c.place, "count_of", list)?;
            let place = places.first().copied().unwrap_or_default();
            c.count(place)?;
            Role::Count { place }
        }
    };
    Ok(Number { form, role })
}

impl<F: Form> Number<F> {
    fn unfit(&self, name: &str, value: i128, why: &str) -> EncodeError {
        let form = &self.form;
        let expected = format!("{form} holds {} to {}{why}", form.min(), form.max());
        unfit(name, value.to_string(), expected)
    }

    /// The value, where it follows from other fields.
    fn computed(&self, plan: &Plan, pieces: &[Piece<'_>]) -> Option<i128> {
        match self.role {
            Role::Value { .. } | Role::Const(_) => None,
            Role::Count { place } => Some(pieces[place].count() as i128),
            Role::Size { rule, absent } => {
                let rule = &plan.rules[rule];
                if let (Some(value), [member]) = (absent, rule.members.as_slice())
                    && matches!(pieces[*member], Piece::Absent)
                {
                    return Some(value);
                }
                let sizes = rule.members.iter();
                let sizes = sizes.map(|&member| wire_size(plan, pieces, member) as i128);
                Some(sizes.sum::<i128>() + rule.adjust)
            }
        }
    }
}

impl<F: Form> FieldKind for Number<F> {
    fn is_settable(&self) -> bool {
        matches!(self.role, Role::Value { .. })
    }

    fn has_default(&self) -> bool {
        !matches!(self.role, Role::Value { default: None })
    }

    fn fixed_because(&self) -> &'static str {
        match self.role {
            Role::Size { .. } => "it is computed from the fields that it covers, leave it out",
            Role::Count { .. } => "it is counted, leave it out",
            Role::Value { .. } | Role::Const(_) => "it is constant, leave it out",
        }
    }

    fn piece<'m>(
        &'m self,
        part: &Part,
        given: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        match (&self.role, given) {
            (Role::Const(value), _) => Ok(Piece::Number(*value)),
            // The least of each form, so that sizes only grow while they are computed.
            (Role::Size { .. } | Role::Count { .. }, _) => Ok(Piece::Number(0)),
            (Role::Value { .. }, Some(Value::Int(value))) if self.form.holds(*value) => {
                Ok(Piece::Number(*value))
            }
            (Role::Value { .. }, Some(Value::Int(value))) => Err(self.unfit(&part.key, *value, "")),
            (Role::Value { .. }, Some(value)) => {
                Err(unfit(&part.key, show(value), "it holds an integer"))
            }
            (
                Role::Value {
                    default: Some(value),
                },
                None,
            ) => Ok(Piece::Number(*value)),
            (Role::Value { default: None }, None) => Err(EncodeError::Missing {
                name: part.key.clone(),
            }),
        }
    }

    fn count(
        &self,
        plan: &Plan,
        pieces: &mut [Piece<'_>],
        place: usize,
    ) -> Result<bool, EncodeError> {
        let Some(value) = self.computed(plan, pieces) else {
            return Ok(false);
        };
        let name = &plan.parts[place].key;
        if !self.form.holds(value) {
            let amount = match (&self.role, value < self.form.min()) {
                (Role::Count { .. }, _) => ": there are too many",
                (_, true) => ": the fields that it covers are too short",
                (_, false) => ": the fields that it covers are too long",
            };
            return Err(self.unfit(name, value, amount));
        }
        if let Role::Size { rule, absent } = self.role
            && absent == Some(value)
            && let [member] = plan.rules[rule].members.as_slice()
            && !matches!(pieces[*member], Piece::Absent)
        {
            let why = format!(
                "{value} says that `{}` is not there",
                plan.parts[*member].key
            );
            return Err(unfit(name, value.to_string(), why));
        }
        let before = wire_size(plan, pieces, place);
        pieces[place] = Piece::Number(value);
        Ok(wire_size(plan, pieces, place) != before)
    }

    #[inline]
    fn accept(&self, content: &[u8]) -> Result<Said, Wrong> {
        let value = self.form.read(content)?;
        match self.role {
            Role::Value { .. } => Ok(Said::Nothing),
            Role::Size { rule, absent } => {
                let says = match absent {
                    Some(none) if none == value => Says::Absent,
                    _ => Says::Value(value),
                };
                Ok(Said::Length(Length { rule, says, at: 0 }))
            }
            Role::Count { place } => Ok(Said::Count { place, value }),
            Role::Const(expected) if value == expected => Ok(Said::Nothing),
            Role::Const(expected) => Err(Wrong {
                kind: FrameErrorKind::BadConst,
                at: 0,
                what: format!("the value is {value}, it must be {expected}"),
            }),
        }
    }

    #[inline]
    fn scan(&self, bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
        self.form.scan(bytes, from)
    }

    fn length_rule(&self) -> Option<usize> {
        match self.role {
            Role::Size { rule, .. } => Some(rule),
            _ => None,
        }
    }

    fn write_number(&self, value: i128, out: &mut Vec<u8>) {
        self.form.write(value, out);
    }

    fn selector(&self, content: &[u8]) -> Selector {
        // A field that was accepted is well formed.
        Selector::Int(self.form.read(content).unwrap_or_default())
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
        let name = &frame.plan.parts[place].name;
        let form = &self.form;
        let Ok(value) = form.read(frame.content(place)) else {
            return;
        };
        // The other bytes stay as they are: only this number lies.
        let mut candidate = |mistake: &str, about: String, word: &[u8]| {
            let mut bytes = frame.bytes.to_vec();
            let start = frame.starts[place];
            bytes.splice(
                start..start + frame.content(place).len(),
                word.iter().copied(),
            );
            out.push(Candidate {
                name: format!("{name}.{mistake}"),
                about,
                bytes,
            });
        };
        let mut tried = vec![value];
        let mut wrong = |mistake: &str, value: i128, about: String| {
            if form.holds(value) && !tried.contains(&value) {
                tried.push(value);
                let mut word = Vec::new();
                form.write(value, &mut word);
                candidate(mistake, about, &word);
            }
        };
        match self.role {
            Role::Value { .. } => {}
            Role::Const(expected) => {
                let other = expected + if expected == form.max() { -1 } else { 1 };
                let about = format!("The constant {expected} is {other}.");
                wrong("wrong", other, about);
            }
            Role::Size { .. } => lengths(form, value, frame, wrong),
            Role::Count { .. } => {
                wrong("negative", -1, "The count is -1.".into());
                let max = form.max();
                wrong("max", max, format!("The count is {max}, the greatest."));
                let more = format!("The count is {}, and {value} is right.", value + 1);
                wrong("one_more", value + 1, more);
                let less = format!("The count is {}, and {value} is right.", value - 1);
                wrong("one_less", value - 1, less);
            }
        }
        for (mistake, about, word) in form.misspelt(value) {
            candidate(mistake, about, &word);
        }
    }
}

/// The lies of a length.
fn lengths<F: Form>(
    form: &F,
    value: i128,
    frame: &Rebuild<'_>,
    mut wrong: impl FnMut(&str, i128, String),
) {
    wrong("zero", 0, "The length is 0.".into());
    wrong("negative", -1, "The length is -1.".into());
    let (min, max) = (form.min(), form.max());
    wrong("min", min, format!("The length is {min}, the least."));
    wrong("max", max, format!("The length is {max}, the greatest."));
    let over = frame.plan.limits.frame as i128 + 1;
    let about = format!("The length is {over}, above the frame limit.");
    wrong("over_limit", over, about);
    if let Some(swapped) = form.swapped(value) {
        let about =
            format!("The length {value} stands in the other byte order and reads {swapped}.");
        wrong("byte_swapped", swapped, about);
    }
    let about = format!("The length is {}, and {value} is right.", value - 1);
    wrong("short_by_one", value - 1, about);
    let total = frame.bytes.len();
    let about =
        format!("The length claims a byte that never comes after the {total} of the frame.");
    wrong("long_by_one", value + 1, about);
}

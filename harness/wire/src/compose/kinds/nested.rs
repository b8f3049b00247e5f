//! What the kinds with frames inside have in common.

use std::sync::Arc;

use crate::compose::compile::{Compiling, Draft, plan};
use crate::compose::encode::{Piece, encode, show, unfit};
use crate::compose::malformed::{Candidate, mistakes};
use crate::compose::plan::{Part, Plan};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::Selector;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{EncodeError, Encoded, Field, FieldSpec, Message, Value};

/// Frames inside a field.
pub(crate) trait Nested {
    /// All frames that can stand there.
    fn plans(&self) -> &[Arc<Plan>];

    /// The field by whose value one of them is chosen.
    fn on(&self) -> Option<usize> {
        None
    }

    /// The frame that the value chooses. Without a field to choose by, the first.
    fn choose(&self, _value: Option<&Selector>) -> Result<usize, Wrong> {
        Ok(0)
    }

    /// The most times that the frame stands, where it may stand more than once.
    fn repeats(&self) -> Option<usize> {
        None
    }

    /// True where the next frame is tried when the bytes do not fit one.
    fn tries(&self) -> bool {
        false
    }
}

/// Compiles a frame inside a field, which belongs to `suffix` of it. Errors name their field by
/// its path.
pub(super) fn compile(
    c: &Compiling<'_>,
    suffix: &str,
    fields: &[FieldSpec],
) -> Result<Arc<Plan>, SpecError> {
    if c.depth == 0 {
        let what = format!("frames are nested more than {} levels deep", c.limits.depth);
        let mend = "describe less, or raise the limit";
        return Err(SpecError::new(
            SpecErrorKind::TooLarge,
            c.name(),
            what,
            mend,
        ));
    }
    let path = format!("{}{}{suffix}.", c.prefix, c.name());
    let plan = plan(c.name(), &path, fields, c.limits, c.depth - 1);
    plan.map(Arc::new).map_err(|mut error| {
        if error.field != c.name() {
            error.field = format!("{}.{}", c.name(), error.field);
        }
        error
    })
}

/// Where a field ends that holds one of these frames.
pub(super) fn draft(plans: &[Arc<Plan>]) -> Draft {
    let min = plans.iter().map(|plan| plan.min()).min().unwrap_or(0);
    let first = plans.first().and_then(|plan| plan.fixed());
    match first {
        Some(size) if size > 0 && plans.iter().all(|plan| plan.fixed() == Some(size)) => {
            Draft::Fixed(size)
        }
        _ if plans.iter().all(|plan| plan.ends_itself()) => Draft::Nested { min },
        _ => Draft::Counted,
    }
}

/// A frame without fields, where a frame must have some.
pub(super) fn refuse_empty(c: &Compiling<'_>, fields: &[FieldSpec]) -> Result<(), SpecError> {
    if !fields.is_empty() {
        return Ok(());
    }
    let (what, mend) = ("the frame inside has no field", "give it one");
    Err(SpecError::new(
        SpecErrorKind::NoFields,
        c.name(),
        what,
        mend,
    ))
}

/// The frame inside, from the message that a message gives.
pub(super) fn piece<'m>(
    plan: &Plan,
    part: &Part,
    given: Option<&Value>,
) -> Result<Piece<'m>, EncodeError> {
    let encoded = match given {
        Some(value) => one(plan, &part.key, value)?,
        None if plan.has_default() => within(&part.key, encode(plan, &Message::default()))?,
        None => {
            return Err(EncodeError::Missing {
                name: part.key.clone(),
            });
        }
    };
    Ok(Piece::Nested { encoded, count: 1 })
}

/// One frame inside the field `key`.
pub(super) fn one(plan: &Plan, key: &str, value: &Value) -> Result<Encoded, EncodeError> {
    match value {
        Value::Frame(message) => within(key, encode(plan, message)),
        value => Err(unfit(
            key,
            show(value),
            "it holds a frame: its fields by name",
        )),
    }
}

/// An error that names a field inside `key` by its path.
pub(super) fn within<T>(key: &str, result: Result<T, EncodeError>) -> Result<T, EncodeError> {
    result.map_err(|error| match error {
        EncodeError::UnknownField { name, known } => EncodeError::UnknownField {
            name: format!("{key}.{name}"),
            known,
        },
        EncodeError::Missing { name } => EncodeError::Missing {
            name: format!("{key}.{name}"),
        },
        EncodeError::Unfit {
            name,
            given,
            expected,
        } => EncodeError::Unfit {
            name: format!("{key}.{name}"),
            given,
            expected,
        },
    })
}

/// The name of a field in the item `n` of the repeated field whose full name is `of`. Inside the
/// plan it stands without a number: `of[].field`.
pub(crate) fn numbered(of: &str, name: &str, n: usize) -> Arc<str> {
    let rest = name.get(of.len() + 2..).unwrap_or_default();
    format!("{of}[{n}]{rest}").into()
}

/// Appends a frame's bytes and fields.
pub(crate) fn append(encoded: &mut Encoded, inner: Encoded, name: impl Fn(&Arc<str>) -> Arc<str>) {
    let base = encoded.bytes.len();
    encoded.bytes.extend_from_slice(&inner.bytes);
    encoded.fields.extend(inner.fields.into_iter().map(|field| {
        let ranges = field.ranges.into_iter();
        let ranges = ranges.map(|range| range.start + base..range.end + base);
        Field {
            name: name(&field.name),
            ranges: ranges.collect(),
        }
    }));
}

/// Mistakes in the frame that stands at the beginning of the field.
pub(super) fn malformed(
    plan: &Arc<Plan>,
    name: impl Fn(&str) -> String,
    frame: &Rebuild<'_>,
    place: usize,
    len: usize,
    out: &mut Vec<Candidate>,
) {
    let (inner, rest) = frame.content(place).split_at(len);
    for wrong in mistakes(plan, inner).into_iter().flatten() {
        out.push(Candidate {
            name: name(&wrong.name),
            about: wrong.about,
            bytes: frame.with(place, &[&wrong.bytes, rest].concat()),
        });
    }
}

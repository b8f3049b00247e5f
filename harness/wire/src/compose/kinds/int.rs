//! Integers: numbers, constants and lengths.

use crate::compose::compile::RuleDraft;
use crate::compose::malformed::Candidate;
use crate::compose::names::Names;
use crate::compose::plan::{Content, Role};
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::IntRole;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::{Encoded, IntType};

pub(crate) fn compile(
    names: &Names<'_>,
    place: usize,
    int: IntType,
    role: &IntRole,
    rules: &mut Vec<RuleDraft>,
) -> Result<Content, SpecError> {
    let name = names.0[place];
    if !int.is_valid() {
        let what = format!("the integer is {} bytes wide", int.width);
        return Err(SpecError::new(
            SpecErrorKind::BadWidth,
            name,
            what,
            "1 to 8 bytes are",
        ));
    }
    let fits = |word: &str, value: i128| {
        if int.holds(value) {
            return Ok(());
        }
        let what = format!("the {word} {value} does not fit into {int}");
        let mend = format!("it holds {} to {}", int.min(), int.max());
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
        IntRole::SizeOf { fields, adjust } => {
            let members = names.places(place, "size_of", fields)?;
            rules.push(RuleDraft {
                owner: place,
                members,
                adjust: *adjust,
            });
            Role::Size {
                rule: rules.len() - 1,
            }
        }
    };
    Ok(Content::Int { int, role })
}

pub(crate) fn malformed(
    frame: &Rebuild<'_>,
    place: usize,
    int: IntType,
    role: &Role,
    valid: &Encoded,
    out: &mut Vec<Candidate>,
) {
    let name = &frame.plan.parts[place].name;
    let value = int.read(frame.content(place));
    let mut tried = vec![value];
    let mut candidate = |mistake: &str, value: i128, about: String| {
        if !int.holds(value) || tried.contains(&value) {
            return;
        }
        tried.push(value);
        // The other bytes stay as they are: only this integer lies.
        let mut bytes = valid.bytes.clone();
        let mut word = Vec::new();
        int.write(value, &mut word);
        let start = frame.starts[place];
        bytes.splice(start..start + word.len(), word);
        out.push(Candidate {
            name: format!("{name}.{mistake}"),
            about,
            bytes,
        });
    };
    match role {
        Role::Value { .. } => {}
        Role::Const(expected) => {
            let wrong = if *expected == int.max() {
                expected - 1
            } else {
                expected + 1
            };
            candidate(
                "wrong",
                wrong,
                format!("The constant {expected} is {wrong}."),
            );
        }
        Role::Size { .. } => {
            let mut swapped = Vec::new();
            int.write(value, &mut swapped);
            let swapped = int.swapped().read(&swapped);
            let over = frame.plan.limits.frame as i128 + 1;
            let total = valid.bytes.len();
            candidate("zero", 0, "The length is 0.".into());
            candidate("negative", -1, "The length is -1.".into());
            candidate(
                "min",
                int.min(),
                format!("The length is {}, the least.", int.min()),
            );
            candidate(
                "max",
                int.max(),
                format!("The length is {}, the greatest.", int.max()),
            );
            candidate(
                "over_limit",
                over,
                format!("The length is {over}, above the frame limit."),
            );
            candidate(
                "byte_swapped",
                swapped,
                format!("The length {value} stands in the other byte order and reads {swapped}."),
            );
            candidate(
                "short_by_one",
                value - 1,
                format!("The length is {}, and {value} is right.", value - 1),
            );
            candidate(
                "long_by_one",
                value + 1,
                format!(
                    "The length claims a byte that never comes after the {total} of the frame."
                ),
            );
        }
    }
}

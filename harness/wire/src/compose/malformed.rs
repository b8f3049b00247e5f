//! Frames that are wrong on purpose.

use std::sync::Arc;

use super::kinds::{constant, int, json, text};
use super::machine::Machine;
use super::plan::{Content, Plan, Reach};
use super::rebuild::Rebuild;
use crate::candidate::{OVERLONG, only_wrong, truncated};
use crate::terminator::Terminator;
use crate::{Encoded, Malformed};

pub(crate) use crate::candidate::Candidate;

/// All frames that are wrong in one way, made from a valid one.
pub(crate) fn malformed(plan: &Arc<Plan>, valid: &Encoded) -> Vec<Malformed> {
    let Some(frame) = Rebuild::new(plan, valid) else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    for (place, part) in plan.parts.iter().enumerate() {
        match &part.content {
            Content::Int { int, role } => {
                int::malformed(&frame, place, *int, role, valid, &mut candidates);
            }
            Content::Const(_) => constant::malformed(&frame, place, &mut candidates),
            Content::Bytes => {}
            Content::Text => text::malformed(&frame, place, &mut candidates),
            Content::Json { size, digest } => json::malformed(
                &frame,
                place,
                size.as_ref(),
                digest.as_ref(),
                &mut candidates,
            ),
        }
        if let Reach::Until(terminator) = &part.reach {
            unterminated(&frame, place, terminator, &mut candidates);
        }
    }
    truncated(valid, &mut candidates);
    only_wrong(candidates, || vec![Box::new(Machine::new(plan))])
}

fn unterminated(
    frame: &Rebuild<'_>,
    place: usize,
    terminator: &Terminator,
    candidates: &mut Vec<Candidate>,
) {
    let name = &terminator.name;
    let content = frame.content(place);
    let start = frame.starts[place];
    let before = &frame.with(place, content)[..start + content.len()];
    candidates.push(Candidate {
        name: format!("{name}.missing"),
        about: format!(
            "The stream ends after `{}`, before its terminator.",
            frame.plan.parts[place].name
        ),
        bytes: before.to_vec(),
    });
    if terminator.len() > 1 {
        candidates.push(Candidate {
            name: format!("{name}.cut"),
            about: "The stream ends inside the terminator.".into(),
            bytes: [before, &terminator.bytes[..1]].concat(),
        });
    }
    let limits = frame.plan.limits;
    let header = frame.plan.parts[place].header;
    let limit = if header {
        limits.header.min(limits.frame)
    } else {
        limits.frame
    };
    let filler = (0..=u8::MAX)
        .rev()
        .find(|byte| byte.is_ascii_lowercase() && !terminator.bytes.contains(byte));
    if let (true, Some(filler)) = (limit <= OVERLONG, filler) {
        let mut bytes = before[..start].to_vec();
        bytes.resize(limit.max(start) + 1, filler);
        candidates.push(Candidate {
            name: format!("{}.over_limit", frame.plan.parts[place].name),
            about: format!("More than {limit} bytes, the limit, come without a terminator."),
            bytes,
        });
    }
}

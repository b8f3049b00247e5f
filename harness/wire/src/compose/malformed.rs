//! Frames that are wrong on purpose.

use std::sync::Arc;

use super::machine::Machine;
use super::plan::{Plan, Reach};
use super::rebuild::Rebuild;
use crate::candidate::{OVERLONG, only_wrong, truncated};
use crate::terminator::Terminator;
use crate::{Encoded, Malformed};

pub(crate) use crate::candidate::Candidate;

/// All frames that are wrong in one way, made from a valid one.
pub(crate) fn malformed(plan: &Arc<Plan>, valid: &Encoded) -> Vec<Malformed> {
    let Some(mut candidates) = mistakes(plan, &valid.bytes) else {
        return Vec::new();
    };
    truncated(valid, &mut candidates);
    only_wrong(candidates, || vec![Box::new(Machine::new(plan))])
}

/// Frames that may be wrong, each in one field. None where the bytes are no valid frame.
pub(crate) fn mistakes(plan: &Arc<Plan>, valid: &[u8]) -> Option<Vec<Candidate>> {
    let frame = Rebuild::new(plan, valid)?;
    let mut candidates = Vec::new();
    for (place, part) in plan.parts.iter().enumerate() {
        part.content
            .kind()
            .malformed(&frame, place, &mut candidates);
        if let Reach::Until { terminator, .. } = &part.reach {
            unterminated(&frame, place, terminator, &mut candidates);
        }
    }
    Some(candidates)
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

//! Frames that are wrong on purpose.

use std::sync::Arc;

use super::machine::Machine;
use super::plan::{Plan, Reach};
use super::rebuild::Rebuild;
use crate::terminator::Terminator;
use crate::{Decoder as _, Encoded, Frame, Malformed, Progress};

/// Limits up to this many bytes are worth a frame that exceeds them byte by byte.
const OVERLONG: usize = 1 << 20;

/// A mistake before it is known that no valid frame comes out of it.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) bytes: Vec<u8>,
}

/// All frames that are wrong in one way, made from a valid one. What a decoder would take for a
/// valid frame, with or without bytes left over, is no mistake and is left out: a shorter length
/// before a body is just a shorter message.
pub(crate) fn malformed(plan: &Arc<Plan>, valid: &Encoded) -> Vec<Malformed> {
    let Some(mut candidates) = mistakes(plan, &valid.bytes) else {
        return Vec::new();
    };
    truncated(valid, &mut candidates);
    let wrong = candidates
        .into_iter()
        .filter(|candidate| is_wrong(plan, &candidate.bytes));
    wrong
        .map(|Candidate { name, about, bytes }| Malformed { name, about, bytes })
        .collect()
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

/// True where the bytes, followed by the end of the stream, never become a frame.
fn is_wrong(plan: &Arc<Plan>, bytes: &[u8]) -> bool {
    let (mut machine, mut frame) = (Machine::new(plan), Frame::default());
    match machine.decode(bytes, &mut frame) {
        Err(_) => true,
        Ok(Progress::Frame) => false,
        Ok(Progress::NeedMore { .. }) => machine.end(bytes, &mut frame).is_err(),
    }
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

fn truncated(valid: &Encoded, candidates: &mut Vec<Candidate>) {
    for field in &valid.fields {
        let Some(range) = field.ranges.iter().find(|range| !range.is_empty()) else {
            continue;
        };
        let end = range.start + range.len() / 2;
        let Some(bytes) = valid.bytes.get(..end) else {
            continue;
        };
        let about = match range.len() / 2 {
            0 => format!("The stream ends before `{}`.", field.name),
            half => format!(
                "The stream ends after {half} of {} bytes of `{}`.",
                range.len(),
                field.name
            ),
        };
        let name = format!("frame.truncated_in_{}", field.name);
        candidates.push(Candidate {
            name,
            about,
            bytes: bytes.to_vec(),
        });
    }
}

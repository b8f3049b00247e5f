//! What no message says: sizes, lengths and digests.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use super::encode::{Piece, check_extent, unfit};
use super::plan::{Content, Part, Plan, Reach, Role};
use crate::{EncodeError, json};

pub(super) fn write_json(
    plan: &Plan,
    pieces: &mut [Piece<'_>],
    place: usize,
) -> Result<(), EncodeError> {
    let part = &plan.parts[place];
    let Content::Json { size, digest } = &part.content else {
        return Ok(());
    };
    let covered = size.as_ref().map(|size| {
        let members = plan.rules[size.rule].members.iter();
        (
            &size.key,
            members
                .map(|&member| wire_size(plan, pieces, member))
                .sum::<usize>(),
        )
    });
    let Piece::Json { object, text } = &mut pieces[place] else {
        return Ok(());
    };
    let computed = [
        covered.map(|(key, _)| key),
        digest.as_ref().map(|digest| &digest.key),
    ];
    for key in computed.into_iter().flatten() {
        if let Some(value) = object.get(key) {
            let given = format!("the key `{key}` with {}", json::shorten(&value.to_string()));
            return Err(unfit(
                &part.name,
                given,
                "that key is computed, leave it out",
            ));
        }
    }
    if let Some((key, covered)) = covered {
        object.insert(key.clone(), Json::from(covered));
    }
    if let Some(digest) = digest {
        let blank = "0".repeat(digest.algorithm.size() * 2);
        object.insert(digest.key.clone(), Json::String(blank));
    }
    *text = print(object);
    check_extent(part, text.as_bytes())
}

fn print(object: &Map<String, Json>) -> String {
    // A map with text keys always prints: its writer is a string, its values are plain.
    serde_json::to_string(object).unwrap_or_default()
}

pub(super) fn write_lengths(plan: &Plan, pieces: &mut [Piece<'_>]) -> Result<(), EncodeError> {
    for place in 0..pieces.len() {
        let part = &plan.parts[place];
        let Content::Int {
            int,
            role: Role::Size { rule },
        } = &part.content
        else {
            continue;
        };
        let rule = &plan.rules[*rule];
        let sizes = rule
            .members
            .iter()
            .map(|&member| wire_size(plan, pieces, member) as i128);
        let value = sizes.sum::<i128>() + rule.adjust;
        if !int.holds(value) {
            let expected = format!(
                "{int} holds {} to {}: the fields that it covers are too {}",
                int.min(),
                int.max(),
                if value < int.min() { "short" } else { "long" }
            );
            return Err(unfit(&part.name, value.to_string(), expected));
        }
        pieces[place] = Piece::Int(value);
    }
    Ok(())
}

pub(super) fn write_digest(plan: &Plan, pieces: &mut [Piece<'_>], place: usize) {
    let Content::Json {
        digest: Some(digest),
        ..
    } = &plan.parts[place].content
    else {
        return;
    };
    let members = digest.members.iter();
    let contents: Vec<Cow<'_, [u8]>> = members.map(|&m| content(plan, pieces, m)).collect();
    let hex = digest.algorithm.hex(contents.iter().map(AsRef::as_ref));
    if let Piece::Json { object, text } = &mut pieces[place] {
        object.insert(digest.key.clone(), Json::String(hex));
        *text = print(object);
    }
}

/// The size of a field with its terminator.
pub(super) fn wire_size(plan: &Plan, pieces: &[Piece<'_>], place: usize) -> usize {
    let end = match &plan.parts[place].reach {
        Reach::Fixed(size) => return *size,
        Reach::Until(terminator) => terminator.len(),
        Reach::Counted(_) | Reach::Rest => 0,
    };
    end + match &pieces[place] {
        Piece::Bytes(bytes) => bytes.len(),
        Piece::Json { text, .. } => text.len(),
        Piece::Int(_) => 0,
    }
}

/// The bytes of a field, without a copy where they lie in the message.
fn content<'a>(plan: &Plan, pieces: &'a [Piece<'_>], place: usize) -> Cow<'a, [u8]> {
    match &pieces[place] {
        Piece::Bytes(bytes) => Cow::Borrowed(bytes),
        piece => {
            let mut out = Vec::new();
            write(&plan.parts[place], piece, &mut out);
            Cow::Owned(out)
        }
    }
}

pub(super) fn write(part: &Part, piece: &Piece<'_>, out: &mut Vec<u8>) {
    match (piece, &part.content) {
        (Piece::Bytes(bytes), _) => out.extend_from_slice(bytes),
        (Piece::Json { text, .. }, _) => out.extend_from_slice(text.as_bytes()),
        (Piece::Int(value), Content::Int { int, .. }) => int.write(*value, out),
        // Only integer fields have integer pieces.
        (Piece::Int(_), _) => {}
    }
}

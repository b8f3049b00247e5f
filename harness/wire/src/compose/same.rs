//! Whether two encodings of a frame say the same.

use super::plan::Plan;
use crate::{Encoded, Field, Frame};

/// Compares `frame`, found in `got`, with `want`, field by field. A field of a kind that may be
/// written in several ways is compared as its kind has it, a length not at all.
pub(crate) fn same(plan: &Plan, want: &Encoded, got: &[u8], frame: &Frame) -> bool {
    if want.bytes == got {
        return true;
    }
    let names = |fields: &[Field]| fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>();
    names(&want.fields) == names(&frame.fields)
        && want
            .fields
            .iter()
            .zip(&frame.fields)
            .all(|(wanted, found)| {
                let (wanted_bytes, found_bytes) =
                    (content(wanted, &want.bytes), content(found, got));
                let part = plan.parts.iter().find(|part| part.name == wanted.name);
                match part.map(|part| part.content.kind()) {
                    Some(kind) if kind.length_rule().is_some() => true,
                    Some(kind) => kind.says_same(&wanted_bytes, &found_bytes),
                    None => wanted_bytes == found_bytes,
                }
            })
}

/// The bytes of a field, its pieces joined.
fn content(field: &Field, bytes: &[u8]) -> Vec<u8> {
    let pieces = field.ranges.iter().filter_map(|r| bytes.get(r.clone()));
    pieces.flatten().copied().collect()
}

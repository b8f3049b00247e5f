//! UTF-8 text.

use crate::compose::malformed::Candidate;
use crate::compose::rebuild::Rebuild;
use crate::compose::wrong::Wrong;
use crate::{FrameErrorKind, effort};

/// Refuses what is not UTF-8 (RFC 3629).
pub(crate) fn accept(content: &[u8]) -> Result<&str, Wrong> {
    effort::add(content.len());
    std::str::from_utf8(content).map_err(|error| {
        let at = error.valid_up_to();
        let byte = content.get(at).copied().unwrap_or_default();
        let what = match error.error_len() {
            Some(_) => format!("the text is not UTF-8: 0x{byte:02x} cannot stand here"),
            None => format!("the text is not UTF-8: it ends inside a character (0x{byte:02x})"),
        };
        Wrong {
            kind: FrameErrorKind::Malformed,
            at,
            what,
        }
    })
}

pub(crate) fn malformed(frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
    let name = &frame.plan.parts[place].name;
    let content = frame.content(place);
    let mut candidate = |mistake: &str, about: &str, content: Vec<u8>| {
        let bytes = frame.with(place, &content);
        out.push(Candidate {
            name: format!("{name}.{mistake}"),
            about: about.into(),
            bytes,
        });
    };
    if let [_, rest @ ..] = content {
        let content = [&[0xff], rest].concat();
        candidate(
            "not_utf8",
            "The first byte is 0xff, which UTF-8 never uses.",
            content,
        );
    }
    // A fixed size keeps its size: the last bytes give way.
    let kept = content.len().saturating_sub(2);
    let cut = [&content[..kept], &[0xe6, 0x89]].concat();
    candidate(
        "cut_character",
        "The last character lacks its third byte.",
        cut,
    );
}

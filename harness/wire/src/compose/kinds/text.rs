//! UTF-8 text.

use super::{FieldKind, Said, bytes};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::encode::{Piece, unfit};
use crate::compose::malformed::Candidate;
use crate::compose::plan::Part;
use crate::compose::rebuild::Rebuild;
use crate::compose::spec::Extent;
use crate::compose::spec_error::SpecError;
use crate::compose::wrong::Wrong;
use crate::{EncodeError, FrameErrorKind, Value, effort};

/// Bytes that are UTF-8.
#[derive(Debug)]
pub(crate) struct Text;

pub(crate) fn compile(c: &mut Compiling<'_>, extent: &Extent) -> Result<(Text, Draft), SpecError> {
    Ok((Text, c.draft(extent)?))
}

/// Refuses what is not UTF-8 (RFC 3629).
pub(crate) fn check(content: &[u8]) -> Result<&str, Wrong> {
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

impl FieldKind for Text {
    fn piece<'m>(
        &'m self,
        part: &Part,
        value: Option<&'m Value>,
        _before: &[Piece<'m>],
    ) -> Result<Piece<'m>, EncodeError> {
        let bytes = bytes::given(part, value)?;
        check(bytes).map_err(|wrong| {
            let given = format!(
                "{} bytes ({} at byte {})",
                bytes.len(),
                wrong.what,
                wrong.at
            );
            unfit(&part.key, given, "it holds UTF-8 text")
        })?;
        Ok(Piece::Bytes(bytes))
    }

    #[inline]
    fn accept(&self, content: &[u8]) -> Result<Said, Wrong> {
        check(content).map(|_| Said::Nothing)
    }

    fn malformed(&self, frame: &Rebuild<'_>, place: usize, out: &mut Vec<Candidate>) {
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
}

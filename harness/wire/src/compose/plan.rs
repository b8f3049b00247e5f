//! A frame's description after all checks: names turned into places, each field's end known.

use std::sync::Arc;

use super::kinds::Content;
use crate::Limits;
use crate::terminator::Terminator;

/// What decoders and encoders work from. It never changes.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) parts: Vec<Part>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) limits: Limits,
    /// True where the end of the stream may stand for a last terminator.
    pub(crate) final_optional: bool,
}

/// One field.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its name in its own frame.
    pub(crate) key: String,
    /// Its name in the whole: that of each frame around it, a dot, its own.
    pub(crate) name: Arc<str>,
    pub(crate) content: Content,
    pub(crate) reach: Reach,
    /// The fewest bytes that it can take up, its terminator included.
    pub(crate) min: usize,
    /// True where a field of variable size follows: this one belongs to the header.
    pub(crate) header: bool,
    /// The rules that cover this field, other than the one that says where it ends.
    pub(crate) bounds: Vec<usize>,
    /// Its place among the fields that have frames inside.
    pub(crate) nest: Option<usize>,
    /// True where its length can say that it is not there.
    pub(crate) absent: bool,
}

/// Where a field ends.
#[derive(Debug)]
pub(crate) enum Reach {
    /// After so many bytes.
    Fixed(usize),
    /// Where this rule says, once all other fields that it covers are known.
    Counted(usize),
    /// Before this terminator; or where the rule says, if a frame has that length.
    Until {
        terminator: Box<Terminator>,
        told: Option<usize>,
    },
    /// Where its own bytes say, with what stands behind its content.
    Own(Option<Box<Terminator>>),
    /// Where the frame inside ends.
    Nested,
    /// At the end of the input.
    Rest,
}

/// One length: its value less `adjust` is the sum of the members' sizes.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The field that holds the length.
    pub(crate) owner: usize,
    /// The fields that it covers, in the order in which they stand.
    pub(crate) members: Vec<usize>,
    /// All other fields.
    pub(crate) outside: Vec<usize>,
    pub(crate) adjust: i128,
    /// True where no field ends by this rule, so that it has to be checked at the end.
    pub(crate) check: bool,
}

impl Part {
    /// True where the field's size differs between frames.
    pub(crate) fn is_variable(&self) -> bool {
        !matches!(self.reach, Reach::Fixed(_))
    }

    /// What stands behind its content.
    pub(crate) fn terminator(&self) -> Option<&Terminator> {
        match &self.reach {
            Reach::Until { terminator, .. } | Reach::Own(Some(terminator)) => Some(terminator),
            _ => None,
        }
    }
}

impl Plan {
    /// The place of the field of that name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.parts.iter().position(|part| part.key == name)
    }

    /// The names of the fields that a message may set.
    pub(crate) fn settable(&self) -> Vec<String> {
        let open = self
            .parts
            .iter()
            .filter(|part| part.content.kind().is_settable());
        open.map(|part| part.key.clone()).collect()
    }

    /// The fewest bytes of a frame.
    pub(crate) fn min(&self) -> usize {
        let sizes = self.parts.iter().map(|part| part.min);
        sizes.fold(0, usize::saturating_add)
    }

    /// The size of every frame, where it is one.
    pub(crate) fn fixed(&self) -> Option<usize> {
        let variable = self.parts.iter().any(Part::is_variable);
        (!variable).then(|| self.min())
    }

    /// True where the bytes of a frame say where it ends.
    pub(crate) fn ends_itself(&self) -> bool {
        let rest = |part: &Part| matches!(part.reach, Reach::Rest);
        !self.parts.iter().any(rest)
    }

    /// True where a message may say nothing at all.
    pub(crate) fn has_default(&self) -> bool {
        let default = |part: &Part| part.absent || part.content.kind().has_default();
        self.parts.iter().all(default)
    }
}

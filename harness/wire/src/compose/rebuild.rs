//! A valid frame taken apart and put together again with one field replaced.

use std::sync::Arc;

use super::machine::Machine;
use super::plan::Plan;
use super::sizes::Span;

/// The contents of a valid frame's fields.
pub(crate) struct Rebuild<'a> {
    pub(crate) plan: &'a Plan,
    /// The frame.
    pub(crate) bytes: &'a [u8],
    spans: Vec<Span>,
    /// The offset of each field.
    pub(crate) starts: Vec<usize>,
}

impl<'a> Rebuild<'a> {
    /// None if the bytes are not one of this plan's frames.
    pub(crate) fn new(plan: &'a Arc<Plan>, bytes: &'a [u8]) -> Option<Self> {
        let spans = Machine::new(plan).spans(bytes)?;
        Some(Self {
            plan,
            bytes,
            starts: spans.iter().map(|span| span.start).collect(),
            spans,
        })
    }

    pub(crate) fn content(&self, place: usize) -> &'a [u8] {
        let span = self.spans[place];
        &self.bytes[span.start..span.end]
    }

    /// How many bytes of a field the first frame of this plan takes up.
    pub(crate) fn first_len(&self, plan: &Arc<Plan>, place: usize) -> Option<usize> {
        Machine::new(plan).first_len(self.content(place))
    }

    /// The frame with another content in the field `place`. Numbers that hold sizes follow, as far
    /// as they can; sizes and digests in texts stay as they were.
    pub(crate) fn with(&self, place: usize, content: &[u8]) -> Vec<u8> {
        let content_of = |at: usize| {
            if at == place {
                content
            } else {
                self.content(at)
            }
        };
        let end = |at: usize| &self.bytes[self.spans[at].end..self.spans[at].next];
        let mut out = Vec::new();
        for (at, part) in self.plan.parts.iter().enumerate() {
            let kind = part.content.kind();
            let length = kind.length_rule().filter(|_| at != place).and_then(|rule| {
                let rule = &self.plan.rules[rule];
                // A length that says that its field is not there stays.
                if rule
                    .members
                    .iter()
                    .all(|&member| content_of(member) == self.content(member))
                {
                    return None;
                }
                let sizes = rule.members.iter();
                let sizes = sizes.map(|&m| (content_of(m).len() + end(m).len()) as i128);
                Some(kind.number(sizes.sum::<i128>() + rule.adjust))
            });
            match length {
                Some(word) => out.extend(word),
                None => out.extend_from_slice(content_of(at)),
            }
            out.extend_from_slice(end(at));
        }
        out
    }
}

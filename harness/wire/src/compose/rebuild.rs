//! A valid frame taken apart and put together again with one field replaced.

use super::plan::{Content, Plan, Reach, Role};
use crate::Encoded;

/// The contents of a valid frame's fields.
pub(crate) struct Rebuild<'a> {
    pub(crate) plan: &'a Plan,
    contents: Vec<&'a [u8]>,
    /// The offset of each field.
    pub(crate) starts: Vec<usize>,
}

impl<'a> Rebuild<'a> {
    /// None if the frame is not one of this plan's.
    pub(crate) fn new(plan: &'a Plan, valid: &'a Encoded) -> Option<Self> {
        let mut contents = Vec::with_capacity(plan.parts.len());
        let mut starts = Vec::with_capacity(plan.parts.len());
        for part in &plan.parts {
            let field = valid.fields.iter().find(|field| field.name == part.name)?;
            let range = field.ranges.first()?;
            contents.push(valid.bytes.get(range.clone())?);
            starts.push(range.start);
        }
        Some(Self {
            plan,
            contents,
            starts,
        })
    }

    pub(crate) fn content(&self, place: usize) -> &'a [u8] {
        self.contents[place]
    }

    /// The frame with another content in the field `place`. Integers that hold sizes follow, as
    /// far as they can; sizes and digests in JSON stay as they were.
    pub(crate) fn with(&self, place: usize, content: &[u8]) -> Vec<u8> {
        let content_of = |at: usize| {
            if at == place {
                content
            } else {
                self.contents[at]
            }
        };
        let size = |at: usize| match &self.plan.parts[at].reach {
            Reach::Until(terminator) => content_of(at).len() + terminator.len(),
            _ => content_of(at).len(),
        };
        let mut out = Vec::new();
        for (at, part) in self.plan.parts.iter().enumerate() {
            match &part.content {
                Content::Int {
                    int,
                    role: Role::Size { rule },
                } if at != place => {
                    let rule = &self.plan.rules[*rule];
                    let sum: i128 = rule
                        .members
                        .iter()
                        .map(|&member| size(member) as i128)
                        .sum();
                    int.write(sum + rule.adjust, &mut out);
                }
                _ => out.extend_from_slice(content_of(at)),
            }
            if let Reach::Until(terminator) = &part.reach {
                out.extend_from_slice(&terminator.bytes);
            }
        }
        out
    }
}

//! Frames that a user describes field by field.

use std::sync::Arc;

use crate::compose::{self, FieldSpec, Machine, Plan, Reach, SpecError};
use crate::{Decoder, EncodeError, Encoded, Framing, Limits, Malformed, Message};

/// A frame made of named fields.
///
/// A frame whose last field runs to the end of the input is complete only when
/// [`Decoder::end`] says so: that is the framing of datagrams.
#[derive(Debug)]
pub struct Composed {
    title: String,
    specs: Vec<FieldSpec>,
    plan: Arc<Plan>,
}

impl Composed {
    /// A frame called `title` by its user, with these fields in this order.
    ///
    /// # Errors
    /// The description is impossible: a field has no end or two, a length names an unknown field,
    /// cannot tell apart what it covers, and so on.
    pub fn new(
        title: impl Into<String>,
        specs: Vec<FieldSpec>,
        limits: Limits,
    ) -> Result<Self, SpecError> {
        let title = title.into();
        let plan = Arc::new(compose::compile(&title, &specs, limits)?);
        Ok(Self { title, specs, plan })
    }

    /// The name that its user gave it.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The frame as it stands in a datagram: without the fields that only streams have, and
    /// without their names in the lists of others.
    ///
    /// # Errors
    /// What is left is impossible, as for [`Composed::new`].
    pub fn for_datagrams(&self) -> Result<Self, SpecError> {
        let left = compose::without_stream_fields(&self.specs);
        Self::new(self.title.clone(), left, self.plan.limits)
    }

    /// Renames the terminator of the only field, and says whether the end of the stream may stand
    /// for the last one.
    pub(super) fn ending_in(mut self, name: &str, final_optional: bool) -> Self {
        if let Some(plan) = Arc::get_mut(&mut self.plan) {
            plan.final_optional = final_optional;
            for part in &mut plan.parts {
                if let Reach::Until { terminator, .. } = &mut part.reach {
                    terminator.name = name.into();
                }
            }
        }
        self
    }
}

impl Framing for Composed {
    fn name(&self) -> &'static str {
        "composed"
    }

    fn settable(&self) -> Vec<String> {
        self.plan.settable()
    }

    fn sole_field(&self) -> Option<String> {
        let mut needed = self
            .plan
            .parts
            .iter()
            .filter(|part| !part.content.kind().has_default());
        match (needed.next(), needed.next()) {
            (Some(part), None) => Some(part.key.clone()),
            _ => None,
        }
    }

    fn specs(&self) -> &[FieldSpec] {
        &self.specs
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(Machine::new(&self.plan))
    }

    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError> {
        compose::encode(&self.plan, message)
    }

    fn malformed(&self, valid: &Encoded) -> Vec<Malformed> {
        compose::malformed(&self.plan, valid)
    }
}

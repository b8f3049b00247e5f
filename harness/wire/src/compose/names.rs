//! Field names turned into places, for the lists in which one field speaks of others.

use super::spec_error::{SpecError, SpecErrorKind};

/// The names of a frame's fields, in order.
pub(crate) struct Names<'a>(pub(crate) Vec<&'a str>);

impl Names<'_> {
    /// The places of the fields in `list`, in its order. `whose` is the field with the list, and
    /// `word` what the list is called.
    pub(crate) fn places(
        &self,
        whose: usize,
        word: &str,
        list: &[String],
    ) -> Result<Vec<usize>, SpecError> {
        let name = self.0[whose];
        if list.is_empty() {
            let what = format!("{word} names no field");
            return Err(SpecError::new(
                SpecErrorKind::Empty,
                name,
                what,
                "name at least one",
            ));
        }
        let mut places = Vec::with_capacity(list.len());
        for member in list {
            let Some(place) = self.0.iter().position(|known| known == member) else {
                let what = format!("{word} names `{member}`, which is no field of this frame");
                let mend = format!("the fields are {}", self.0.join(", "));
                return Err(SpecError::new(
                    SpecErrorKind::UnknownField,
                    name,
                    what,
                    mend,
                ));
            };
            if places.contains(&place) {
                let what = format!("{word} names `{member}` twice");
                return Err(SpecError::new(
                    SpecErrorKind::BadName,
                    name,
                    what,
                    "name it once",
                ));
            }
            places.push(place);
        }
        Ok(places)
    }

    /// As [`Names::places`], for lists that may only name fields behind their own.
    pub(crate) fn later_places(
        &self,
        whose: usize,
        word: &str,
        list: &[String],
    ) -> Result<Vec<usize>, SpecError> {
        let places = self.places(whose, word, list)?;
        match places.iter().find(|&&place| place <= whose) {
            None => Ok(places),
            Some(&place) => {
                let what = format!("{word} names `{}`, which does not follow it", self.0[place]);
                let mend = "name fields behind this one";
                Err(SpecError::new(
                    SpecErrorKind::Misplaced,
                    self.0[whose],
                    what,
                    mend,
                ))
            }
        }
    }
}

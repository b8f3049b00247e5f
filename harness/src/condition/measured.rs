//! A number that is measured on a connection, and its bound.

use schemars::JsonSchema;
use serde::Deserialize;

use super::look::Seen;
use crate::scenario::model::Comparison;
use crate::scenario::syntax::{Bound, Item};
use crate::verdict;

/// A number that is measured on a connection.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct QueueSyntax {
    /// The connection.
    pub on: Option<Item<String>>,
    /// The bound.
    pub is: Item<Bound>,
}

/// Whether a number is within its bound.
pub(super) fn bounded(is: Comparison, number: u64, unit: &str) -> Seen {
    if verdict::holds(is, number as f64) {
        Seen::Holds
    } else {
        Seen::Not(format!("{number} {unit}"))
    }
}

/// Declares a condition that bounds a number: its name, what is measured `on` a connection, the
/// unit, how it is measured, and what is checked beforehand.
macro_rules! measured {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $what:literal, $unit:literal, $measure:expr $(, only $check:expr)?
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name {
            /// The connection.
            pub on: crate::scenario::model::ConnName,
            /// The bound.
            pub is: crate::scenario::model::Comparison,
        }

        impl $name {
            pub(super) fn lower(
                here: crate::step::Here<'_, '_>,
                given: &crate::scenario::syntax::Item<super::measured::QueueSyntax>,
            ) -> Option<Self> {
                $($check(&here);)?
                let args = given.get()?;
                let on = here.steps.connections.used(here.cx, args.on.as_ref(), given.span);
                let is = args.is.get().map(|bound| bound.0);
                Some(Self { on: on?, is: is? })
            }
        }

        impl super::Look for $name {
            fn words(&self) -> String {
                let bound = crate::verdict::bound(self.is);
                format!(concat!($what, " {} {}"), self.on, bound)
            }

            fn look(
                &self,
                scene: &mut crate::conform::Scene,
                ctx: &mut crate::conform::Context<'_>,
            ) -> Result<super::Seen, String> {
                let number: u64 = $measure(scene, ctx, &self.on)?;
                Ok(super::measured::bounded(self.is, number, $unit))
            }
        }
    };
}

pub(super) use measured;

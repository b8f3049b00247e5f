//! Steps that await a condition and judge what was seen instead.

/// Declares such a step: its name, its word, and what a condition that was not seen amounts to.
macro_rules! judged {
    ($(#[doc = $doc:literal])+ $name:ident, $word:literal, $unseen:expr) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub struct $name(pub crate::condition::Condition);

        impl $name {
            pub(super) fn lower(
                here: super::Here<'_, '_>,
                given: &crate::scenario::syntax::Item<crate::condition::ConditionSyntax>,
            ) -> Option<Self> {
                let here = super::Here {
                    at: given.span,
                    ..here
                };
                crate::condition::lower(here, given.get()?).map(Self)
            }
        }

        impl super::Act for $name {
            fn words(&self) -> String {
                format!(concat!($word, " {}"), self.0.words())
            }

            fn lane(&self) -> crate::plan::Lane {
                self.0.lane()
            }

            fn asks_target(&self) -> bool {
                self.0.look().asks_target()
            }

            fn run(
                &self,
                scene: &mut crate::conform::Scene,
                ctx: &mut crate::conform::Context<'_>,
            ) -> Result<(), super::Halt> {
                let seen = crate::conform::await_it(scene, ctx, &self.0);
                Ok(seen.map_err(|actual| $unseen(self.0.words(), actual))?)
            }
        }
    };
}

pub(super) use judged;

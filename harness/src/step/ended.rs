//! `ended`: the client under test must end by itself.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::act::{Act, Halt};
use crate::conform::{Context, Scene};
use crate::scenario::lower::both_ends;
use crate::scenario::lower::step::optional_time;
use crate::scenario::model::{Ends, Role};
use crate::scenario::syntax::{Bytes, ExitSyntax, Item, Time};
use crate::step::Here;

/// How the client under test must end. `ended` alone: as the profile's `ends` says.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct EndedSyntax {
    /// Its exit status.
    #[schemars(extend("default" = 0))]
    pub exit: Option<Item<ExitSyntax>>,
    /// All that it must have written to stdout. Absent: it is not looked at.
    pub stdout: Option<Item<Bytes>>,
    /// How long it may take.
    pub within: Option<Item<Time>>,
}

/// The client must end by itself.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How; as the profile says where it says nothing.
    pub ends: Ends,
    /// How long it may take, where the user said it.
    pub within: Option<Duration>,
}

impl Ended {
    pub(super) fn lower(
        Here { cx, .. }: Here<'_, '_>,
        given: &Option<Item<EndedSyntax>>,
    ) -> Option<Self> {
        let (exit, stdout, within) = match given {
            None => (None, None, None),
            Some(item) => {
                let map = item.get()?;
                (map.exit.as_ref(), map.stdout.as_ref(), map.within.as_ref())
            }
        };
        let ends = both_ends(cx, exit, stdout);
        let within = optional_time(cx, within)?;
        Some(Self {
            ends: ends?,
            within,
        })
    }
}

impl Act for Ended {
    fn words(&self) -> String {
        "ended".to_owned()
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn role(&self) -> Option<Role> {
        Some(Role::Client)
    }

    fn run(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<(), Halt> {
        Ok(scene.ended(ctx, &self.ends, self.within)?)
    }
}

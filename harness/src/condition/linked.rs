//! `linked`: two ends name each other.

use schemars::JsonSchema;
use serde::Deserialize;

use super::look::{Look, Seen};
use crate::conform::{Context, Scene};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::Item;
use crate::step::Here;

/// Two ends of one connection; the same twice for a socket that is connected to itself.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct LinkedSyntax {
    /// One end.
    pub on: Item<String>,
    /// The other.
    pub to: Item<String>,
}

/// The own address of each is the other's peer (getsockname(2), getpeername(2)).
#[derive(Clone, Debug)]
pub struct Linked {
    /// One end.
    pub on: ConnName,
    /// The other.
    pub to: ConnName,
}

impl Linked {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        given: &Item<LinkedSyntax>,
    ) -> Option<Self> {
        let args = given.get()?;
        let on = steps.connections.used(cx, Some(&args.on), at);
        let to = steps.connections.used(cx, Some(&args.to), at);
        Some(Self { on: on?, to: to? })
    }
}

impl Look for Linked {
    fn words(&self) -> String {
        format!("{} and {} are two ends of one connection", self.on, self.to)
    }

    fn look(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<Seen, String> {
        let ends = |name: &str| {
            let ends = scene.places.ends(name);
            ends.ok_or_else(|| format!("`{name}` has no two addresses"))
        };
        let (one, other) = (ends(&self.on)?, ends(&self.to)?);
        Ok(if one == (other.1, other.0) {
            Seen::Holds
        } else {
            let told = |(local, peer)| format!("{local} to {peer}");
            Seen::Final(format!(
                "`{}` goes from {}, `{}` from {}",
                self.on,
                told(one),
                self.to,
                told(other)
            ))
        })
    }
}

//! `ratio`: how many times longer one `timed` block took than another.

use schemars::JsonSchema;
use serde::Deserialize;

use super::look::{Look, Seen};
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::model::Comparison;
use crate::scenario::suggest;
use crate::scenario::syntax::{Bound, Item};
use crate::step::Here;
use crate::verdict;

/// The duration of one `timed` block over that of another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RatioSyntax {
    /// The block above the line.
    pub of: Item<String>,
    /// The block below the line.
    pub to: Item<String>,
    /// The bound.
    pub is: Item<Bound>,
}

/// The duration of one `timed` block over that of another.
#[derive(Clone, Debug)]
pub struct Ratio {
    /// The block above the line.
    pub of: String,
    /// The block below the line.
    pub to: String,
    /// The bound.
    pub is: Comparison,
}

impl Ratio {
    pub(super) fn lower(
        Here { cx, steps, .. }: Here<'_, '_>,
        given: &Item<RatioSyntax>,
    ) -> Option<Self> {
        let args = given.get()?;
        let block = |item: &Item<String>| {
            let name = item.get()?;
            if !steps.timed.contains(name) {
                let mut error =
                    suggest::unknown_name(cx, "`timed` block", name, item.span, &steps.timed);
                if steps.timed.is_empty() {
                    error.help = Some(format!(
                        "measure it before: `- timed: {{name: {name}, steps: [...]}}`"
                    ));
                }
                cx.push(error);
                return None;
            }
            Some(name.clone())
        };
        let (of, to) = (block(&args.of), block(&args.to));
        Some(Self {
            of: of?,
            to: to?,
            is: args.is.get()?.0,
        })
    }
}

impl Look for Ratio {
    fn words(&self) -> String {
        let Self { of, to, is } = self;
        format!("time of `{of}` over `{to}` {}", verdict::bound(*is))
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn look(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<Seen, String> {
        let Self { of, to, is } = self;
        let (Some(a), Some(b)) = (scene.timed.get(of), scene.timed.get(to)) else {
            return Err(format!("`{of}` or `{to}` was not timed"));
        };
        let ratio = a.as_secs_f64() / b.as_secs_f64().max(1e-9);
        let (a, b) = (verdict::time(*a), verdict::time(*b));
        if !verdict::holds(*is, ratio) {
            return Ok(Seen::Final(format!(
                "{ratio:.2}: `{of}` took {a}, `{to}` {b}"
            )));
        }
        ctx.notes
            .push(format!("`{of}` took {a}, `{to}` {b}: {ratio:.1} times"));
        Ok(Seen::Holds)
    }
}

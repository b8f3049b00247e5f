//! `shutdown`: FIN, with the read side left open.

use super::act::{Act, Halt};
use crate::conform::{Conn, Context, Scene, shutdown_flow};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::Item;
use crate::step::Here;
use crate::verdict::must;

/// FIN, with the read side left open.
#[derive(Clone, Debug)]
pub struct Shutdown {
    /// The connection.
    pub on: ConnName,
}

impl Shutdown {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        on: &Option<Item<String>>,
    ) -> Option<Self> {
        steps.connected_only(cx, "shutdown", at);
        let on = steps.connections.half_close(cx, on.as_ref(), at)?;
        Some(Self { on })
    }
}

impl Act for Shutdown {
    fn words(&self) -> String {
        format!("shutdown {}", self.on)
    }

    fn run(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<(), Halt> {
        match scene.conn(&self.on)? {
            Conn::Line(line) => {
                line.mark();
                let done = line.shutdown().map_err(|e| e.name().to_owned());
                Ok(must(done, None, "FIN is sent")?)
            }
            Conn::Flow(flow) => Ok(must(shutdown_flow(flow), None, "the end is sent")?),
        }
    }
}

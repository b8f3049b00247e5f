//! `set`: options of a connection that is open.

use harness_net::SocketOptions;

use super::act::{Act, Halt};
use crate::conform::{Conn, Context, Scene};
use crate::scenario::lower::options;
use crate::scenario::model::ConnName;
use crate::scenario::syntax::{Item, SetSyntax};
use crate::step::Here;
use crate::verdict::Deviation;

/// Changes options of an open connection.
#[derive(Clone, Debug)]
pub struct Set {
    /// The connection.
    pub on: ConnName,
    /// The options.
    pub options: SocketOptions,
}

impl Set {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Item<SetSyntax>,
    ) -> Option<Self> {
        let given = item.get()?;
        let on = steps.connections.used(cx, given.on.as_ref(), at);
        let options = options::alone(cx, &given.options(), steps.transport);
        for (key, given) in [
            ("rcvbuf", given.rcvbuf.as_ref().map(|i| i.span)),
            ("maxseg", given.maxseg.as_ref().map(|i| i.span)),
            ("bind", given.bind.as_ref().map(|i| i.span)),
            ("bind_port", given.bind_port.as_ref().map(|i| i.span)),
            ("autobind", given.autobind.as_ref().map(|i| i.span)),
        ] {
            if let (Some(at), true) = (given, key != "rcvbuf") {
                cx.error_help(
                    at,
                    format!("`{key}` has no effect on a connection that is open"),
                    "give it to `connect`, under `options`",
                );
            }
        }
        if options == SocketOptions::default() && given.is_empty() {
            cx.error_help(
                item.span,
                "no option is set",
                "add one, such as `nodelay: true`",
            );
            return None;
        }
        Some(Self { on: on?, options })
    }
}

impl Act for Set {
    fn words(&self) -> String {
        format!("set {}", self.on)
    }

    fn run(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<(), Halt> {
        let set = match scene.conn(&self.on)? {
            Conn::Line(line) => line.stream().set(&self.options),
            Conn::Flow(flow) => flow.socket().set(&self.options),
        };
        Ok(set.map_err(|e| Deviation::error("the options are set", e.to_string()))?)
    }
}

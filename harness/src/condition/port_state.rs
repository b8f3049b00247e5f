//! `port_state`: the state of a port in the socket table.

use harness_net::{TcpState, Transport, port_states};

use super::look::{Look, Seen};
use crate::conform::{Context, Scene};
use crate::plan::Lane;
use crate::scenario::context::Context as Check;
use crate::scenario::suggest;
use crate::scenario::syntax::Item;
use crate::step::Here;

/// A socket with the target's port is in this state in the socket table.
#[derive(Clone, Debug)]
pub struct PortState {
    /// The state.
    pub state: TcpState,
}

impl PortState {
    pub(super) fn lower(Here { cx, steps, .. }: Here<'_, '_>, item: &Item<String>) -> Option<Self> {
        if let Some(transport) = steps.transport.filter(|t| *t != Transport::Tcp) {
            cx.error(
                item.span,
                format!("only TCP ports have states; the target speaks over {transport}"),
            );
        }
        named(cx, item).map(|state| Self { state })
    }
}

/// The state of this name.
pub(super) fn named(cx: &Check, item: &Item<String>) -> Option<TcpState> {
    let given = item.get()?;
    let state = given.parse::<TcpState>().ok();
    if state.is_none() {
        let known = TcpState::ALL.map(TcpState::name);
        cx.push(suggest::unknown_name(
            cx,
            "TCP state",
            given,
            item.span,
            &known,
        ));
    }
    state
}

impl Look for PortState {
    fn words(&self) -> String {
        format!("the target's port in {}", self.state)
    }

    fn lane(&self) -> Lane {
        Lane::Exclusive
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn look(&self, _scene: &mut Scene, ctx: &mut Context<'_>) -> Result<Seen, String> {
        let port = ctx
            .target
            .endpoint()
            .port()
            .ok_or("a Unix socket has no port")?;
        let all = port_states(port).map_err(|e| format!("the socket table cannot be read: {e}"))?;
        if all.iter().any(|(seen, ..)| *seen == self.state) {
            return Ok(Seen::Holds);
        }
        let names: Vec<_> = all.iter().map(|(seen, ..)| seen.name()).collect();
        let names = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        Ok(Seen::Not(format!("states of port {port}: {names}")))
    }
}

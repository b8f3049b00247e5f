//! `state`: the state of one end of a connection in the socket table, also when it is closed.

use harness_net::{Filter, TcpState, Transport, tcp_sockets};
use schemars::JsonSchema;
use serde::Deserialize;

use super::look::{Look, Seen};
use super::port_state::named;
use crate::conform::{Context, Scene};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::Item;
use crate::step::Here;

/// The state of one end of a connection, open or closed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StateSyntax {
    /// The connection.
    pub on: Option<Item<String>>,
    /// Whose end.
    #[schemars(extend("default" = "own"))]
    pub side: Option<Item<SideSyntax>>,
    /// The state, as ss(8) names it: `FIN_WAIT2`, `TIME_WAIT` and others. `CLOSED`: the table has
    /// no such socket.
    pub is: Item<String>,
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SideSyntax {
    /// This one.
    Own,
    /// The other one.
    Peer,
}

/// One end of a connection is in this state in the socket table, where it is found by its two
/// addresses. CLOSED is no state of a socket that exists (RFC 9293 section 3.3.2).
#[derive(Clone, Debug)]
pub struct State {
    /// The connection.
    pub on: ConnName,
    /// True for the other end.
    pub peer: bool,
    /// The state.
    pub is: TcpState,
}

impl State {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        given: &Item<StateSyntax>,
    ) -> Option<Self> {
        let args = given.get()?;
        if let Some(transport) = steps.transport.filter(|t| *t != Transport::Tcp) {
            cx.error(
                at,
                format!("only TCP has states; the case speaks over {transport}"),
            );
        }
        let on = steps.connections.ever(cx, args.on.as_ref(), given.span);
        let is = named(cx, &args.is);
        let peer = match &args.side {
            None => false,
            Some(item) => *item.get()? == SideSyntax::Peer,
        };
        Some(Self {
            on: on?,
            peer,
            is: is?,
        })
    }
}

impl Look for State {
    fn words(&self) -> String {
        let whose = if self.peer { "the peer of " } else { "" };
        format!("{whose}{} in {}", self.on, self.is)
    }

    fn look(&self, scene: &mut Scene, _ctx: &mut Context<'_>) -> Result<Seen, String> {
        let ends = scene.places.ends(&self.on);
        let (own, peer) = ends.ok_or_else(|| format!("`{}` has no addresses", self.on))?;
        let (local, remote) = if self.peer { (peer, own) } else { (own, peer) };
        let filter = Filter {
            local_port: Some(local.port()),
            remote_port: Some(remote.port()),
            states: Vec::new(),
        };
        let all =
            tcp_sockets(filter).map_err(|e| format!("the socket table cannot be read: {e}"))?;
        let found = all.iter().find(|e| e.local == local && e.remote == remote);
        let seen = found.map_or(TcpState::Closed, |entry| entry.state);
        Ok(if seen == self.is {
            Seen::Holds
        } else {
            Seen::Not(format!("it is in {seen}"))
        })
    }
}

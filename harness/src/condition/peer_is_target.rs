//! `peer_is_target`: who is at the other end of a Unix connection.

use harness_net::Transport;

use super::look::{Look, Seen};
use crate::conform::{Conn, Context, Scene};
use crate::scenario::model::ConnName;
use crate::scenario::syntax::Item;
use crate::step::Here;

/// The process at the other end of a Unix connection is one of the target's.
#[derive(Clone, Debug)]
pub struct PeerIsTarget {
    /// The connection.
    pub on: ConnName,
}

impl PeerIsTarget {
    pub(super) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        on: &Option<Item<String>>,
    ) -> Option<Self> {
        if let Some(transport) = steps.transport.filter(|t| !has_credentials(*t)) {
            cx.error(
                at,
                format!(
                    "only Unix connections tell who is at their other end; the target speaks over \
                     {transport}"
                ),
            );
        }
        let on = steps.connections.used(cx, on.as_ref(), at)?;
        Some(Self { on })
    }
}

/// SO_PEERCRED of unix(7).
fn has_credentials(transport: Transport) -> bool {
    matches!(transport, Transport::Unix | Transport::UnixSeqpacket)
}

impl Look for PeerIsTarget {
    fn words(&self) -> String {
        format!("the peer of {} is the target", self.on)
    }

    fn asks_target(&self) -> bool {
        true
    }

    fn look(&self, scene: &mut Scene, ctx: &mut Context<'_>) -> Result<Seen, String> {
        let cred = match scene.conns.get(&self.on) {
            Some(Conn::Line(line)) => line.stream().peer_cred(),
            Some(Conn::Flow(flow)) => flow.socket().peer_cred(),
            None => return Err(format!("the connection `{}` is closed", self.on)),
        };
        Ok(match cred {
            None => return Err("this system does not tell who the peer is".to_owned()),
            Some(cred) if ctx.target.has_process(cred.pid) => Seen::Holds,
            Some(cred) => Seen::Final(format!(
                "process {} of user {} and group {}",
                cred.pid, cred.uid, cred.gid
            )),
        })
    }
}

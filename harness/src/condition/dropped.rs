//! `dropped`: datagrams that came and found no room.

use harness_net::Transport;

use super::measured::measured;
use crate::conform::{Conn, Context, Scene};
use crate::step::Here;

measured! {
    /// Datagrams that were dropped since the receive buffer was full.
    Dropped, "datagrams dropped on", "datagrams dropped", dropped, only udp_only
}

fn udp_only(here: &Here<'_, '_>) {
    if let Some(transport) = here.steps.transport.filter(|t| *t != Transport::Udp) {
        here.cx.error(
            here.at,
            format!("datagrams are UDP's; the case speaks over {transport}"),
        );
    }
}

fn dropped(scene: &mut Scene, _: &mut Context<'_>, on: &str) -> Result<u64, String> {
    let conn = scene.conns.get(on);
    let Some(Conn::Flow(flow)) = conn else {
        return Err(format!("`{on}` is no open UDP socket"));
    };
    let dropped = flow.socket().dropped();
    Ok(dropped.ok_or("this system does not count drops")?.into())
}

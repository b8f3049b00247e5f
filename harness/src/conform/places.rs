//! The addresses of a case by the names of their sockets, which they outlive: TIME_WAIT is seen
//! when the socket is gone.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use harness_net::PortLease;

use crate::verdict::Deviation;

/// Addresses by name.
#[derive(Default)]
pub(crate) struct Places {
    known: BTreeMap<String, Place>,
    /// The ports of listeners and bound sockets stay claimed until the case ends, so that nobody
    /// else has them between a close and the next use.
    leases: Vec<PortLease>,
}

#[derive(Clone, Copy)]
struct Place {
    local: SocketAddr,
    peer: Option<SocketAddr>,
}

impl Places {
    /// A connection of this name has these ends.
    pub(super) fn connected(&mut self, name: &str, local: SocketAddr, peer: SocketAddr) {
        let peer = Some(peer);
        self.known.insert(name.to_owned(), Place { local, peer });
    }

    /// A socket of this name is bound here.
    pub(super) fn bound(&mut self, name: &str, local: SocketAddr) {
        let peer = None;
        self.known.insert(name.to_owned(), Place { local, peer });
    }

    /// The address of the socket of this name, open or not.
    ///
    /// # Errors
    /// It never had one.
    pub(crate) fn local(&self, name: &str) -> Result<SocketAddr, Deviation> {
        let place = self.known.get(name);
        place.map(|p| p.local).ok_or_else(|| {
            Deviation::error(format!("an address of `{name}`"), "it was never opened")
        })
    }

    /// Both ends of the connection of this name, its own first, open or not.
    pub(crate) fn ends(&self, name: &str) -> Option<(SocketAddr, SocketAddr)> {
        let place = self.known.get(name)?;
        Some((place.local, place.peer?))
    }

    /// The connection of this name that has these two ends the other way round.
    pub(super) fn opposite(&self, local: SocketAddr, peer: SocketAddr) -> Option<&str> {
        let other = |place: &Place| place.local == peer && place.peer == Some(local);
        let found = self.known.iter().find(|(_, place)| other(place));
        found.map(|(name, _)| name.as_str())
    }

    /// An address for a new socket: that of another where one is named, else a port of its own;
    /// `ip` in place of 127.0.0.1 where it is given.
    ///
    /// # Errors
    /// There is no free port, or the other never had an address.
    pub(super) fn fresh(
        &mut self,
        like: Option<&str>,
        ip: Option<IpAddr>,
    ) -> Result<SocketAddr, Deviation> {
        if let Some(like) = like {
            let other = self.local(like)?;
            return Ok(SocketAddr::new(ip.unwrap_or(other.ip()), other.port()));
        }
        let lease = PortLease::take().map_err(|e| Deviation::error("a port", e.to_string()))?;
        let ip = ip.unwrap_or(Ipv4Addr::LOCALHOST.into());
        let address = SocketAddr::new(ip, lease.port());
        self.leases.push(lease);
        Ok(address)
    }
}

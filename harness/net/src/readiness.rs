//! Whether a started program accepts connections, learned without one.

use std::io;
use std::net::IpAddr;

use crate::socket_table::{Entry, Filter, owner, tcp_sockets, udp_sockets, unix_listening};
use crate::{Endpoint, Process, TcpState};

/// True once a process of the program's tree listens on `endpoint` (UDP, Unix
/// datagrams: is bound to it; Unix: the name is listened on). A probing connect would use up a server that serves one client.
///
/// A socket on the wildcard address counts for every address of its family, and a dual-stack one
/// for IPv4 too.
///
/// # Errors
/// Those of netlink(7) and of reading /proc/net.
pub fn listening(process: &Process, endpoint: &Endpoint) -> io::Result<bool> {
    let inodes: Vec<u64> = match endpoint {
        Endpoint::Tcp(addr) => {
            let filter = Filter::port(addr.port()).state(TcpState::Listen);
            serving(tcp_sockets(filter)?, addr.ip())
        }
        Endpoint::Udp(addr) => serving(udp_sockets(addr.port())?, addr.ip()),
        Endpoint::Unix(addr) | Endpoint::UnixDgram(addr) | Endpoint::UnixSeqpacket(addr) => {
            unix_listening(endpoint.transport(), addr)?
                .into_iter()
                .collect()
        }
    };
    // The table is read before the tree, so that most calls while nobody listens are cheap.
    if inodes.is_empty() {
        return Ok(false);
    }
    let tree = process.tree();
    Ok(inodes.iter().any(|inode| owner(*inode, &tree).is_some()))
}

/// The inodes of the sockets that get what is sent to an address.
fn serving(entries: Vec<Entry>, ip: IpAddr) -> Vec<u64> {
    entries
        .into_iter()
        .filter(|entry| {
            let bound = entry.local.ip();
            bound == ip.to_canonical()
                || (bound.is_unspecified() && (bound.is_ipv6() || ip.to_canonical().is_ipv4()))
                // Connecting to the wildcard address reaches loopback.
                || (ip.is_unspecified() && bound.is_loopback())
        })
        .map(|entry| entry.inode)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_serve_their_family() {
        let entry = |local: &str| Entry {
            local: local.parse().unwrap(),
            remote: "0.0.0.0:0".parse().unwrap(),
            state: TcpState::Listen,
            uid: 0,
            inode: 7,
            rqueue: 0,
            wqueue: 0,
        };
        for (bound, asked, serves) in [
            ("127.0.0.1:1", "127.0.0.1", true),
            ("127.0.0.2:1", "127.0.0.1", false),
            ("0.0.0.0:1", "127.0.0.1", true),
            ("0.0.0.0:1", "::1", false),
            ("[::]:1", "::1", true),
            ("[::]:1", "127.0.0.1", true),
            ("[::1]:1", "127.0.0.1", false),
            ("127.0.0.1:1", "0.0.0.0", true),
        ] {
            let found = serving(vec![entry(bound)], asked.parse().unwrap());
            assert_eq!(!found.is_empty(), serves, "{bound} for {asked}");
        }
    }
}

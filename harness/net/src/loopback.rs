//! What the loopback interface of this machine can do.

use std::net::{Ipv6Addr, UdpSocket};

/// True where the loopback interface has the address `::1`.
pub fn has_ipv6_loopback() -> bool {
    UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

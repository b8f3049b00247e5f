//! Socket options that a user may ask for, and what the kernel made of them.

use std::net::IpAddr;
use std::time::Duration;

/// Options for one socket. `None` leaves the kernel's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketOptions {
    /// TCP_NODELAY: no Nagle (tcp(7)).
    pub nodelay: Option<bool>,
    /// TCP_CORK: hold back partial segments for at most 200 ms (tcp(7)).
    pub cork: Option<bool>,
    /// TCP_QUICKACK: acknowledge at once; not permanent (tcp(7)).
    pub quickack: Option<bool>,
    /// SO_SNDBUF in bytes as asked for; the kernel doubles it (socket(7)).
    pub sndbuf: Option<usize>,
    /// SO_RCVBUF in bytes as asked for; set before connect, the kernel doubles it (socket(7)).
    pub rcvbuf: Option<usize>,
    /// SO_REUSEADDR (socket(7)).
    pub reuseaddr: Option<bool>,
    /// SO_REUSEPORT (socket(7)).
    pub reuseport: Option<bool>,
    /// SO_LINGER; zero makes close(2) send RST (socket(7)).
    pub linger: Option<Duration>,
    /// SO_KEEPALIVE (socket(7)).
    pub keepalive: Option<bool>,
    /// TCP_USER_TIMEOUT (tcp(7), RFC 5482).
    pub user_timeout: Option<Duration>,
    /// TCP_MAXSEG in bytes, 88 to 32767 on Linux, set before connect (tcp(7)).
    pub maxseg: Option<u32>,
    /// The source address.
    pub bind: Option<IpAddr>,
    /// The source port.
    pub bind_port: Option<u16>,
}

//! All access of the harness to the operating system's sockets and processes.
//!
//! The only crate with `libc`, `cfg(target_os)` and `unsafe` code; everything above it is portable
//! and safe. Linux comes first: what only Linux can tell (delivery proofs, TCP_INFO) is an honest
//! "unavailable" elsewhere.

#[cfg(not(unix))]
compile_error!("the harness needs a Unix system: Linux, or macOS without the delivery proofs");

mod client_port;
mod connect;
mod datagram;
mod effective;
mod endpoint;
mod errno;
mod error;
mod limits;
mod listener;
mod loopback;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(not(target_os = "linux"))]
#[path = "netlink_unavailable.rs"]
mod netlink;
mod netlink_answer;
mod option_error;
mod options;
mod peer_cred;
mod poll;
#[cfg(target_os = "linux")]
mod poller;
#[cfg(not(target_os = "linux"))]
#[path = "poller_unavailable.rs"]
mod poller;
mod ports;
mod proc_net;
mod process;
#[cfg(target_os = "linux")]
mod procfs;
mod proof;
mod readiness;
mod socket_table;
mod state;
mod stream;
mod sys;
mod system;
mod tcp_info;

pub use client_port::{Accepted, ClientPort};
pub use datagram::{Datagram, Received};
pub use effective::EffectiveOptions;
pub use endpoint::{Endpoint, EndpointError, Transport, UnixAddr};
pub use errno::{errno_from_name, errno_name};
pub use error::NetError;
pub use limits::{fd_limit, lower_fd_limit, raise_fd_limit, set_timer_slack, thread_cpu_time};
pub use listener::Listener;
pub use loopback::has_ipv6_loopback;
pub use option_error::OptionError;
pub use options::SocketOptions;
pub use peer_cred::PeerCred;
pub use poll::{Interest, Readiness, Ready, poll, poll_into};
pub use poller::Poller;
pub use ports::{PortError, PortLease};
pub use process::{
    Exit, Launch, Orphanage, Output, Process, ProcessError, Signal, Stopped, become_subreaper,
    guard_main,
};
pub use proof::{Await, PeerState, PeerWatch, Proof, WatchError, threads_blocked};
pub use readiness::listening;
pub use socket_table::{
    Entry, Filter, owner, port_states, tcp_sockets, udp_sockets, unix_listening,
};
pub use state::TcpState;
pub use stream::{Queues, Read, Stream, Write};
pub use system::{System, sysctl_number, system};
pub use tcp_info::TcpInfo;

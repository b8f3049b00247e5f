//! All access of the harness to the operating system's sockets and processes.

mod endpoint;
mod options;
mod state;

pub use endpoint::{Endpoint, EndpointError, Transport, UnixAddr};
pub use options::SocketOptions;
pub use state::TcpState;

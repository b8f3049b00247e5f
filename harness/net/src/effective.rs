//! What the kernel made of the options that were asked for.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::Socket;

use crate::Transport;

/// Options as getsockopt(2) tells them. `None` where the socket, or the system, has no such option.
/// Buffers are the kernel's doubled figures (socket(7)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectiveOptions {
    /// TCP_NODELAY.
    pub nodelay: Option<bool>,
    /// TCP_CORK.
    pub cork: Option<bool>,
    /// TCP_QUICKACK as it stands now; the kernel changes it by itself.
    pub quickack: Option<bool>,
    /// SO_SNDBUF in bytes.
    pub sndbuf: Option<usize>,
    /// SO_RCVBUF in bytes.
    pub rcvbuf: Option<usize>,
    /// SO_REUSEADDR.
    pub reuseaddr: Option<bool>,
    /// SO_REUSEPORT.
    pub reuseport: Option<bool>,
    /// SO_LINGER; `None` where it is off.
    pub linger: Option<Duration>,
    /// SO_KEEPALIVE.
    pub keepalive: Option<bool>,
    /// TCP_USER_TIMEOUT; `None` where the kernel's default holds.
    pub user_timeout: Option<Duration>,
    /// TCP_MAXSEG in bytes: after connect, the segment size in use.
    pub maxseg: Option<u32>,
    /// The source address and port.
    pub local: Option<SocketAddr>,
}

impl EffectiveOptions {
    /// Reads everything back from a socket.
    pub(crate) fn of(socket: &Socket, transport: Transport) -> Self {
        let tcp = transport == Transport::Tcp;
        let mut read = Self {
            sndbuf: socket.send_buffer_size().ok(),
            rcvbuf: socket.recv_buffer_size().ok(),
            reuseaddr: socket.reuse_address().ok(),
            reuseport: socket.reuse_port().ok(),
            linger: socket.linger().ok().flatten(),
            keepalive: socket.keepalive().ok(),
            local: socket.local_addr().ok().and_then(|a| a.as_socket()),
            ..Self::default()
        };
        if tcp {
            read.nodelay = socket.tcp_nodelay().ok();
            read.maxseg = socket.tcp_mss().ok();
            #[cfg(target_os = "linux")]
            {
                read.cork = socket.tcp_cork().ok();
                read.quickack = socket.tcp_quickack().ok();
                read.user_timeout = socket.tcp_user_timeout().ok().flatten();
            }
        }
        read
    }

    /// What is known, as names of [`SocketOptions`](crate::SocketOptions) and values with their
    /// units, for reports.
    pub fn as_pairs(&self) -> Vec<(&'static str, String)> {
        fn pair<T>(
            name: &'static str,
            value: Option<&T>,
            show: impl Fn(&T) -> String,
        ) -> Option<(&'static str, String)> {
            value.map(|v| (name, show(v)))
        }
        let bytes = |v: &usize| format!("{v} bytes");
        [
            pair("nodelay", self.nodelay.as_ref(), bool::to_string),
            pair("cork", self.cork.as_ref(), bool::to_string),
            pair("quickack", self.quickack.as_ref(), bool::to_string),
            pair("sndbuf", self.sndbuf.as_ref(), bytes),
            pair("rcvbuf", self.rcvbuf.as_ref(), bytes),
            pair("reuseaddr", self.reuseaddr.as_ref(), bool::to_string),
            pair("reuseport", self.reuseport.as_ref(), bool::to_string),
            pair("linger", self.linger.as_ref(), |v| format!("{v:?}")),
            pair("keepalive", self.keepalive.as_ref(), bool::to_string),
            pair("user_timeout", self.user_timeout.as_ref(), |v| {
                format!("{v:?}")
            }),
            pair("maxseg", self.maxseg.as_ref(), |v| format!("{v} bytes")),
            pair("bind", self.local.as_ref(), |v| v.ip().to_string()),
            pair("bind_port", self.local.as_ref(), |v| v.port().to_string()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

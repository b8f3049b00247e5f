//! Socket options that a user may ask for, and what the kernel made of them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use socket2::{SockAddr, Socket};

use crate::{OptionError, Transport};

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
    /// SO_LINGER in whole seconds; zero makes close(2) send RST (socket(7)).
    pub linger: Option<Duration>,
    /// SO_KEEPALIVE (socket(7)).
    pub keepalive: Option<bool>,
    /// TCP_USER_TIMEOUT in whole milliseconds, at least one (tcp(7), RFC 5482).
    pub user_timeout: Option<Duration>,
    /// TCP_MAXSEG in bytes, 88 to 32767 on Linux, set before connect (tcp(7)).
    pub maxseg: Option<u32>,
    /// The source address.
    pub bind: Option<IpAddr>,
    /// The source port.
    pub bind_port: Option<u16>,
    /// Unix datagrams: bind to a name of the kernel's choice (autobind of unix(7)), so that answers
    /// come back. True where nothing is said.
    pub autobind: Option<bool>,
}

impl SocketOptions {
    /// These options with those of `over` in place of them wherever `over` says something.
    #[must_use]
    pub fn merged(&self, over: &Self) -> Self {
        Self {
            nodelay: over.nodelay.or(self.nodelay),
            cork: over.cork.or(self.cork),
            quickack: over.quickack.or(self.quickack),
            sndbuf: over.sndbuf.or(self.sndbuf),
            rcvbuf: over.rcvbuf.or(self.rcvbuf),
            reuseaddr: over.reuseaddr.or(self.reuseaddr),
            reuseport: over.reuseport.or(self.reuseport),
            linger: over.linger.or(self.linger),
            keepalive: over.keepalive.or(self.keepalive),
            user_timeout: over.user_timeout.or(self.user_timeout),
            maxseg: over.maxseg.or(self.maxseg),
            bind: over.bind.or(self.bind),
            bind_port: over.bind_port.or(self.bind_port),
            autobind: over.autobind.or(self.autobind),
        }
    }

    /// The same without a source address.
    pub(crate) fn unbound(&self) -> Self {
        Self {
            bind: None,
            bind_port: None,
            ..self.clone()
        }
    }

    /// Sets what must stand before connect(2): everything but cork and quickack. Binds too.
    pub(crate) fn apply_before_connect(
        &self,
        socket: &Socket,
        transport: Transport,
        remote: Option<SocketAddr>,
    ) -> Result<(), OptionError> {
        let early = Self {
            cork: None,
            quickack: None,
            ..self.clone()
        };
        early.apply(socket, transport)?;
        early.bind(socket, remote)
    }

    /// Sets what can be set at any time, which is all but the source address.
    pub(crate) fn apply_live(
        &self,
        socket: &Socket,
        transport: Transport,
    ) -> Result<(), OptionError> {
        let fail = |option, asked: String| OptionError {
            option,
            asked,
            errno: libc::EINVAL,
            allowed: "only where the connection is made: a source cannot change afterwards",
        };
        if let Some(ip) = self.bind {
            return Err(fail("bind", ip.to_string()));
        }
        if let Some(port) = self.bind_port {
            return Err(fail("bind_port", port.to_string()));
        }
        if let Some(autobind) = self.autobind {
            return Err(fail("autobind", autobind.to_string()));
        }
        self.apply(socket, transport)
    }

    /// Sets what only a connected socket keeps.
    pub(crate) fn apply_after_connect(
        &self,
        socket: &Socket,
        transport: Transport,
    ) -> Result<(), OptionError> {
        let late = Self {
            cork: self.cork,
            quickack: self.quickack,
            ..Self::default()
        };
        late.apply(socket, transport)
    }

    fn apply(&self, socket: &Socket, transport: Transport) -> Result<(), OptionError> {
        if transport != Transport::Tcp {
            self.refuse_tcp_only()?;
        }
        if let Some(autobind) = self.autobind.filter(|_| transport != Transport::UnixDgram) {
            return Err(OptionError {
                option: "autobind",
                asked: autobind.to_string(),
                errno: libc::EOPNOTSUPP,
                allowed: "on Unix datagram sockets only",
            });
        }
        // The reuse options come first: they are read by bind(2).
        set("reuseaddr", self.reuseaddr, ANY, |v| {
            socket.set_reuse_address(v)
        })?;
        set("reuseport", self.reuseport, ANY, |v| {
            socket.set_reuse_port(v)
        })?;
        set("sndbuf", self.sndbuf, BUFFER, |v| {
            buffer(v).and_then(|v| socket.set_send_buffer_size(v))
        })?;
        set("rcvbuf", self.rcvbuf, BUFFER, |v| {
            buffer(v).and_then(|v| socket.set_recv_buffer_size(v))
        })?;
        set("keepalive", self.keepalive, ANY, |v| {
            socket.set_keepalive(v)
        })?;
        set_shown("linger", self.linger, LINGER, |v| {
            // Whole seconds only: half a second, cut to zero, would turn FIN into RST.
            if v.subsec_nanos() != 0 || v.as_secs() > i32::MAX as u64 {
                return Err(std::io::Error::from_raw_os_error(libc::EINVAL));
            }
            socket.set_linger(Some(v))
        })?;
        set("maxseg", self.maxseg, MAXSEG, |v| socket.set_tcp_mss(v))?;
        set("nodelay", self.nodelay, ANY, |v| socket.set_tcp_nodelay(v))?;
        self.apply_linux(socket)
    }

    #[cfg(target_os = "linux")]
    fn apply_linux(&self, socket: &Socket) -> Result<(), OptionError> {
        set_shown("user_timeout", self.user_timeout, USER_TIMEOUT, |v| {
            // Below a millisecond it would be cut to zero, which is the kernel's default.
            if v.as_millis() == 0 || v.as_millis() > i32::MAX as u128 {
                return Err(std::io::Error::from_raw_os_error(libc::EINVAL));
            }
            socket.set_tcp_user_timeout(Some(v))
        })?;
        set("cork", self.cork, ANY, |v| socket.set_tcp_cork(v))?;
        set("quickack", self.quickack, ANY, |v| {
            socket.set_tcp_quickack(v)
        })
    }

    #[cfg(not(target_os = "linux"))]
    fn apply_linux(&self, _socket: &Socket) -> Result<(), OptionError> {
        let linux_only = [
            ("user_timeout", self.user_timeout.is_some()),
            ("cork", self.cork.is_some()),
            ("quickack", self.quickack.is_some()),
        ];
        match linux_only.into_iter().find(|(_, asked)| *asked) {
            None => Ok(()),
            Some((option, _)) => Err(OptionError {
                option,
                asked: "set".to_owned(),
                errno: libc::ENOPROTOOPT,
                allowed: "on Linux only",
            }),
        }
    }

    fn refuse_tcp_only(&self) -> Result<(), OptionError> {
        let tcp_only = [
            ("nodelay", self.nodelay.map(|v| v.to_string())),
            ("cork", self.cork.map(|v| v.to_string())),
            ("quickack", self.quickack.map(|v| v.to_string())),
            ("user_timeout", self.user_timeout.map(|v| format!("{v:?}"))),
            ("maxseg", self.maxseg.map(|v| v.to_string())),
        ];
        for (option, asked) in tcp_only {
            if let Some(asked) = asked {
                return Err(OptionError {
                    option,
                    asked,
                    errno: libc::EOPNOTSUPP,
                    allowed: "on TCP sockets only",
                });
            }
        }
        Ok(())
    }

    fn bind(&self, socket: &Socket, remote: Option<SocketAddr>) -> Result<(), OptionError> {
        if self.bind.is_none() && self.bind_port.is_none() {
            return Ok(());
        }
        let fail = |option, asked: String, errno, allowed| OptionError {
            option,
            asked,
            errno,
            allowed,
        };
        let Some(remote) = remote else {
            return Err(fail(
                "bind",
                format!("{:?}", self.bind),
                libc::EOPNOTSUPP,
                "on TCP and UDP sockets only",
            ));
        };
        let wildcard: IpAddr = match remote {
            SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        let ip = self.bind.unwrap_or(wildcard);
        let port = self.bind_port.unwrap_or(0);
        if ip.is_ipv4() != remote.is_ipv4() {
            return Err(fail(
                "bind",
                ip.to_string(),
                libc::EAFNOSUPPORT,
                "an address of the same family as the remote one",
            ));
        }
        let from = SocketAddr::new(ip, port);
        if port == 0 {
            late_port(socket)
                .map_err(|e| fail("bind", from.to_string(), e.raw_os_error().unwrap_or(0), ANY))?;
        }
        socket.bind(&SockAddr::from(from)).map_err(|e| {
            fail(
                if port == 0 { "bind" } else { "bind_port" },
                from.to_string(),
                e.raw_os_error().unwrap_or(0),
                "an address of this host; a port that nothing is bound to, 1024 or above",
            )
        })
    }
}

/// IP_BIND_ADDRESS_NO_PORT of ip(7): the port is chosen by connect(2), so that one port serves many
/// destinations.
#[cfg(target_os = "linux")]
fn late_port(socket: &Socket) -> std::io::Result<()> {
    use std::os::fd::AsFd;
    // The option is of level IPPROTO_IP for IPv6 sockets too.
    crate::sys::setsockopt_int(
        socket.as_fd(),
        libc::IPPROTO_IP,
        libc::IP_BIND_ADDRESS_NO_PORT,
        1,
    )
}

#[cfg(not(target_os = "linux"))]
fn late_port(_socket: &Socket) -> std::io::Result<()> {
    Ok(())
}

const ANY: &str = "true or false, where the kernel knows the option";
const BUFFER: &str = "0 to 2147483647 bytes; the kernel doubles it and keeps to its own bounds";
const LINGER: &str = "whole seconds, 0 to 2147483647; 0 makes close send RST";
const MAXSEG: &str = "88 to 32767 bytes on Linux, before connect";
#[cfg(target_os = "linux")]
const USER_TIMEOUT: &str = "1 to 2147483647 ms";

fn buffer(bytes: usize) -> std::io::Result<usize> {
    if i32::try_from(bytes).is_err() {
        return Err(std::io::Error::from_raw_os_error(libc::EINVAL));
    }
    Ok(bytes)
}

fn set<T: Copy + std::fmt::Display>(
    option: &'static str,
    value: Option<T>,
    allowed: &'static str,
    call: impl FnOnce(T) -> std::io::Result<()>,
) -> Result<(), OptionError> {
    let Some(value) = value else { return Ok(()) };
    call(value).map_err(|e| OptionError {
        option,
        asked: value.to_string(),
        errno: e.raw_os_error().unwrap_or(0),
        allowed,
    })
}

fn set_shown(
    option: &'static str,
    value: Option<Duration>,
    allowed: &'static str,
    call: impl FnOnce(Duration) -> std::io::Result<()>,
) -> Result<(), OptionError> {
    let Some(value) = value else { return Ok(()) };
    call(value).map_err(|e| OptionError {
        option,
        asked: format!("{value:?}"),
        errno: e.raw_os_error().unwrap_or(0),
        allowed,
    })
}

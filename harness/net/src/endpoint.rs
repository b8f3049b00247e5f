//! Addresses as users write them: `tcp://127.0.0.1:7000`, `udp://[::1]:53`, `unix:///run/x.sock`,
//! `unix-dgram:///run/log`, `unix-seqpacket://@name`.

use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

/// An address of a socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// A TCP port.
    Tcp(SocketAddr),
    /// A UDP port.
    Udp(SocketAddr),
    /// A Unix stream socket.
    Unix(UnixAddr),
    /// A Unix datagram socket.
    UnixDgram(UnixAddr),
    /// A Unix seqpacket socket.
    UnixSeqpacket(UnixAddr),
}

/// The name of a Unix socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UnixAddr {
    /// A file, at most 108 bytes long with some kernels' NUL included (unix(7)).
    Path(PathBuf),
    /// A name in Linux's abstract namespace, without its leading NUL byte.
    Abstract(String),
}

/// The kinds of transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// A byte stream over IP.
    Tcp,
    /// Datagrams over IP.
    Udp,
    /// A byte stream between processes of one host.
    Unix,
    /// Datagrams between processes of one host: reliable, in order, with back-pressure (unix(7)).
    UnixDgram,
    /// Connections that keep message boundaries, between processes of one host (unix(7)).
    UnixSeqpacket,
}

impl Transport {
    /// True where bytes form a stream without message boundaries.
    pub fn is_stream(self) -> bool {
        matches!(self, Self::Tcp | Self::Unix)
    }

    /// True where there are no connections: each datagram stands for itself.
    pub fn is_datagram(self) -> bool {
        matches!(self, Self::Udp | Self::UnixDgram)
    }

    /// True between processes of one host, with names instead of ports.
    pub fn is_unix(self) -> bool {
        matches!(self, Self::Unix | Self::UnixDgram | Self::UnixSeqpacket)
    }

    /// The scheme of its URLs.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Unix => "unix",
            Self::UnixDgram => "unix-dgram",
            Self::UnixSeqpacket => "unix-seqpacket",
        }
    }

    /// The name in the scenario language.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnixDgram => "unix_dgram",
            Self::UnixSeqpacket => "unix_seqpacket",
            other => other.scheme(),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An address that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not an endpoint: {why}; write {}", Endpoint::FORMS)]
pub struct EndpointError {
    /// What was given.
    pub given: String,
    /// What is wrong with it.
    pub why: String,
}

/// Longest path of a Unix socket in bytes: `sun_path` is 108 bytes (unix(7)).
const UNIX_PATH_MAX: usize = 107;

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(given: &str) -> Result<Self, EndpointError> {
        let fail = |why: String| EndpointError {
            given: given.to_owned(),
            why,
        };
        let Some((scheme, rest)) = given.split_once("://") else {
            return Err(fail("it has no scheme".to_owned()));
        };
        match scheme {
            "tcp" => Ok(Self::Tcp(socket_addr(rest).map_err(fail)?)),
            "udp" => Ok(Self::Udp(socket_addr(rest).map_err(fail)?)),
            "unix" => Ok(Self::Unix(unix_addr(rest).map_err(fail)?)),
            "unix-dgram" => Ok(Self::UnixDgram(unix_addr(rest).map_err(fail)?)),
            "unix-seqpacket" => Ok(Self::UnixSeqpacket(unix_addr(rest).map_err(fail)?)),
            other => Err(fail(format!("`{other}` is not a known scheme"))),
        }
    }
}

fn socket_addr(rest: &str) -> Result<SocketAddr, String> {
    if let Ok(addr) = rest.parse::<SocketAddr>() {
        return Ok(addr);
    }
    let Some((host, port)) = rest.rsplit_once(':') else {
        return Err("it has no port".to_owned());
    };
    let port: u16 = port
        .parse()
        .map_err(|_| format!("`{port}` is not a port, which is 0 to 65535"))?;
    if host.is_empty() {
        return Err("it has no host".to_owned());
    }
    if host.contains(':') {
        return Err("an IPv6 address stands in brackets, as in [::1]".to_owned());
    }
    // IPv4 first: `localhost` means both, and most servers that name one family name that.
    let all: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|e| format!("the host `{host}` cannot be resolved ({e})"))?
        .collect();
    all.iter()
        .find(|a| a.is_ipv4())
        .or_else(|| all.first())
        .copied()
        .ok_or_else(|| format!("the host `{host}` has no address"))
}

fn unix_addr(rest: &str) -> Result<UnixAddr, String> {
    let (name, addr) = match rest.strip_prefix('@') {
        Some(name) => (name, UnixAddr::Abstract(name.to_owned())),
        None => (rest, UnixAddr::Path(PathBuf::from(rest))),
    };
    if name.is_empty() {
        return Err("it has no path".to_owned());
    }
    if name.len() > UNIX_PATH_MAX {
        return Err(format!(
            "its path has {} bytes, {UNIX_PATH_MAX} are allowed",
            name.len()
        ));
    }
    if name.contains('\0') {
        return Err("its path contains a NUL byte".to_owned());
    }
    Ok(addr)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(a) => write!(f, "tcp://{a}"),
            Self::Udp(a) => write!(f, "udp://{a}"),
            Self::Unix(name) | Self::UnixDgram(name) | Self::UnixSeqpacket(name) => {
                write!(f, "{}://{name}", self.transport().scheme())
            }
        }
    }
}

impl fmt::Display for UnixAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Abstract(name) => write!(f, "@{name}"),
        }
    }
}

impl Endpoint {
    /// The forms in which one is written, for messages.
    pub const FORMS: &str = "tcp://HOST:PORT, udp://HOST:PORT, unix:///PATH or unix://@NAME, or \
                             such a name with unix-dgram or unix-seqpacket";

    /// The Unix socket of this kind and name; a stream socket where `kind` is no Unix transport.
    pub fn unix(kind: Transport, name: UnixAddr) -> Self {
        match kind {
            Transport::UnixDgram => Self::UnixDgram(name),
            Transport::UnixSeqpacket => Self::UnixSeqpacket(name),
            Transport::Unix | Transport::Tcp | Transport::Udp => Self::Unix(name),
        }
    }

    /// Its kind of transport.
    pub fn transport(&self) -> Transport {
        match self {
            Self::Tcp(_) => Transport::Tcp,
            Self::Udp(_) => Transport::Udp,
            Self::Unix(_) => Transport::Unix,
            Self::UnixDgram(_) => Transport::UnixDgram,
            Self::UnixSeqpacket(_) => Transport::UnixSeqpacket,
        }
    }

    /// Its name; `None` for IP sockets.
    pub fn unix_addr(&self) -> Option<&UnixAddr> {
        match self {
            Self::Unix(name) | Self::UnixDgram(name) | Self::UnixSeqpacket(name) => Some(name),
            Self::Tcp(_) | Self::Udp(_) => None,
        }
    }

    /// Its IP address and port; `None` for Unix sockets.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(a) | Self::Udp(a) => Some(*a),
            Self::Unix(_) | Self::UnixDgram(_) | Self::UnixSeqpacket(_) => None,
        }
    }

    /// Its port; `None` for Unix sockets.
    pub fn port(&self) -> Option<u16> {
        self.socket_addr().map(|a| a.port())
    }

    /// The same address with another port. Unix sockets have none and stay as they are.
    pub fn with_port(&self, port: u16) -> Self {
        let mut changed = self.clone();
        if let Self::Tcp(a) | Self::Udp(a) = &mut changed {
            a.set_port(port);
        }
        changed
    }

    /// True where bytes to it do not leave this host: loopback addresses (an unspecified address
    /// counts, since connecting to it reaches loopback) and Unix sockets.
    pub fn is_local(&self) -> bool {
        match self.socket_addr().map(|a| a.ip()) {
            None => true,
            Some(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_unspecified(),
            Some(IpAddr::V6(ip)) => {
                ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_shown() {
        for url in [
            "tcp://127.0.0.1:7000",
            "tcp://[::1]:7000",
            "udp://127.0.0.1:53",
            "unix:///tmp/a.sock",
            "unix://@name",
            "unix-dgram:///tmp/a.sock",
            "unix-seqpacket://@name",
        ] {
            assert_eq!(url.parse::<Endpoint>().unwrap().to_string(), url);
        }
    }

    #[test]
    fn mistakes_name_the_value_and_what_is_right() {
        for (url, why) in [
            ("127.0.0.1:7000", "no scheme"),
            ("http://127.0.0.1:7000", "`http` is not a known scheme"),
            ("tcp://127.0.0.1", "no port"),
            ("tcp://127.0.0.1:70000", "`70000` is not a port"),
            ("tcp://::1:7000", "stands in brackets"),
            ("tcp://:7000", "no host"),
            ("unix://", "no path"),
        ] {
            let error = url.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(why), "{url}: {error}");
            assert!(error.contains("write tcp://"), "{url}: {error}");
        }
    }

    #[test]
    fn local_is_loopback_or_unix() {
        for (url, local) in [
            ("tcp://127.9.8.7:1", true),
            ("tcp://[::1]:1", true),
            ("tcp://[::ffff:127.0.0.1]:1", true),
            ("unix:///tmp/a", true),
            ("tcp://192.0.2.1:1", false),
            ("tcp://[2001:db8::1]:1", false),
        ] {
            assert_eq!(url.parse::<Endpoint>().unwrap().is_local(), local, "{url}");
        }
    }
}

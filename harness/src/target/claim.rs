//! An address to listen on, for a target or for the harness itself.

use harness_net::{Endpoint, PortLease, Transport, UnixAddr};

use super::TargetError;
use crate::scenario::model::Profile;

/// An address that is this run's own as long as the value lives.
pub(super) struct Claim {
    pub(super) endpoint: Endpoint,
    /// Keeps the port.
    _lease: Option<PortLease>,
    /// Holds the Unix socket.
    _dir: Option<tempfile::TempDir>,
}

impl Claim {
    /// # Errors
    /// No port is free, or there is no room for a Unix socket's folder.
    pub(super) fn take(profile: &Profile) -> Result<Self, TargetError> {
        let system = |what, error: String| TargetError::System { what, error };
        if profile.transport == Transport::Unix {
            let dir = tempfile::Builder::new()
                .prefix("harness-")
                .tempdir()
                .map_err(|e| system("making a folder for the Unix socket", e.to_string()))?;
            let path = dir.path().join("target.sock");
            return Ok(Self {
                endpoint: Endpoint::Unix(UnixAddr::Path(path)),
                _lease: None,
                _dir: Some(dir),
            });
        }
        let lease = PortLease::take().map_err(|e| system("claiming a port", e.to_string()))?;
        let address = (profile.host, lease.port()).into();
        let endpoint = match profile.transport {
            Transport::Udp => Endpoint::Udp(address),
            _ => Endpoint::Tcp(address),
        };
        Ok(Self {
            endpoint,
            _lease: Some(lease),
            _dir: None,
        })
    }
}

//! An address to listen on, for a target or for the harness itself.

use std::sync::atomic::{AtomicU64, Ordering};

use std::path::Path;

use harness_net::{Endpoint, PortLease, Transport, UnixAddr};
use tempfile::TempDir;

use super::TargetError;
use crate::scenario::model::Profile;

/// An address that is this run's own as long as the value lives.
pub(super) struct Claim {
    pub(super) endpoint: Endpoint,
    /// Keeps the port.
    _lease: Option<PortLease>,
    /// Holds the Unix socket, and the folder that a reference server makes for itself.
    dir: Option<TempDir>,
}

impl Claim {
    /// # Errors
    /// No port is free, or there is no room for a Unix socket's folder.
    pub(super) fn take(profile: &Profile) -> Result<Self, TargetError> {
        if profile.transport.is_unix() && profile.abstract_name {
            return Ok(Self {
                endpoint: Endpoint::unix(profile.transport, fresh_name()),
                _lease: None,
                dir: None,
            });
        }
        if profile.transport.is_unix() {
            let dir = made("making a folder for the Unix socket")?;
            let path = dir.path().join("target.sock");
            return Ok(Self {
                endpoint: Endpoint::unix(profile.transport, UnixAddr::Path(path)),
                _lease: None,
                dir: Some(dir),
            });
        }
        let lease = PortLease::take().map_err(|e| TargetError::System {
            what: "claiming a port",
            error: e.to_string(),
        })?;
        let address = (profile.host, lease.port()).into();
        let endpoint = match profile.transport {
            Transport::Udp => Endpoint::Udp(address),
            _ => Endpoint::Tcp(address),
        };
        Ok(Self {
            endpoint,
            _lease: Some(lease),
            dir: None,
        })
    }

    /// A folder that goes with it.
    ///
    /// # Errors
    /// There is no room for one.
    pub(super) fn folder(&mut self) -> Result<&Path, TargetError> {
        let dir = match self.dir.take() {
            Some(dir) => dir,
            None => made("making a folder for the files of the target")?,
        };
        Ok(self.dir.insert(dir).path())
    }
}

fn made(what: &'static str) -> Result<TempDir, TargetError> {
    let made = tempfile::Builder::new().prefix("harness-").tempdir();
    made.map_err(|e| TargetError::System {
        what,
        error: e.to_string(),
    })
}

/// An abstract name that no other target of this host has.
fn fresh_name() -> UnixAddr {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    UnixAddr::Abstract(format!("harness-{}-{number}", std::process::id()))
}

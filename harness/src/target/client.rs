//! A client under test: the harness listens, and starts it anew for each delivery.

use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use harness_net::{Accepted, ClientPort, Exit, Interest, Launch, NetError, SocketOptions, poll};

use super::claim::Claim;
use super::command::{builtin_launch, command_launch};
use super::last_words::stderr_lines;
use super::{Target, TargetError};
use crate::scenario::model::{Origin, Profile, Ready};

/// Bytes of output that are kept of a client: its stdout is compared.
const OUTPUT: usize = 16 << 20;
/// The longest wait between two looks at whether the client is still there.
const SLICE: Duration = Duration::from_millis(5);

/// Ports that are tried after the first.
const PORTS: u32 = 20;

/// What a client's target has beside a server's.
pub(super) struct ClientSide {
    launcher: PathBuf,
    /// Where an instance connects to.
    listener: Option<ClientPort>,
    /// Addresses that wait for their next instance.
    idle: Mutex<Vec<(Claim, ClientPort)>>,
}

/// How a client ended, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status, or the signal that killed it.
    pub exit: Exit,
    /// What it wrote to stdout; of more than 16 MiB the end.
    pub stdout: Vec<u8>,
}

impl Target {
    /// The description of a client: instances of it are started by [`Target::instance`].
    ///
    /// # Errors
    /// There is no address to listen on.
    pub(super) fn awaiting(profile: &Arc<Profile>, launcher: &Path) -> Result<Self, TargetError> {
        let place = listen(profile)?;
        let side = ClientSide {
            launcher: launcher.to_owned(),
            listener: None,
            idle: Mutex::default(),
        };
        let endpoint = place.0.endpoint.clone();
        put(&side, place);
        Ok(Self {
            client: Some(side),
            ..Self::new(profile, endpoint, None, Ready::Listening)
        })
    }

    /// Starts the client once. It has an address of its own to connect to.
    ///
    /// # Errors
    /// This is no client, there is no address to listen on, or the program cannot be executed.
    pub fn instance(&self) -> Result<Self, TargetError> {
        let side = self.client.as_ref().ok_or_else(|| self.not_ours())?;
        let idle = side
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let (claim, listener) = match idle {
            Some(place) => place,
            None => listen(&self.profile)?,
        };
        // All that the last instance opened is gone with it.
        while self.profile.transport.is_stream()
            && listener
                .accept(&SocketOptions::default())
                .is_ok_and(|stale| stale.is_some())
        {}
        let endpoint = claim.endpoint.clone();
        let launch = Launch {
            output_limit: OUTPUT,
            ..match &self.profile.origin {
                Origin::Start(command) => {
                    command_launch(command, &self.profile, &side.launcher, &endpoint)
                }
                origin => builtin_launch(origin, &side.launcher, &endpoint),
            }
        };
        let process = self.spawn(&launch)?;
        Ok(Self {
            claim: Some(claim),
            client: Some(ClientSide {
                launcher: side.launcher.clone(),
                listener: Some(listener),
                idle: Mutex::default(),
            }),
            digest: None,
            process: Mutex::new(Some(process)),
            ..Self::new(&self.profile, endpoint, Some(launch), Ready::Listening)
        })
    }

    /// Ends an instance that [`Target::instance`] started, and keeps its address for the next one.
    /// `troubled`: its last words are told by [`Target::info`].
    pub fn retire(&self, mut instance: Self, troubled: bool) {
        let process = instance
            .process
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(mut process) = process {
            let exit = process.exit();
            process.stop(Duration::ZERO);
            let mut death = self.death.lock().unwrap_or_else(PoisonError::into_inner);
            if let (true, Some(exit), None) = (troubled, exit, &*death) {
                *death = Some((exit, stderr_lines(&process)));
            }
        }
        if let Some(listener) = instance.client.take().and_then(|c| c.listener)
            && let (Some(side), Some(claim)) = (&self.client, instance.claim.take())
            && self.profile.transport.is_stream()
        {
            put(side, (claim, listener));
        }
    }

    /// Waits until the client connects; over UDP, until its first datagram is there.
    ///
    /// # Errors
    /// It ended without, did neither until the deadline, or accept(2) failed.
    pub fn accept(
        &self,
        options: &SocketOptions,
        deadline: Instant,
        stop: &dyn Fn() -> bool,
    ) -> Result<Accepted, NotMet> {
        let listener = self.client.as_ref().and_then(|c| c.listener.as_ref());
        let listener = listener.ok_or(NotMet::Deadline)?;
        loop {
            // Asked before accept(2): a client that connected and then ended is met.
            let exit = self.exited();
            if let Some(accepted) = listener.accept(options).map_err(NotMet::Failed)? {
                return Ok(accepted);
            }
            if let Some(exit) = exit {
                return Err(NotMet::Ended(exit));
            }
            if Instant::now() >= deadline || stop() {
                return Err(NotMet::Deadline);
            }
            let interest = Interest {
                fd: listener.as_fd(),
                read: true,
                write: false,
            };
            // An error of poll(2) itself shows again in the next accept.
            let _ = poll(&[interest], SLICE);
        }
    }

    /// How an instance ended by itself, and what it said; `None` if it still runs at the deadline.
    pub fn await_end(&self, deadline: Instant) -> Option<Ended> {
        let mut process = self.lock();
        let process = process.as_mut()?;
        let exit = process.wait(deadline)?;
        // The last of its output may still be on its way.
        process.stop(Duration::ZERO);
        Some(Ended {
            exit,
            stdout: process.output().stdout,
        })
    }
}

/// Why a client was not met.
#[derive(Debug)]
pub enum NotMet {
    /// It ended without having connected.
    Ended(Exit),
    /// It did not connect until the deadline.
    Deadline,
    /// accept(2) or an option failed.
    Failed(NetError),
}

/// An address, and a socket that listens there. A process that is just being started by another
/// thread has, until it is executed, a copy of every socket: that with which a port was found to be
/// free may still hold it then. Another port is taken instead.
fn listen(profile: &Profile) -> Result<(Claim, ClientPort), TargetError> {
    let mut tries = 0;
    loop {
        let claim = Claim::take(profile)?;
        match ClientPort::bind(&claim.endpoint, &profile.options) {
            Ok(listener) => return Ok((claim, listener)),
            Err(e) if e.is("EADDRINUSE") && tries < PORTS => tries += 1,
            Err(e) => {
                return Err(TargetError::System {
                    what: "listening for the client",
                    error: e.to_string(),
                });
            }
        }
    }
}

fn put(side: &ClientSide, place: (Claim, ClientPort)) {
    side.idle
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(place);
}

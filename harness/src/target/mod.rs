//! One running target: start it, know when it is ready, watch it, stop it.

mod claim;
mod client;
mod command;
mod error;
mod last_words;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use harness_net::{Endpoint, Exit, Launch, Process, Signal, listening, threads_blocked};

use self::claim::Claim;
use self::client::ClientSide;
pub use self::client::{Ended, NotMet};
pub use self::command::program;
use self::command::{binary_digest, builtin_launch, command_launch, command_line, makes_folder};
pub use self::error::TargetError;
use self::last_words::{last_words, stderr_lines};
use crate::run::TargetInfo;
use crate::scenario::model::{Origin, Profile, Ready, Role};

/// How long a reference server may take to be ready.
const BUILTIN_WITHIN: Duration = Duration::from_secs(10);
/// How long a target may take to end after SIGTERM, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// One running target.
pub struct Target {
    profile: Arc<Profile>,
    endpoint: Endpoint,
    launch: Option<Launch>,
    /// SHA-256 of its program file. A reference server is this program: its version says more.
    digest: Option<String>,
    ready: Ready,
    process: Mutex<Option<Process>>,
    /// True once it was seen to be there: it took a connection, or answered.
    reached: AtomicBool,
    /// How the last instance that ended by itself did so, and its last words: what a restart must
    /// not wipe out.
    death: Mutex<Option<(Exit, Vec<String>)>>,
    /// Keeps the address for restarts.
    claim: Option<Claim>,
    /// What a client under test has beside.
    client: Option<ClientSide>,
}

/// What became of a second instance on the same port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Second {
    /// It ended by itself, with this and these last words.
    Ended(Exit, String),
    /// It listens beside the first.
    Ready,
    /// It neither ended nor listens.
    Neither,
}

impl Target {
    /// Starts the target, or finds where it is. `launcher` is the harness's own program: it guards
    /// started targets and is the program of the reference servers. `stop` is asked now and then
    /// whether the wait is to end early.
    ///
    /// # Errors
    /// It could not be started or did not become ready; nothing of it is left then.
    pub fn start(
        profile: &Arc<Profile>,
        launcher: &Path,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, TargetError> {
        if profile.role == Role::Client {
            return Self::awaiting(profile, launcher);
        }
        let (mut claim, endpoint) = match &profile.origin {
            Origin::Connect(endpoint) => (None, endpoint.clone()),
            Origin::None => (None, nowhere()),
            _ => {
                let claim = Claim::take(profile)?;
                let endpoint = claim.endpoint.clone();
                (Some(claim), endpoint)
            }
        };
        let (launch, ready, within) = match &profile.origin {
            Origin::Connect(_) | Origin::None => (None, Ready::Listening, BUILTIN_WITHIN),
            Origin::Builtin(_) | Origin::Client(_) => {
                let mut launch = builtin_launch(&profile.origin, launcher, &endpoint);
                if let Some(claim) = claim.as_mut().filter(|_| makes_folder(&profile.origin)) {
                    // In a folder of this target's, so that nothing of it stays when it is killed.
                    let path = claim.folder()?.display().to_string();
                    launch.env.push(("TMPDIR".to_owned(), path));
                }
                (Some(launch), Ready::Listening, BUILTIN_WITHIN)
            }
            Origin::Start(command) => (
                Some(command_launch(command, profile, launcher, &endpoint)),
                command.ready.clone(),
                command.within,
            ),
        };
        let target = Self {
            claim,
            ..Self::new(profile, endpoint, launch, ready)
        };
        if target.launch.is_some() {
            target.start_again(within, stop)?;
        }
        Ok(target)
    }

    /// A target that does not run yet.
    fn new(
        profile: &Arc<Profile>,
        endpoint: Endpoint,
        launch: Option<Launch>,
        ready: Ready,
    ) -> Self {
        Self {
            profile: Arc::clone(profile),
            endpoint,
            digest: match &profile.origin {
                Origin::Start(command) => command.argv.first().and_then(|p| binary_digest(p)),
                _ => None,
            },
            launch,
            ready,
            process: Mutex::new(None),
            reached: AtomicBool::new(false),
            death: Mutex::new(None),
            claim: None,
            client: None,
        }
    }

    /// Its address.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// True where the harness started it.
    pub fn is_started(&self) -> bool {
        self.launch.is_some()
    }

    /// Notes that it is there: it took a connection, or answered.
    pub fn reach(&self) {
        self.reached.store(true, Ordering::Relaxed);
    }

    /// True once it was seen to be there.
    pub fn was_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// True for an address at which nothing was met so far. What is not there cannot be judged.
    /// One that the harness started was seen to listen.
    pub fn never_reached(&self) -> bool {
        let expected = !matches!(self.profile.origin, Origin::None);
        expected && !self.is_started() && !self.was_reached()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts it, again after [`Target::stop`], on the same address, and waits until it is ready.
    ///
    /// # Errors
    /// As [`Target::start`].
    pub fn start_again(
        &self,
        within: Duration,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), TargetError> {
        let launch = self.launch.as_ref().ok_or_else(|| self.not_ours())?;
        let mut process = self.spawn(launch)?;
        let deadline = Instant::now() + within;
        let mut pause = Duration::from_micros(100);
        loop {
            // Asked before the exit is looked for: a target that listened and then died was ready.
            if self.is_ready(&process)? {
                *self.lock() = Some(process);
                return Ok(());
            }
            if let Some(exit) = process.exit().filter(|exit| !lives_on(&process, *exit)) {
                return Err(TargetError::Exited {
                    command: command_line(launch),
                    exit: exit.to_string(),
                    stderr: last_words(&mut process),
                });
            }
            if stop() {
                return Err(TargetError::Interrupted(command_line(launch)));
            }
            if Instant::now() >= deadline {
                let awaited = match &self.ready {
                    Ready::Listening => format!("nothing of it listens on {}", self.endpoint),
                    Ready::Line(line) => format!("no line with `{line}` on its stdout"),
                };
                let command = command_line(launch);
                return Err(TargetError::NotReady {
                    command,
                    within,
                    awaited,
                    stderr: last_words(&mut process),
                });
            }
            // No event tells of a new listener: the socket table is looked at again and again.
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }

    fn spawn(&self, launch: &Launch) -> Result<Process, TargetError> {
        Process::start(launch).map_err(|e| TargetError::Start {
            command: command_line(launch),
            why: e.to_string(),
        })
    }

    fn is_ready(&self, process: &Process) -> Result<bool, TargetError> {
        match &self.ready {
            Ready::Listening => {
                listening(process, &self.endpoint).map_err(|e| TargetError::System {
                    what: "reading the socket table",
                    error: e.to_string(),
                })
            }
            Ready::Line(line) => {
                let output = process.output();
                Ok(String::from_utf8_lossy(&output.stdout)
                    .lines()
                    .any(|l| l.contains(line)))
            }
        }
    }

    /// Starts a second instance on the same address, sees what becomes of it, and ends it.
    ///
    /// # Errors
    /// It could not be started at all.
    pub fn second(&self, within: Duration) -> Result<Second, TargetError> {
        let launch = self.launch.as_ref().ok_or_else(|| self.not_ours())?;
        let mut process = self.spawn(launch)?;
        let deadline = Instant::now() + within;
        let mut pause = Duration::from_micros(200);
        loop {
            if let Some(exit) = process.exit() {
                return Ok(Second::Ended(exit, last_words(&mut process)));
            }
            if listening(&process, &self.endpoint).unwrap_or(false) {
                return Ok(Second::Ready);
            }
            if Instant::now() >= deadline {
                return Ok(Second::Neither);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }

    fn not_ours(&self) -> TargetError {
        TargetError::NotOurs(self.endpoint.to_string())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Process) -> T) -> Result<T, TargetError> {
        self.lock().as_mut().map(act).ok_or_else(|| self.not_ours())
    }

    /// SIGSTOP to its process tree, until every thread is seen stopped.
    ///
    /// # Errors
    /// It is not ours, or was not seen stopped until the deadline.
    pub fn pause(&self, deadline: Instant) -> Result<(), TargetError> {
        let paused = self.with(|p| p.pause(deadline))?;
        paused.map_err(|e| TargetError::System {
            what: "stopping the target",
            error: e.to_string(),
        })
    }

    /// SIGCONT to its process tree.
    ///
    /// # Errors
    /// It is not ours, or is gone.
    pub fn resume(&self) -> Result<(), TargetError> {
        let resumed = self.with(|p| p.resume())?;
        resumed.map_err(|e| TargetError::System {
            what: "continuing the target",
            error: e.to_string(),
        })
    }

    /// Ends it, with SIGKILL or SIGTERM, and whatever it left behind. True where SIGTERM was not
    /// enough: it was still there after [`GRACE`], and was killed.
    ///
    /// # Errors
    /// It is not ours.
    pub fn stop(&self, kill: bool) -> Result<bool, TargetError> {
        let mut process = self.lock().take().ok_or_else(|| self.not_ours())?;
        if let Some(exit) = process.exit() {
            process.stop(Duration::ZERO);
            *self.death.lock().unwrap_or_else(PoisonError::into_inner) =
                Some((exit, stderr_lines(&process)));
            return Ok(false);
        }
        if kill {
            // The tree's end is awaited below; that it was gone already is no matter.
            let _ = process.signal(Signal::Kill);
        }
        Ok(process.stop(GRACE).forced && !kill)
    }

    /// True while an instance of it runs that the harness started.
    pub fn runs(&self) -> bool {
        let process = self.lock();
        process.as_ref().is_some_and(|p| self.ended(p).is_none())
    }

    /// How it ended, if it did so by itself. A program that made itself a daemon has not ended: it
    /// exited with status 0, and a descendant of it listens.
    pub fn exited(&self) -> Option<Exit> {
        self.lock().as_ref().and_then(|process| self.ended(process))
    }

    fn ended(&self, process: &Process) -> Option<Exit> {
        let exit = process.exit()?;
        let is_server = self.client.is_none();
        let daemon =
            is_server && exit.is_success() && listening(process, &self.endpoint).unwrap_or(false);
        (!daemon).then_some(exit)
    }

    /// CPU time of its process tree, where the harness started it.
    pub fn cpu_time(&self) -> Option<Duration> {
        self.lock().as_ref().and_then(Process::cpu_time)
    }

    /// Resident memory of its process tree in bytes, where the harness started it.
    pub fn rss_bytes(&self) -> Option<u64> {
        self.lock().as_ref().and_then(Process::rss_bytes)
    }

    /// How many processes of its tree ended and were not waited for. `None` where the harness did
    /// not start it.
    pub fn zombies(&self) -> Option<usize> {
        self.lock().as_ref().map(Process::zombies)
    }

    /// True if this process belongs to its tree.
    pub fn has_process(&self, pid: u32) -> bool {
        let process = self.lock();
        process.as_ref().is_some_and(|p| p.tree().contains(&pid))
    }

    /// True if there was an instant at which every thread of its process tree slept. `None` where
    /// that cannot be seen.
    pub fn is_blocked(&self) -> Option<bool> {
        let tree = self.lock().as_ref().map(Process::tree)?;
        threads_blocked(&tree).ok()
    }

    /// What reports say of it. `troubled`: with its last words. Where it ended by itself, it is the
    /// last instance that did so of which they tell.
    pub fn info(&self, troubled: bool) -> TargetInfo {
        let mut process = self.lock();
        let exit = process.as_ref().and_then(|p| self.ended(p));
        // Told once: the next case that shares this target has nothing to do with it.
        let past = self
            .death
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let (exit, stderr) = match (process.as_mut(), exit, past) {
            (Some(p), Some(exit), _) => {
                // The last of its output may still be on its way.
                p.stop(Duration::ZERO);
                (Some(exit), stderr_lines(p))
            }
            (_, _, Some((exit, stderr))) => (Some(exit), stderr),
            (Some(p), None, None) if troubled => (None, stderr_lines(p)),
            _ => (None, Vec::new()),
        };
        TargetInfo {
            address: Some(&self.endpoint)
                .filter(|_| !matches!(self.profile.origin, Origin::None))
                .map(ToString::to_string),
            binary_sha256: self.digest.clone(),
            exit: exit.map(|e| e.to_string()),
            stderr,
            ..describe(&self.profile)
        }
    }
}

/// What reports say of a target that does not run.
pub fn describe(profile: &Profile) -> TargetInfo {
    let how = match &profile.origin {
        Origin::Connect(endpoint) => endpoint.to_string(),
        Origin::None => "both ends are the harness's own".to_owned(),
        Origin::Start(command) => command.argv.join(" "),
        Origin::Builtin(b) => {
            let mut how = format!("reference server {}", b.server);
            if let Some(model) = &b.model {
                how.push_str(&format!(", model {model}"));
            }
            if let Some(fault) = &b.fault {
                how.push_str(&format!(", fault {fault}"));
            }
            how
        }
        Origin::Client(c) => {
            let mut how = format!("reference client {}", c.client);
            if let Some(fault) = &c.fault {
                how.push_str(&format!(", fault {fault}"));
            }
            how
        }
    };
    TargetInfo {
        name: profile.name.clone(),
        how,
        ..TargetInfo::default()
    }
}

/// Stands for the address of a target that is not there.
fn nowhere() -> Endpoint {
    Endpoint::Tcp((std::net::Ipv4Addr::LOCALHOST, 0).into())
}

/// True where a program that exited well left a descendant, which may still become ready.
fn lives_on(process: &Process, exit: Exit) -> bool {
    exit.is_success() && !process.tree().is_empty()
}

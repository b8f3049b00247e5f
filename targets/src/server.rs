//! Starts, runs and stops one server.

use std::sync::Arc;
use std::thread::JoinHandle;

use harness_net::{Endpoint, UnixAddr};
use tempfile::TempDir;

use crate::check::chosen;
use crate::children::Children;
use crate::command::Runner;
use crate::config::Config;
use crate::folder::Folder;
use crate::listen::{self, Listening, SocketFile};
use crate::models::{self, Driver};
use crate::service::{Factory, Fault, Kind, Service, Setup, Sockets};
use crate::shared::{Shared, State};
use crate::{Model, ServeError, habits, worker};

/// A server that runs inside this process, until it is stopped or dropped.
pub struct Running {
    endpoint: Endpoint,
    shared: Arc<Shared>,
    driver: Option<JoinHandle<()>>,
    file: Option<SocketFile>,
    /// The folder that it serves, where that was made for it.
    temporary: Option<TempDir>,
}

impl Running {
    /// Runs a driver in a thread of its own.
    pub(crate) fn spawn(
        service: &Service,
        endpoint: Endpoint,
        shared: Arc<Shared>,
        file: Option<SocketFile>,
        driver: impl FnOnce() + Send + 'static,
    ) -> Result<Self, ServeError> {
        let driver = std::thread::Builder::new()
            .name(service.name.to_owned())
            .spawn(driver)
            .map_err(ServeError::Start)?;
        Ok(Self {
            endpoint,
            shared,
            driver: Some(driver),
            file,
            temporary: None,
        })
    }

    /// Where it listens, with the port that the kernel chose.
    pub fn addr(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What ended it, if its planted fault did.
    pub fn died(&self) -> Option<String> {
        match self.shared.state() {
            State::Died(how) => Some(how),
            State::Running | State::Stopping => None,
        }
    }

    /// Stops listening, closes every connection and kills every command. Returns when that is
    /// done; a server with the fault `stop_waits_for_clients` waits for its clients.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.stop();
        if let Some(driver) = self.driver.take() {
            // A driver that panicked has ended too.
            let _ = driver.join();
        }
        self.shared.wait_until_empty();
        drop(self.file.take());
        drop(self.temporary.take());
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts a server inside this process. `announce` gets lines for the user: where it listens and
/// what that means.
///
/// # Errors
/// The name, fault, model, transport, address or a setting is not one that the service has, or
/// the system refuses the socket: see [`ServeError`].
pub fn start(
    name: &str,
    config: &Config,
    announce: &mut dyn FnMut(&str),
) -> Result<Running, ServeError> {
    let (service, fault, model) = chosen(name, config)?;
    let sockets = sockets(fault, model);
    let Listening {
        socket,
        endpoint,
        file,
    } = listen::listen(&config.listen, sockets).map_err(|source| ServeError::Listen {
        listen: config.listen.clone(),
        source,
    })?;
    let (shared, setup) = make(fault, sockets, config)?;
    let (mut temporary, mut serves) = (None, None);
    let sessions = match &service.kind {
        Kind::Datagram(make) => Err(make(setup)),
        Kind::Stream(make) => Ok(factory(setup, make)),
        Kind::Files(make) => {
            let mut folder = folder_of(config)?;
            temporary = folder.take_temporary();
            serves = Some(folder.path().display().to_string());
            Ok(factory(setup, |setup| make(setup, folder)))
        }
    };
    let driver: Box<dyn FnOnce() + Send> = match sessions {
        Err(responder) => {
            let shared = Arc::clone(&shared);
            let transport = endpoint.transport();
            Box::new(move || models::datagrams(socket, transport, responder, &shared))
        }
        Ok(factory) => {
            let driver = Driver {
                listener: socket,
                endpoint: endpoint.clone(),
                factory,
                shared: Arc::clone(&shared),
            };
            match model {
                Some(Model::Iterative) => Box::new(move || models::iterative(&driver)),
                Some(Model::Process) => {
                    let worker = worker::command(service, &endpoint, config)?;
                    Box::new(move || models::processes(&driver, &worker))
                }
                Some(Model::Async) => {
                    let runtime = models::runtime().map_err(ServeError::Start)?;
                    Box::new(move || models::tasks(driver, runtime))
                }
                Some(Model::Thread) | None => Box::new(move || models::threads(&driver)),
            }
        }
    };
    let mut running = Running::spawn(service, endpoint, shared, file, driver)?;
    running.temporary = temporary;
    describe(service, fault, model, config, &running.endpoint, announce);
    if let Some(path) = serves {
        announce(&format!(
            "it lets everybody who can connect read and write the files of {path}"
        ));
    }
    Ok(running)
}

/// How the server treats its sockets.
pub(crate) fn sockets(fault: Option<&Fault>, model: Option<Model>) -> Sockets {
    let sockets = fault.map_or(Sockets::RIGHT, |f| f.sockets);
    let most = match model {
        Some(Model::Process) => Some(models::WORKERS),
        _ => None,
    };
    Sockets {
        clients: sockets.clients.or(most),
        ..sockets
    }
}

/// What all connections have in common, and what sessions are made with.
pub(crate) fn make(
    fault: Option<&'static Fault>,
    sockets: Sockets,
    config: &Config,
) -> Result<(Arc<Shared>, Setup), ServeError> {
    let groups = Arc::new(Children::commands());
    let shared = Shared::new(sockets, Arc::clone(&groups)).map_err(ServeError::Start)?;
    let setup = Setup {
        fault,
        transport: config.listen.transport(),
        runner: Runner {
            shell: config.allow_shell,
            timeout: config.command_timeout,
            output_limit: config.output_limit,
            groups,
            one_pipe_after_the_other: false,
            stdin_left_open: false,
            waits_for_background: false,
        },
        key: config.hmac_key.clone().unwrap_or_default(),
        digest: config.digest,
    };
    Ok((Arc::new(shared), setup))
}

/// Makes sessions, with the habit that the fault has.
pub(crate) fn factory(setup: Setup, make: impl FnOnce(Setup) -> Factory) -> Factory {
    let habit = setup.fault.and_then(|f| f.habit);
    let factory = make(setup);
    match habit {
        Some(habit) => habits::with(habit, factory),
        None => factory,
    }
}

/// Runs a server until SIGTERM or SIGINT, or until its planted fault ends it. Starts a runtime of
/// its own, so it must not be called from asynchronous code.
///
/// # Errors
/// As [`start`]; and [`ServeError::Died`].
pub fn serve(
    name: &str,
    config: &Config,
    announce: &mut dyn FnMut(&str),
) -> Result<(), ServeError> {
    until_told(|| start(name, config, announce))
}

/// Starts something and runs it until SIGTERM or SIGINT, or until it ends by itself.
pub(crate) fn until_told(
    start: impl FnOnce() -> Result<Running, ServeError>,
) -> Result<(), ServeError> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Start)?;
    let state = runtime.block_on(async {
        // The handlers first: a signal that answers the announcement must find them.
        let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Start)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Start)?;
        let running = start()?;
        let mut state = running.shared.watch();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = state.wait_for(|s| *s != State::Running) => {}
        }
        let state = running.shared.state();
        running.stop();
        Ok::<_, ServeError>(state)
    })?;
    match state {
        State::Died(how) => Err(ServeError::Died { how }),
        State::Running | State::Stopping => Ok(()),
    }
}

/// The folder to serve: the one that was given, or a temporary one with samples.
fn folder_of(config: &Config) -> Result<Folder, ServeError> {
    let (folder, opened) = match &config.root {
        Some(root) => (root.clone(), Folder::open(root)),
        None => (std::env::temp_dir(), Folder::samples()),
    };
    opened.map_err(|source| ServeError::Folder { folder, source })
}

fn describe(
    service: &Service,
    fault: Option<&Fault>,
    model: Option<Model>,
    config: &Config,
    endpoint: &Endpoint,
    announce: &mut dyn FnMut(&str),
) {
    let model = model.map_or(String::new(), |m| format!(" (model: {m})"));
    announce(&format!("{} listens on {endpoint}{model}", service.name));
    if let Some(fault) = fault {
        announce(&format!("planted fault {}: {}", fault.name, fault.about));
    }
    if service.runs_commands {
        let who = match endpoint {
            _ if service.authenticates => "everybody who knows the key",
            e if matches!(e.unix_addr(), Some(UnixAddr::Path(_))) => {
                "everybody who may write to its socket file"
            }
            _ => "everybody on this host",
        };
        let how = if config.allow_shell {
            "with a shell"
        } else {
            "without a shell"
        };
        announce(&format!(
            "it runs the commands of {who} as this user, {how}, for at most {:?} and {} bytes of \
             output each",
            config.command_timeout, config.output_limit
        ));
    }
}

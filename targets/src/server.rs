//! Starts, runs and stops one server.

use std::sync::Arc;
use std::thread::JoinHandle;

use harness_net::{Endpoint, UnixAddr};
use tempfile::TempDir;

use crate::check::check;
use crate::command::{Groups, Runner};
use crate::config::Config;
use crate::folder::Folder;
use crate::listen::{self, Listening, SocketFile};
use crate::models::{self, Driver};
use crate::service::{Fault, Kind, Service, Setup, Sockets, similar};
use crate::shared::{Shared, State};
use crate::{Model, ServeError, find, habits};

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
    let service = find(name)?;
    let fault = config.fault.as_deref().map(|f| fault_of(service, f));
    let fault = fault.transpose()?;
    let model = check(service, fault, config)?;
    let sockets = fault.map_or(Sockets::RIGHT, |f| f.sockets);
    let Listening {
        socket,
        endpoint,
        file,
    } = listen::listen(&config.listen, sockets).map_err(|source| ServeError::Listen {
        listen: config.listen.clone(),
        source,
    })?;
    let groups = Arc::new(Groups::default());
    let shared = Arc::new(Shared::new(sockets, Arc::clone(&groups)).map_err(ServeError::Start)?);
    let setup = Setup {
        fault,
        runner: Runner {
            shell: config.allow_shell,
            timeout: config.command_timeout,
            output_limit: config.output_limit,
            groups,
            one_pipe_after_the_other: false,
            stdin_left_open: false,
            waits_for_background: false,
        },
    };
    let (mut temporary, mut serves) = (None, None);
    let factory = match &service.kind {
        Kind::Datagram(make) => Err(make(setup)),
        Kind::Stream(make) => Ok(make(setup)),
        Kind::Files(make) => {
            let mut folder = folder_of(config)?;
            temporary = folder.take_temporary();
            serves = Some(folder.path().display().to_string());
            Ok(make(setup, folder))
        }
    };
    let driver: Box<dyn FnOnce() + Send> = match factory {
        Err(responder) => {
            let shared = Arc::clone(&shared);
            Box::new(move || models::datagrams(socket, responder, &shared))
        }
        Ok(mut factory) => {
            if let Some(habit) = fault.and_then(|f| f.habit) {
                factory = habits::with(habit, factory);
            }
            let driver = Driver {
                listener: socket,
                endpoint: endpoint.clone(),
                factory,
                shared: Arc::clone(&shared),
            };
            match model {
                Some(Model::Iterative) => Box::new(move || models::iterative(&driver)),
                Some(Model::Async) => {
                    let runtime = models::runtime().map_err(ServeError::Start)?;
                    Box::new(move || models::tasks(driver, runtime))
                }
                Some(Model::Thread) | None => Box::new(move || models::threads(&driver)),
            }
        }
    };
    let driver = std::thread::Builder::new()
        .name(service.name.to_owned())
        .spawn(driver)
        .map_err(ServeError::Start)?;
    describe(service, fault, model, config, &endpoint, announce);
    if let Some(path) = serves {
        announce(&format!(
            "it lets everybody who can connect read and write the files of {path}"
        ));
    }
    Ok(Running {
        endpoint,
        shared,
        driver: Some(driver),
        file,
        temporary,
    })
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
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Start)?;
    let state = runtime.block_on(async {
        // The handlers first: a signal that answers the announcement must find them.
        let mut terminate = signal(SignalKind::terminate()).map_err(ServeError::Start)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(ServeError::Start)?;
        let running = start(name, config, announce)?;
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

fn fault_of(service: &'static Service, given: &str) -> Result<&'static Fault, ServeError> {
    service.fault(given).ok_or_else(|| {
        let all = service.faults.iter().map(|f| f.name);
        let near = similar(given, all.clone());
        let suggestion = if near.is_empty() {
            format!("it has {}", all.collect::<Vec<_>>().join(", "))
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        ServeError::UnknownFault {
            service: service.name,
            given: given.to_owned(),
            suggestion,
        }
    })
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
            Endpoint::Unix(UnixAddr::Path(_)) => "everybody who may write to its socket file",
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

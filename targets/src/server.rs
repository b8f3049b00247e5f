//! Starts, runs and stops one server.

use std::sync::Arc;
use std::thread::JoinHandle;

use harness_net::{Endpoint, Transport, UnixAddr};

use crate::children::Children;
use crate::command::Runner;
use crate::config::{Config, OUTPUT_LIMIT_MAX};
use crate::listen::{self, Listening, SocketFile};
use crate::models::{self, Driver};
use crate::service::{Factory, Fault, Kind, Service, Setup, Sockets, similar};
use crate::shared::{Shared, State};
use crate::{KEY_VARIABLE, Model, ServeError, find, habits, worker};

/// A server that runs inside this process, until it is stopped or dropped.
pub struct Running {
    endpoint: Endpoint,
    shared: Arc<Shared>,
    driver: Option<JoinHandle<()>>,
    file: Option<SocketFile>,
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
    let driver: Box<dyn FnOnce() + Send> = match &service.kind {
        Kind::Datagram(make) => {
            let responder = make(setup);
            let shared = Arc::clone(&shared);
            let transport = endpoint.transport();
            Box::new(move || models::datagrams(socket, transport, responder, &shared))
        }
        Kind::Stream(make) => {
            let driver = Driver {
                listener: socket,
                endpoint: endpoint.clone(),
                factory: factory(*make, setup),
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
    let running = Running::spawn(service, endpoint, shared, file, driver)?;
    describe(service, fault, model, config, &running.endpoint, announce);
    Ok(running)
}

/// The service, its fault and its model, as far as all of them fit together.
pub(crate) fn chosen(
    name: &str,
    config: &Config,
) -> Result<(&'static Service, Option<&'static Fault>, Option<Model>), ServeError> {
    let service = find(name)?;
    let fault = config.fault.as_deref().map(|f| fault_of(service, f));
    let fault = fault.transpose()?;
    let model = check(service, fault, config)?;
    Ok((service, fault, model))
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
pub(crate) fn factory(make: fn(Setup) -> Factory, setup: Setup) -> Factory {
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

/// Checks what can be checked before a socket is made, and chooses the model.
fn check(
    service: &'static Service,
    fault: Option<&'static Fault>,
    config: &Config,
) -> Result<Option<Model>, ServeError> {
    let transport = config.listen.transport();
    let unsupported = |what: String, right: Vec<&str>| ServeError::UnsupportedTransport {
        what,
        transport,
        right: right.join(" or "),
    };
    if !service.transports.contains(&transport) {
        let right = service.transports.iter().map(|t| t.scheme()).collect();
        return Err(unsupported(format!("`{}`", service.name), right));
    }
    if let Some(fault) = fault.filter(|f| !f.exists_over(transport)) {
        let exists = |t: &&Transport| fault.exists_over(**t);
        let right = service.transports.iter().filter(exists);
        let right = right.map(|t| t.scheme()).collect();
        return Err(unsupported(format!("the fault `{}`", fault.name), right));
    }
    check_key(service, config)?;
    if service.runs_commands {
        check_commands(service, config)?;
    }
    let model = model(service, config)?;
    match (fault, model) {
        (Some(fault), Some(model)) if !fault.exists_under(Some(model)) => {
            let names: Vec<_> = fault.models.iter().map(|m| m.name()).collect();
            Err(ServeError::FaultOfOtherModel {
                fault: fault.name,
                model,
                right: names.join(" or "),
            })
        }
        _ => Ok(model),
    }
}

/// The model that is asked for, or the service's first.
fn model(service: &'static Service, config: &Config) -> Result<Option<Model>, ServeError> {
    // tokio has no seqpacket sockets.
    let seqpacket = config.listen.transport() == Transport::UnixSeqpacket;
    let exists = |model: &Model| !(seqpacket && *model == Model::Async);
    match config.model {
        None => Ok(service.models.first().copied()),
        Some(model) if service.models.contains(&model) && exists(&model) => Ok(Some(model)),
        Some(model) => Err(ServeError::UnsupportedModel {
            service: service.name,
            model,
            right: match service.models {
                [] => "it serves datagrams, which have no connections: leave the model out".into(),
                some => {
                    let names = some.iter().filter(|m| exists(m)).map(|m| m.name());
                    format!("it has {}", names.collect::<Vec<_>>().join(", "))
                }
            },
        }),
    }
}

fn check_key(service: &'static Service, config: &Config) -> Result<(), ServeError> {
    let problem = match (service.authenticates, &config.hmac_key) {
        (true, None) => format!("is missing; give --key-file, or set {KEY_VARIABLE}"),
        (true, Some(key)) if key.is_empty() => "is empty; it needs a byte at least".to_owned(),
        (false, Some(_)) => format!(
            "is given, but `{}` asks no client for it; leave it out",
            service.name
        ),
        _ => return Ok(()),
    };
    Err(ServeError::Setting {
        setting: "the key",
        problem,
    })
}

fn check_commands(service: &'static Service, config: &Config) -> Result<(), ServeError> {
    // Not `Endpoint::is_local`: a server on the unspecified address is open to other hosts.
    if let Some(addr) = config
        .listen
        .socket_addr()
        .filter(|_| !service.authenticates)
        && !addr.ip().to_canonical().is_loopback()
    {
        return Err(ServeError::NotLoopback {
            service: service.name,
            listen: config.listen.clone(),
            port: addr.port(),
        });
    }
    if config.command_timeout.is_zero() {
        return Err(ServeError::Setting {
            setting: "command_timeout",
            problem: "is 0; commands need more time than none, such as 10s".to_owned(),
        });
    }
    if config.output_limit > OUTPUT_LIMIT_MAX {
        return Err(ServeError::Setting {
            setting: "output_limit",
            problem: format!(
                "is {} bytes; at most {OUTPUT_LIMIT_MAX} (1 GiB) are allowed",
                config.output_limit
            ),
        });
    }
    Ok(())
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

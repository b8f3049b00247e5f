//! One connection in a process of its own: what the model `process` starts, and what runs there.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use harness_net::Endpoint;
use socket2::Socket;

use crate::check::chosen;
use crate::models::{self, Worker};
use crate::server::{Running, factory, make, sockets, until_told};
use crate::service::{Kind, Service};
use crate::{Config, KEY_VARIABLE, ServeError};

/// The command line that serves one connection as this server would: the launcher's
/// `serve NAME --worker`, with the server's own settings.
pub(crate) fn command(
    service: &Service,
    endpoint: &Endpoint,
    config: &Config,
) -> Result<Worker, ServeError> {
    let Some(program) = config.launcher.clone() else {
        return Err(ServeError::Setting {
            setting: "launcher",
            problem: "is missing; the model `process` starts that program for each connection"
                .to_owned(),
        });
    };
    let mut arguments: Vec<OsString> = ["serve", service.name, "--worker", "--model", "process"]
        .map(OsString::from)
        .into();
    let mut setting = |name: &str, value: String| arguments.extend([name.into(), value.into()]);
    setting("--listen", endpoint.to_string());
    setting(
        "--command-timeout",
        config.command_timeout.as_secs().to_string(),
    );
    setting("--output-limit", config.output_limit.to_string());
    setting("--digest", config.digest.name().to_owned());
    if let Some(fault) = &config.fault {
        setting("--fault", fault.clone());
    }
    if config.allow_shell {
        arguments.push("--allow-shell".into());
    }
    Ok(Worker {
        program,
        arguments,
        // Not in the arguments, which every user of the host can read (proc_pid_cmdline(5)).
        env: config
            .hmac_key
            .iter()
            .map(|key| (KEY_VARIABLE, hex(key).into()))
            .collect(),
    })
}

fn hex(key: &[u8]) -> String {
    let digits = key.iter().map(|byte| format!("{byte:02x}"));
    format!("hex:{}", digits.collect::<String>())
}

/// Serves the one connection that is this process's stdin, until it ends, or SIGTERM or SIGINT
/// comes. `config.listen` is the server's own endpoint. Starts a runtime of its own, so it must not
/// be called from asynchronous code.
///
/// # Errors
/// As [`start`](crate::start); stdin is no socket; and [`ServeError::Died`] where the planted fault
/// ended the worker.
pub fn work(name: &str, config: &Config) -> Result<(), ServeError> {
    end_with_parent().map_err(ServeError::Start)?;
    until_told(|| serve(name, config))
}

fn serve(name: &str, config: &Config) -> Result<Running, ServeError> {
    let (service, fault, model) = chosen(name, config)?;
    let Kind::Stream(make_sessions) = &service.kind else {
        return Err(ServeError::Setting {
            setting: "--worker",
            problem: format!(
                "is for connections that a process serves; `{name}` has none: leave it out"
            ),
        });
    };
    let socket = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map(Socket::from)
        .map_err(ServeError::Start)?;
    if let Err(e) = socket.peer_addr() {
        return Err(ServeError::Setting {
            setting: "--worker",
            problem: format!("needs a connection as its stdin ({e}); leave it out to listen"),
        });
    }
    let (shared, setup) = make(fault, sockets(fault, model), config)?;
    let mut session = factory(setup, make_sessions)();
    let transport = config.listen.transport();
    let ours = Arc::clone(&shared);
    Running::spawn(service, config.listen.clone(), shared, None, move || {
        let socket = Arc::new(socket);
        let place = ours.enter(Some(Arc::clone(&socket)));
        models::connection(&socket, transport, session.as_mut(), &ours);
        drop(place);
        ours.finish();
    })
}

/// A server that is killed takes its workers along (PR_SET_PDEATHSIG of prctl(2)).
#[cfg(target_os = "linux")]
fn end_with_parent() -> io::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(
        nix::sys::signal::Signal::SIGTERM,
    )?)
}

/// Linux's alone: elsewhere a worker serves its client to the end.
#[cfg(not(target_os = "linux"))]
fn end_with_parent() -> io::Result<()> {
    Ok(())
}

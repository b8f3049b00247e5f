//! What is refused before a socket is made.

use crate::config::{Config, OUTPUT_LIMIT_MAX};
use crate::service::{Fault, Service};
use crate::{Model, ServeError};

/// Checks what can be checked before a socket is made, and chooses the model.
pub(crate) fn check(
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
        let right = fault.transports.iter().map(|t| t.scheme()).collect();
        return Err(unsupported(format!("the fault `{}`", fault.name), right));
    }
    if config.hmac_key.is_some() {
        return Err(ServeError::Setting {
            setting: "hmac_key",
            problem: "is given, but authentication is not built yet; leave it out".to_owned(),
        });
    }
    if config.root.is_some() && !service.serves_files() {
        return Err(ServeError::Setting {
            setting: "root",
            problem: format!(
                "is given, but `{}` serves no files; leave it out",
                service.name
            ),
        });
    }
    if service.runs_commands {
        check_loopback(service, "runs commands", config)?;
        check_commands(config)?;
    }
    if service.serves_files() {
        check_loopback(service, "reads and writes files", config)?;
    }
    match config.model {
        None => Ok(service.models.first().copied()),
        Some(model) if service.models.contains(&model) => Ok(Some(model)),
        Some(model) => Err(ServeError::UnsupportedModel {
            service: service.name,
            model,
            right: match service.models {
                [] => "it serves datagrams, which have no connections: leave the model out".into(),
                some => {
                    let names: Vec<_> = some.iter().map(|m| m.name()).collect();
                    format!("it has {}", names.join(", "))
                }
            },
        }),
    }
}

fn check_loopback(
    service: &'static Service,
    does: &'static str,
    config: &Config,
) -> Result<(), ServeError> {
    // Not `Endpoint::is_local`: a server on the unspecified address is open to other hosts.
    if let Some(addr) = config.listen.socket_addr()
        && !addr.ip().to_canonical().is_loopback()
    {
        return Err(ServeError::NotLoopback {
            service: service.name,
            does,
            listen: config.listen.clone(),
            port: addr.port(),
        });
    }
    Ok(())
}

fn check_commands(config: &Config) -> Result<(), ServeError> {
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

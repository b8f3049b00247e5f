//! Whether a service, its fault, its model, its address and its settings fit together.

use harness_net::Transport;

use crate::config::{Config, OUTPUT_LIMIT_MAX};
use crate::service::{Fault, Service, similar};
use crate::{KEY_VARIABLE, Model, ServeError, find};

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
        // Who knows the key may come from anywhere.
        if !service.authenticates {
            check_loopback(service, "runs commands", config)?;
        }
        check_commands(config)?;
    }
    if service.serves_files() {
        check_loopback(service, "reads and writes files", config)?;
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

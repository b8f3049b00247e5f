//! `harness serve`: runs one reference server in the foreground.

use std::fmt::Write as _;
use std::time::Duration;

use harness_net::Endpoint;
use harness_targets::{Config, Model, services};

use super::Screen;
use crate::exit;

/// The arguments of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The server; `harness serve --list` shows them
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// List the servers, their models and their planted faults
    #[arg(long)]
    list: bool,
    /// Plant this fault
    #[arg(long, value_name = "FAULT")]
    fault: Option<String>,
    /// How it serves several clients: iterative, thread, process or async
    #[arg(long, value_name = "MODEL")]
    model: Option<Model>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "URL")]
    listen: Option<Endpoint>,
    /// How many descriptors it may have open
    #[arg(long, value_name = "NUMBER")]
    descriptors: Option<u64>,
    /// Serve the one connection that is stdin: what the process model starts
    #[arg(long, hide = true)]
    worker: bool,
    /// Let the exec servers run commands through a shell
    #[arg(long)]
    allow_shell: bool,
    /// The longest that a command of the exec servers may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    command_timeout: u64,
    /// The most that a command of the exec servers may write, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 << 20)]
    output_limit: usize,
}

/// Serves until SIGINT or SIGTERM.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    if args.list {
        screen.out(&listing());
        return exit::OK;
    }
    let name = args.name.as_deref().unwrap_or_default();
    let service = match harness_targets::find(name) {
        Ok(service) => service,
        Err(error) => return screen.usage_error(error),
    };
    let scheme = service.transports.first().map_or("tcp", |t| t.scheme());
    let listen = match args.listen.clone() {
        Some(listen) => listen,
        None => match format!("{scheme}://127.0.0.1:0").parse() {
            Ok(listen) => listen,
            Err(error) => return screen.usage_error(error),
        },
    };
    let config = Config {
        listen,
        model: args.model,
        fault: args.fault.clone(),
        hmac_key: None,
        launcher: std::env::current_exe().ok(),
        allow_shell: args.allow_shell,
        command_timeout: Duration::from_secs(args.command_timeout),
        output_limit: args.output_limit,
    };
    if let Some(most) = args.descriptors
        && let Err(error) = harness_net::lower_fd_limit(most)
    {
        return screen.usage_error(format!("--descriptors {most}: {error}"));
    }
    let served = if args.worker {
        harness_targets::work(name, &config)
    } else {
        harness_targets::serve(name, &config, &mut |line| screen.note(line))
    };
    match served {
        Ok(()) => exit::OK,
        Err(error) => {
            screen.note(&format!("error: {error}"));
            exit::FAILED
        }
    }
}

fn listing() -> String {
    let mut out = String::new();
    for service in services() {
        let transports: Vec<_> = service.transports.iter().map(|t| t.scheme()).collect();
        let models: Vec<_> = service.models.iter().map(|m| m.to_string()).collect();
        let _ = writeln!(out, "{}  {}", service.name, service.about);
        let _ = writeln!(out, "    protocol   {}", service.protocol);
        let _ = writeln!(out, "    transport  {}", transports.join(", "));
        if !models.is_empty() {
            let _ = writeln!(out, "    model      {}", models.join(", "));
        }
        for fault in service.faults {
            let _ = writeln!(
                out,
                "    fault      {:<28} {} ({})",
                fault.name, fault.about, fault.seed
            );
        }
    }
    out
}

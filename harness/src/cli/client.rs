//! `harness client`: runs one reference client against a server.

use std::fmt::Write as _;
use std::time::Duration;

use harness_net::Endpoint;
use harness_targets::{ClientConfig, clients, run_client};

use super::{Screen, serve};
use crate::exit;

/// The arguments of `client`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The client; `harness client --list` shows them
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// List the clients and their planted faults
    #[arg(long)]
    list: bool,
    /// Plant this fault
    #[arg(long, value_name = "FAULT")]
    fault: Option<String>,
    /// Where its server is, such as tcp://127.0.0.1:7000
    #[arg(long, value_name = "URL", required_unless_present = "list")]
    connect: Option<Endpoint>,
    /// How long it waits for more of an answer, such as 300ms
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::time)]
    timeout: Duration,
    /// Ask everything at once instead of waiting for each answer
    #[arg(long)]
    pipeline: bool,
    /// Add spaces to each command up to this many bytes
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    pad: usize,
    /// What it asks, in order
    #[arg(value_name = "COMMAND")]
    commands: Vec<String>,
}

/// Runs the client to its end. Its exit status is its own: 0 where all was answered, 1 for a wrong
/// reply, 2 for wrong arguments, 3 for silence, 4 for a connection that was not there or ended early.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    if args.list {
        screen.out(&listing());
        return exit::OK;
    }
    let (Some(name), Some(connect)) = (&args.name, &args.connect) else {
        return screen.usage_error("a client and its --connect are needed");
    };
    let config = ClientConfig {
        connect: connect.clone(),
        fault: args.fault.clone(),
        timeout: args.timeout,
        pipeline: args.pipeline,
        pad: args.pad,
        commands: args.commands.clone(),
    };
    match run_client(name, &config, &mut std::io::stdout().lock()) {
        Ok(()) => exit::OK,
        Err(error) => {
            screen.note(&format!("error: {error}"));
            error.exit_code()
        }
    }
}

fn listing() -> String {
    let mut out = String::new();
    for client in clients() {
        let transports: Vec<_> = client.transports.iter().map(|t| t.scheme()).collect();
        let _ = writeln!(out, "{}  {}", client.name, client.about);
        let _ = writeln!(out, "    protocol   {}", client.protocol);
        let _ = writeln!(out, "    transport  {}", transports.join(", "));
        serve::list_faults(&mut out, client.faults);
    }
    out
}

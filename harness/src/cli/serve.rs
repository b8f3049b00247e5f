//! `harness serve`: runs one reference server in the foreground.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use harness_net::Endpoint;
use harness_targets::{Config, Digest, Fault, KEY_VARIABLE, Model, services};

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
    /// The file that holds the key of `hmac`, without the line end behind it. Else HARNESS_HMAC_KEY
    /// holds it: its bytes, or `hex:` and their digits
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The hash function of `hmac`: sha256 or md5
    #[arg(long, value_name = "DIGEST", default_value = "sha256")]
    digest: Digest,
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
    /// The folder that the server `file` serves; a temporary one with samples where none is given
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
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
    if args.key_file.is_some() && !service.authenticates {
        return screen.usage_error(format!(
            "`{name}` asks no client for a key: leave --key-file out"
        ));
    }
    let config = Config {
        listen,
        model: args.model,
        fault: args.fault.clone(),
        hmac_key: if service.authenticates {
            match key(args) {
                Ok(key) => key,
                Err(why) => return screen.usage_error(why),
            }
        } else {
            None
        },
        digest: args.digest,
        launcher: std::env::current_exe().ok(),
        allow_shell: args.allow_shell,
        command_timeout: Duration::from_secs(args.command_timeout),
        output_limit: args.output_limit,
        root: args.root.clone(),
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

/// The key from its file or from the environment; `None` where neither is given.
fn key(args: &Args) -> Result<Option<Vec<u8>>, String> {
    if let Some(file) = &args.key_file {
        let mut key = std::fs::read(file)
            .map_err(|e| format!("--key-file {} cannot be read: {e}", file.display()))?;
        if key.ends_with(b"\n") {
            key.pop();
        }
        return Ok(Some(key));
    }
    let Some(given) = std::env::var_os(KEY_VARIABLE) else {
        return Ok(None);
    };
    let given = given.into_encoded_bytes();
    match given.strip_prefix(b"hex:") {
        None => Ok(Some(given)),
        Some(digits) => unhex(digits)
            .map(Some)
            .ok_or_else(|| format!("{KEY_VARIABLE}: after `hex:` come pairs of digits 0-9, a-f")),
    }
}

fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.chunks(2).map(|pair| match *pair {
        [high, low] => u8::try_from(digit(high)? << 4 | digit(low)?).ok(),
        _ => None,
    });
    pairs.collect()
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
        list_faults(&mut out, service.faults);
    }
    out
}

/// A line for each fault.
pub(super) fn list_faults(out: &mut String, faults: &[Fault]) {
    for fault in faults {
        let _ = writeln!(
            out,
            "    fault      {:<28} {} ({})",
            fault.name, fault.about, fault.seed
        );
    }
}

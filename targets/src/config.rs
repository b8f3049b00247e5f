//! What a caller decides about a server.

use std::path::PathBuf;
use std::time::Duration;

use harness_net::Endpoint;

use crate::Model;

/// Settings of one server instance.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen. Port 0 lets the kernel choose; the announcement names the choice.
    pub listen: Endpoint,
    /// The concurrency model; `None` is the service's first. Datagram services have none.
    pub model: Option<Model>,
    /// The planted fault, by name; `None` is the correct server.
    pub fault: Option<String>,
    /// Reserved for challenge authentication, which is not built yet: a key is refused.
    pub hmac_key: Option<Vec<u8>>,
    /// Lets the services that run commands hand them to `/bin/sh -c`.
    pub allow_shell: bool,
    /// The program whose `serve` command is this crate's: the harness. The model `process` starts it
    /// again for each connection.
    pub launcher: Option<PathBuf>,
    /// Longest run of one command, above zero. Its process group is killed then.
    pub command_timeout: Duration,
    /// Most bytes of stdout and stderr together that one command may write, at most 1 GiB.
    pub output_limit: usize,
}

/// Largest `output_limit`: a reply's length is a u32.
pub(crate) const OUTPUT_LIMIT_MAX: usize = 1 << 30;

impl Config {
    /// The correct server at an address, with a command time limit of 10 s and an output limit
    /// of 16 MiB.
    pub fn new(listen: Endpoint) -> Self {
        Self {
            listen,
            model: None,
            fault: None,
            hmac_key: None,
            launcher: None,
            allow_shell: false,
            command_timeout: Duration::from_secs(10),
            output_limit: 16 << 20,
        }
    }
}

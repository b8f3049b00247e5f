//! What a caller decides about a server.

use std::path::PathBuf;
use std::str::FromStr;
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
    /// The key that clients of an authenticating service must know; refused elsewhere.
    pub hmac_key: Option<Vec<u8>>,
    /// What clients make of the key and the challenge.
    pub digest: Digest,
    /// Lets the services that run commands hand them to `/bin/sh -c`.
    pub allow_shell: bool,
    /// The program whose `serve` command is this crate's: the harness. The model `process` starts it
    /// again for each connection.
    pub launcher: Option<PathBuf>,
    /// Longest run of one command, above zero. Its process group is killed then.
    pub command_timeout: Duration,
    /// Most bytes of stdout and stderr together that one command may write, at most 1 GiB.
    pub output_limit: usize,
    /// The folder that a service of files serves; `None` makes a temporary one with samples, which
    /// is removed when the server ends.
    pub root: Option<PathBuf>,
}

/// The hash function of an HMAC (RFC 2104).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digest {
    /// HMAC-SHA256: 32 bytes.
    #[default]
    Sha256,
    /// HMAC-MD5: 16 bytes. As old programs have it.
    Md5,
}

impl Digest {
    /// The name in the scenario language and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Md5 => "md5",
        }
    }

    /// The size of its output in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Md5 => 16,
        }
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        [Self::Sha256, Self::Md5]
            .into_iter()
            .find(|d| d.name() == given)
            .ok_or_else(|| format!("`{given}` is not a digest; write sha256 or md5"))
    }
}

/// The key of authenticating servers that the harness starts itself. Everybody knows it.
pub const TEST_KEY: &str = "harness test key, not a secret";

/// The environment variable that holds a server's key: its bytes, or `hex:` and their digits.
pub const KEY_VARIABLE: &str = "HARNESS_HMAC_KEY";

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
            digest: Digest::default(),
            launcher: None,
            allow_shell: false,
            command_timeout: Duration::from_secs(10),
            output_limit: 16 << 20,
            root: None,
        }
    }
}

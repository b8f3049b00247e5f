//! The drivers: each carries sessions over sockets in one concurrency model.

mod r#async;
mod blocking;
mod datagrams;
mod iterative;
mod process;
mod thread;
mod udp;
mod unix_dgram;

use std::sync::Arc;
use std::time::{Duration, Instant};

use harness_net::Endpoint;
use socket2::Socket;

use crate::service::Factory;
use crate::shared::Shared;

pub(crate) use r#async::runtime;
pub(crate) use blocking::connection;
pub(crate) use datagrams::serve as datagrams;
pub(crate) use process::{WORKERS, Worker};

/// What every stream driver needs.
pub(crate) struct Driver {
    pub(crate) listener: Socket,
    pub(crate) endpoint: Endpoint,
    pub(crate) factory: Factory,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) use r#async::serve as tasks;
pub(crate) use iterative::serve as iterative;
pub(crate) use process::serve as processes;
pub(crate) use thread::serve as threads;

/// Pause of the acceptor while descriptors or memory are short.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(50);

/// How much and how long a closing server still takes from its client, so that data in flight
/// does not turn the close into RST and destroy the last reply.
const LINGER_BYTES: usize = 1 << 20;
const LINGER_TIME: Duration = Duration::from_secs(1);

/// The time of a session that asks for `Flow::Within`.
#[derive(Debug, Default)]
struct Patience {
    until: Option<Instant>,
}

impl Patience {
    /// What is left of it. Never nothing: a read with a timeout of 0 would wait for ever
    /// (SO_RCVTIMEO of socket(7)).
    fn left(&mut self, time: Duration) -> Duration {
        let now = Instant::now();
        let until = *self.until.get_or_insert(now + time);
        until
            .saturating_duration_since(now)
            .max(Duration::from_micros(1))
    }

    /// The session no longer asks for it; no wait has a bound.
    fn end(&mut self) -> Option<Duration> {
        self.until = None;
        None
    }
}

//! The drivers: each carries sessions over sockets in one concurrency model.

mod r#async;
mod blocking;
mod iterative;
mod thread;
mod udp;

use std::sync::Arc;
use std::time::Duration;

use harness_net::Endpoint;
use socket2::Socket;

use crate::service::Factory;
use crate::shared::Shared;

pub(crate) use r#async::runtime;
pub(crate) use udp::serve as datagrams;

/// What every stream driver needs.
pub(crate) struct Driver {
    pub(crate) listener: Socket,
    pub(crate) endpoint: Endpoint,
    pub(crate) factory: Factory,
    pub(crate) shared: Arc<Shared>,
}

pub(crate) use r#async::serve as tasks;
pub(crate) use iterative::serve as iterative;
pub(crate) use thread::serve as threads;

/// Pause of the acceptor while descriptors or memory are short.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(50);

/// How much and how long a closing server still takes from its client, so that data in flight
/// does not turn the close into RST and destroy the last reply.
const LINGER_BYTES: usize = 1 << 20;
const LINGER_TIME: Duration = Duration::from_secs(1);

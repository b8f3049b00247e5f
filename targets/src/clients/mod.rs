//! The registry: one file and one line here for each client.

mod exec;
mod exec_json;
mod udp;

use crate::client::Client;

/// Every client, as users see them listed.
pub(crate) static CLIENTS: &[Client] = &[exec::CLIENT, exec_json::CLIENT, udp::CLIENT];

//! Reference servers and clients, right and with one planted fault each.
//!
//! They are what the harness is measured with: it must pass every correct server, and catch every
//! planted fault. They are also what the demonstrations run against.
//!
//! # Layout
//! A **service** is a protocol and what is done with its messages. The protocol is a session
//! (for datagrams a responder): bytes in, bytes out, no socket, no clock. A session sees exactly
//! what each read(2) returned and decides how its output is divided into write calls, so a fault
//! that depends on either can be written down as it occurs in real programs. A **driver** carries
//! sessions over sockets, in one [`Model`]: iterative, a thread, a process or a tokio task
//! for each connection. Commands, which block, are handed to the driver as jobs. What is too large
//! for memory is sent piece by piece: the driver asks for the next one when the last is written.
//!
//! | where | what |
//! |---|---|
//! | `services/` | one file for each service: its protocol, its faults, and for each fault an exchange that shows it |
//! | `habits` | faults of any stream server: at EOF, at RST, of its sockets |
//! | `models/` | the drivers |
//! | `clients/` | one file for each client: a conversation, and its faults |
//! | `converse` | carries a client's conversation over a socket |
//! | `command/` | runs clients' commands under limits |
//! | `check` | refuses what does not fit together, before a socket is made |
//! | `worker` | serves one connection in a process of its own |
//! | `folder` | the files that clients may name, and no others |
//! | `listen`, `server`, `shared` | sockets, life and death of a server |
//!
//! Nothing here decodes with the harness's own framings: a shared error would cancel itself out.
//!
//! The correct servers set SO_REUSEADDR on TCP listeners and TCP_NODELAY on connections, answer
//! with one write a message, finish partial writes, survive any client's FIN and RST, answer all
//! that came before a FIN and close then, keep the memory of a connection bounded, and pause when
//! descriptors run out.
//!
//! # Adding a service
//! Write `services/NAME.rs` with a `SERVICE`, and add one line to `services/mod.rs`. Its faults
//! are declared with `faults!`; tests demand a counterexample for each. A client is the same with
//! `clients/NAME.rs` and a `CLIENT`.

mod check;
mod children;
mod class;
mod client;
mod clients;
mod command;
mod config;
mod conversation;
mod converse;
mod datagram;
mod digest;
mod error;
mod folder;
mod habits;
mod inbox;
mod json_header;
mod listen;
mod model;
mod models;
mod server;
mod service;
mod services;
mod session;
mod shared;
#[cfg(test)]
mod tests;
mod text;
mod worker;

pub use class::FaultClass;
pub use client::{Client, ClientConfig, ClientError};
pub use config::{Config, Digest, KEY_VARIABLE, TEST_KEY};
pub use converse::run_client;
pub use error::ServeError;
pub use model::{Model, UnknownModel};
pub use server::{Running, serve, start};
pub use service::{Fault, Service, UnknownService};
pub use worker::work;

/// Every service, in the order in which they are listed to users.
pub fn services() -> &'static [Service] {
    services::SERVICES
}

/// The service of this name.
///
/// # Errors
/// There is none: the error suggests names like it.
pub fn find(name: &str) -> Result<&'static Service, UnknownService> {
    let names = || services().iter().map(|s| s.name);
    services()
        .iter()
        .find(|s| s.name == name)
        .ok_or_else(|| UnknownService {
            given: name.to_owned(),
            suggestions: service::similar(name, names()),
            all: names().collect(),
        })
}

/// Every client, in the order in which they are listed to users.
pub fn clients() -> &'static [Client] {
    clients::CLIENTS
}

/// The client of this name.
///
/// # Errors
/// There is none: the error suggests names like it.
pub fn find_client(name: &str) -> Result<&'static Client, ClientError> {
    clients()
        .iter()
        .find(|c| c.name == name)
        .ok_or_else(|| ClientError::UnknownClient {
            given: name.to_owned(),
            suggestion: client::suggestion(name, clients().iter().map(|c| c.name)),
        })
}

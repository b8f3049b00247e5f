//! The registry: one file and one line here for each service.

mod echo;
mod encodings;
mod exec;
pub(crate) mod exec_json;
mod exec_unframed;
mod file;
mod hmac;
mod http;
mod reads;
mod reverse;
mod udp_chat;
mod udp_echo;
mod udp_time;
mod udp_upper;
mod upper;

use crate::service::Service;
#[cfg(test)]
pub(crate) use hmac::answer;

/// Every service, as users see them listed.
pub(crate) static SERVICES: &[Service] = &[
    echo::SERVICE,
    upper::SERVICE,
    reverse::SERVICE,
    reads::SERVICE,
    exec::SERVICE,
    exec_json::SERVICE,
    hmac::SERVICE,
    exec_unframed::SERVICE,
    file::SERVICE,
    http::SERVICE,
    encodings::SERVICE,
    udp_echo::SERVICE,
    udp_upper::SERVICE,
    udp_time::SERVICE,
    udp_chat::SERVICE,
];

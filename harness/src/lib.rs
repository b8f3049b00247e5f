//! Conformance and load tests for anything that talks over TCP, UDP or Unix sockets.

pub mod event;
pub mod report;
pub mod run;

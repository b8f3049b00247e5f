//! The framings from outside: golden vectors, properties, refusals, and the fuzz corpus.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect has to stop"
)]

mod build;
mod check;
mod corpus;
mod deliveries;
mod describe;
mod drive;
mod encode;
mod generate;
mod limits;
mod literal;
mod malformed;
mod message;
mod properties;
mod registry;
mod reuse;
mod spec_errors;
mod stream;
mod vector;
mod vectors;

//! The shipped frames against their specifications: golden vectors under every delivery, messages
//! of profiles, malformed frames, and any bytes at all.
//!
//! The vectors have the form of those of `harness-wire`, and are fed by the same code.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

#[path = "../../wire/tests/wire/deliveries.rs"]
mod deliveries;
#[path = "../../wire/tests/wire/drive.rs"]
mod drive;
#[path = "../../wire/tests/wire/literal.rs"]
mod literal;
#[path = "../../wire/tests/wire/message.rs"]
mod message;
#[path = "../../wire/tests/wire/stream.rs"]
mod stream;
#[path = "../../wire/tests/wire/vector.rs"]
mod vector;

mod build;
mod library;

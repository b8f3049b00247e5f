//! Conformance and load tests for anything that talks over TCP, UDP or Unix sockets.
//!
//! # Layout
//!
//! A run goes one way through the crate, and each stage knows only the one before it:
//!
//! 1. [`scenario`] turns YAML text into valid [`scenario::model`] types, or into all the errors of
//!    a file at once. Nothing later meets a wrong input.
//! 2. [`plan`] decides what will be done before anything is: which cases run, in which lane, with
//!    which deliveries. It is pure.
//! 3. [`target`] starts what is tested, knows when it is ready, and leaves nothing behind.
//! 4. [`conform`] carries the plan out: one delivery on one thread over nonblocking sockets, many
//!    side by side. It observes; it formats nothing. What it observed is judged by [`verdict`],
//!    which has no clock and no I/O.
//!    Latencies go into [`latency`] histograms.
//! 5. [`event`] is the only way from the engine to those who watch a run go on.
//! 6. [`run`] is the result, one serialised value. [`report`] renders it, one file a format, and
//!    sees nothing else.
//! 7. [`suite`] is what every profile is run against where no scenario is given; [`probe`] writes a scenario for a target that nobody described, from a few messages.
//! 8. [`cli`] turns arguments into calls of the above, and the result into an [`exit`] code.
//!
//! Below this crate lie `harness-wire`, framings as pure functions over bytes; `harness-net`, the
//! only crate that touches sockets and processes and the only one with `unsafe`; and
//! `harness-targets`, the reference servers and their planted faults.

pub mod cli;
pub mod conform;
pub mod event;
pub mod exit;
pub mod latency;
pub mod plan;
pub mod probe;
pub mod quote;
pub mod report;
pub mod run;
pub mod scenario;
pub mod suite;
pub mod target;
pub mod verdict;

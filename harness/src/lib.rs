//! h

pub mod scenario;

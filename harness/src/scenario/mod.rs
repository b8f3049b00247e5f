//! Scenario files: from YAML text to what the rest of the program can run.
//!
//! ```text
//! text -> tree (every value knows its bytes) -> syntax (the words) -> model (what is meant)
//! ```
//!
//! Every mistake of a file is told at once, each with its place; nothing is run then.

pub(crate) mod context;
pub mod conversation;
pub(crate) mod de;
mod diagnostic;
mod find;
pub mod formula;
mod load;
pub(crate) mod lower;
pub mod message;
pub mod model;
pub mod pattern;
mod reference;
mod schema;
pub(crate) mod source;
pub(crate) mod suggest;
pub mod syntax;
mod target;
mod tree;

pub use context::MAX_VALUE_BYTES;
pub use diagnostic::{Diagnostic, Diagnostics, MAX_DIAGNOSTICS};
pub use find::find;
pub use load::{load, parse};
pub use reference::reference;
pub use schema::schema;
pub use source::{MAX_FILE_BYTES, Source, Span};
pub use target::{TargetOverride, load_target};
pub use tree::{BUDGET, Budget, Tree};

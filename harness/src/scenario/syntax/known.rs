//! Known failures as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Item;

/// Cases that are known to fail. They do not fail the run; an entry that no longer fails, matches no
/// case or has expired does.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct KnownFailuresSyntax {
    /// The entries, at least one.
    pub known_failures: Item<Vec<Item<KnownFailureSyntax>>>,
}

/// Cases that are known to fail for one reason.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct KnownFailureSyntax {
    /// The id of a case; `*` stands for any text, `?` for one character. Each case that it matches
    /// is known to fail.
    pub case: Item<String>,
    /// Why it fails.
    pub reason: Item<String>,
    /// Where it is being worked on, such as a URL.
    pub issue: Option<Item<String>>,
    /// The last day on which it counts, as `YYYY-MM-DD`.
    pub expires: Item<String>,
}

//! How a server divides its attention among its clients.

use std::fmt;
use std::str::FromStr;

/// A concurrency model. The same session code runs under each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Model {
    /// One connection after the other, in one thread. The next client waits in the backlog.
    Iterative,
    /// A thread for each connection, with blocking calls.
    Thread,
    /// A process for each connection: this program again. Planted crashes end one of them, and
    /// what sessions share they share no more.
    Process,
    /// A task for each connection, on a tokio runtime.
    Async,
}

impl Model {
    /// All models.
    pub const ALL: [Self; 4] = [Self::Iterative, Self::Thread, Self::Process, Self::Async];

    /// Those of services whose connections have little in common, the default first.
    pub(crate) const OF_STREAMS: &[Self] =
        &[Self::Thread, Self::Iterative, Self::Process, Self::Async];

    /// The name in the scenario language and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iterative => "iterative",
            Self::Thread => "thread",
            Self::Process => "process",
            Self::Async => "async",
        }
    }

    /// True where a second client is answered while the first stays connected.
    pub fn is_concurrent(self) -> bool {
        !matches!(self, Self::Iterative)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a server model; write iterative, thread, process or async")]
pub struct UnknownModel {
    /// What was given.
    pub given: String,
}

impl FromStr for Model {
    type Err = UnknownModel;

    fn from_str(given: &str) -> Result<Self, UnknownModel> {
        Self::ALL
            .into_iter()
            .find(|m| m.name() == given)
            .ok_or_else(|| UnknownModel {
                given: given.to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_read_as_it_is_shown() {
        for model in Model::ALL {
            assert_eq!(model.to_string().parse(), Ok(model));
        }
        let error = "fork".parse::<Model>().unwrap_err().to_string();
        assert!(error.contains("`fork`") && error.contains("iterative, thread, process or async"));
    }
}

//! How a process ends, and what makes it end.

use std::fmt;
use std::str::FromStr;

/// How a process ended (wait(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It exited with this status, 0 to 255.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
}

impl Exit {
    /// True for exit status 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(number) => match nix::sys::signal::Signal::try_from(*number) {
                Ok(signal) => write!(f, "signal {number} ({})", signal.as_str()),
                Err(_) => write!(f, "signal {number}"),
            },
        }
    }
}

/// What remained to be done when a program was stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// How the program itself ended; `None` if that could not be learned.
    pub exit: Option<Exit>,
    /// True if it was still there after the grace period, and was killed.
    pub forced: bool,
    /// Its descendants that were still there, and were killed.
    pub leftovers: Vec<u32>,
}

/// The signals that the harness sends (signal(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGTERM: please end.
    Term,
    /// SIGKILL: end at once.
    Kill,
    /// SIGINT: as Ctrl-C.
    Int,
    /// SIGSTOP: freeze.
    Stop,
    /// SIGCONT: go on.
    Cont,
    /// SIGHUP: the terminal is gone, or read the configuration again.
    Hup,
}

impl Signal {
    /// All signals.
    pub const ALL: [Self; 6] = [
        Self::Term,
        Self::Kill,
        Self::Int,
        Self::Stop,
        Self::Cont,
        Self::Hup,
    ];

    /// The name without `SIG`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Kill => "KILL",
            Self::Int => "INT",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
            Self::Hup => "HUP",
        }
    }

    pub(crate) fn nix(self) -> nix::sys::signal::Signal {
        use nix::sys::signal::Signal as S;
        match self {
            Self::Term => S::SIGTERM,
            Self::Kill => S::SIGKILL,
            Self::Int => S::SIGINT,
            Self::Stop => S::SIGSTOP,
            Self::Cont => S::SIGCONT,
            Self::Hup => S::SIGHUP,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIG{}", self.name())
    }
}

impl FromStr for Signal {
    type Err = String;

    /// `TERM` and `SIGTERM` are the same.
    fn from_str(given: &str) -> Result<Self, String> {
        let bare = given.strip_prefix("SIG").unwrap_or(given);
        Self::ALL
            .into_iter()
            .find(|s| s.name() == bare)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.iter().map(|s| s.name()).collect();
                format!(
                    "`{given}` is not a signal that can be sent; they are {}",
                    names.join(", ")
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_shown_as_people_know_them() {
        assert_eq!(Exit::Code(3).to_string(), "exit status 3");
        assert_eq!(Exit::Signal(9).to_string(), "signal 9 (SIGKILL)");
        assert_eq!(Exit::Signal(40).to_string(), "signal 40");
        assert_eq!("SIGKILL".parse(), Ok(Signal::Kill));
        assert_eq!("TERM".parse(), Ok(Signal::Term));
        let error = "USR1".parse::<Signal>().unwrap_err();
        assert!(
            error.contains("`USR1`") && error.contains("TERM, KILL"),
            "{error}"
        );
    }
}

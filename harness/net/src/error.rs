//! What a failed call on a socket says: the call, on what, which error, and what it means.

use std::fmt;
use std::io;

use crate::errno::errno_name;

/// A call on a socket that failed.
///
/// It is shown as `connect to tcp://127.0.0.1:1: ECONNREFUSED (Connection refused)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetError {
    /// The system call, such as `connect`.
    pub call: &'static str,
    /// The error number of errno(3). `None` where the system gave none.
    pub errno: Option<i32>,
    /// On what it was called, and what else helps: `to tcp://127.0.0.1:1`. May be empty.
    context: String,
    /// What would be right, where that is known. May be empty.
    advice: String,
}

impl NetError {
    /// From an error of the standard library.
    pub(crate) fn new(call: &'static str, context: impl Into<String>, error: &io::Error) -> Self {
        Self {
            call,
            errno: error.raw_os_error(),
            context: context.into(),
            advice: match error.raw_os_error() {
                Some(_) => String::new(),
                None => error.to_string(),
            },
        }
    }

    /// From an error number.
    pub(crate) fn from_errno(call: &'static str, context: impl Into<String>, errno: i32) -> Self {
        Self {
            call,
            errno: Some(errno),
            context: context.into(),
            advice: String::new(),
        }
    }

    /// Adds what would be right, or what the error means here.
    pub(crate) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// The error's name, such as `ECONNREFUSED`; `UNKNOWN` where the system gave none that
    /// errno(3) lists.
    pub fn name(&self) -> &'static str {
        self.errno.and_then(errno_name).unwrap_or("UNKNOWN")
    }

    /// True if this is the error of that name. Aliases are known: `EWOULDBLOCK` is `EAGAIN`.
    pub fn is(&self, name: &str) -> bool {
        self.errno.is_some() && crate::errno::errno_from_name(name) == self.errno
    }
}

impl fmt::Display for NetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.call)?;
        if !self.context.is_empty() {
            write!(f, " {}", self.context)?;
        }
        if let Some(errno) = self.errno {
            let text = nix::errno::Errno::from_raw(errno).desc();
            match errno_name(errno) {
                Some(name) => write!(f, ": {name} ({text})")?,
                None => write!(f, ": error {errno} ({text})")?,
            }
        }
        match (self.advice.is_empty(), self.errno.is_some()) {
            (true, _) => Ok(()),
            (false, true) => write!(f, "; {}", self.advice),
            (false, false) => write!(f, ": {}", self.advice),
        }
    }
}

impl std::error::Error for NetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_call_place_and_error() {
        let error = NetError::from_errno("connect", "to tcp://127.0.0.1:1", libc::ECONNREFUSED);
        assert_eq!(
            error.to_string(),
            "connect to tcp://127.0.0.1:1: ECONNREFUSED (Connection refused)"
        );
        assert_eq!(error.name(), "ECONNREFUSED");
        assert!(error.is("ECONNREFUSED"));
        assert!(!error.is("ECONNRESET"));
        assert!(NetError::from_errno("recv", "", libc::EAGAIN).is("EWOULDBLOCK"));
    }

    #[test]
    fn without_a_number_the_reason_is_told() {
        let error = NetError::new("connect", "", &io::Error::other("no such thing"));
        assert_eq!(error.to_string(), "connect: no such thing");
        assert_eq!(error.name(), "UNKNOWN");
        assert!(!error.is("UNKNOWN"));
    }
}

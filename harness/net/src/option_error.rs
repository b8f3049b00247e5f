//! What is said of a socket option that was not taken.

use crate::NetError;

/// A socket option that the kernel, or the harness, did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    /// The option's name in [`SocketOptions`].
    pub option: &'static str,
    /// The value that was asked for.
    pub asked: String,
    /// The error number of errno(3).
    pub errno: i32,
    /// What is allowed.
    pub allowed: &'static str,
}

impl std::fmt::Display for OptionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        NetError::from(self.clone()).fmt(f)
    }
}

impl std::error::Error for OptionError {}

impl From<OptionError> for NetError {
    fn from(e: OptionError) -> Self {
        let call = if e.option.starts_with("bind") {
            "bind"
        } else {
            "setsockopt"
        };
        Self::from_errno(call, format!("{}={}", e.option, e.asked), e.errno)
            .advice(format!("allowed: {}", e.allowed))
    }
}

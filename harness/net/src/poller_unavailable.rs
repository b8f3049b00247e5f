//! Where there is no epoll(7), no load can be generated, and it is said so.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::Readiness;

/// A set of sockets that are waited for together: Linux's alone.
#[derive(Debug)]
pub struct Poller;

impl Poller {
    /// Linux's alone.
    ///
    /// # Errors
    /// Always ErrorKind::Unsupported.
    pub fn new(_events: usize) -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "load needs epoll(7), which exists on Linux only",
        ))
    }

    /// Adds nothing: no such set exists.
    ///
    /// # Errors
    /// None.
    pub fn add(&self, _socket: impl AsFd, _token: u32, _write: bool) -> io::Result<()> {
        Ok(())
    }

    /// Changes nothing: no such set exists.
    ///
    /// # Errors
    /// None.
    pub fn change(&self, _socket: impl AsFd, _token: u32, _write: bool) -> io::Result<()> {
        Ok(())
    }

    /// Finds nothing: no such set exists.
    ///
    /// # Errors
    /// None.
    pub fn wait(&mut self, _timeout: Duration) -> io::Result<usize> {
        Ok(0)
    }

    /// Nothing is ever ready.
    pub fn ready(&self, _place: usize) -> Option<Readiness> {
        None
    }
}

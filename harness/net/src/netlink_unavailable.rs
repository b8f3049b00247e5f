//! Stands in for netlink where there is none: nothing can be opened.
#![allow(dead_code, reason = "nothing here is ever made")]

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use crate::netlink_answer::{InetAnswer, UnixAnswer};

/// Never exists.
#[derive(Debug)]
pub(crate) struct Diag(Infallible);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InetDump {
    pub(crate) states: u32,
    pub(crate) local_port: u16,
    pub(crate) remote_port: u16,
}

impl Diag {
    pub(crate) fn open() -> io::Result<Self> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "sock_diag(7) exists on Linux only",
        ))
    }

    pub(crate) fn tcp_exact(
        &mut self,
        _local: SocketAddr,
        _remote: SocketAddr,
        _info: bool,
    ) -> io::Result<Option<InetAnswer<'_>>> {
        match self.0 {}
    }

    pub(crate) fn inet_dump(
        &mut self,
        _family: u8,
        _protocol: u8,
        _dump: InetDump,
        _each: &mut dyn FnMut(InetAnswer<'_>),
    ) -> io::Result<()> {
        match self.0 {}
    }

    pub(crate) fn unix_exact(&mut self, _inode: u32) -> io::Result<Option<UnixAnswer<'_>>> {
        match self.0 {}
    }

    pub(crate) fn unix_dump(
        &mut self,
        _states: u32,
        _each: &mut dyn FnMut(UnixAnswer<'_>),
    ) -> io::Result<()> {
        match self.0 {}
    }
}

//! One UDP connection: each write a datagram, each read one datagram or a part of it.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use harness_net::{Datagram, Endpoint, Interest, NetError, SocketOptions, poll};

use super::Interrupt;
use super::trace::Trace;
use crate::verdict::{Received, Stop};

/// The longest wait between two looks at the interrupt flag.
const SLICE: Duration = Duration::from_millis(100);
/// Larger than any datagram: UDP's length field has 16 bits (RFC 768).
const LARGEST: usize = 65_536;

/// A connected UDP socket: errors that ICMP brings are seen (udp(7)).
pub struct Flow {
    socket: Datagram,
    interrupt: Interrupt,
    buffer: Vec<u8>,
    /// What happened so far.
    pub trace: Trace,
}

/// One datagram as it was received.
#[derive(Clone, Debug)]
pub struct Packet {
    /// What the buffer took of it, and why no more was awaited.
    pub received: Received,
    /// Its full length on the wire, which MSG_TRUNC tells (recv(2)).
    pub full_len: usize,
}

impl Flow {
    /// Opens the socket.
    ///
    /// # Errors
    /// What socket(2), connect(2) or an option answered.
    pub fn connect(
        name: &str,
        to: &Endpoint,
        options: &SocketOptions,
        clock: Instant,
        interrupt: Interrupt,
    ) -> Result<Self, NetError> {
        let socket = Datagram::connect(to, options)?;
        let trace = Trace::new(name, clock);
        Ok(Self { socket, interrupt, buffer: vec![0; LARGEST], trace })
    }

    /// The socket.
    pub fn socket(&self) -> &Datagram {
        &self.socket
    }

    /// Sends one datagram.
    ///
    /// # Errors
    /// The errno name, such as `EMSGSIZE`.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.socket.send(bytes).map_err(|e| e.name().to_owned())?;
        self.trace.wrote(bytes);
        Ok(())
    }

    /// Receives one datagram into a buffer of `size` bytes, or of more than any datagram.
    pub fn recv(&mut self, size: Option<usize>, deadline: Instant) -> Packet {
        let began = Instant::now();
        let size = size.unwrap_or(LARGEST).min(LARGEST);
        loop {
            match self.socket.recv(&mut self.buffer[..size]) {
                Ok(Some(got)) => {
                    let bytes = self.buffer[..got.len].to_vec();
                    self.trace.read(&bytes);
                    let received = Received { bytes, stop: Stop::Complete };
                    return Packet { received, full_len: got.full_len };
                }
                Ok(None) => {}
                Err(error) => return nothing(Stop::Error(error.name().to_owned())),
            }
            if Instant::now() >= deadline || self.interrupt.is_set() {
                return nothing(Stop::Deadline(began.elapsed()));
            }
            let left = deadline.saturating_duration_since(Instant::now()).min(SLICE);
            let interest = Interest { fd: self.socket.as_fd(), read: true, write: false };
            // An error of poll(2) itself shows again in the next recv.
            let _ = poll(&[interest], left);
        }
    }
}

fn nothing(stop: Stop) -> Packet {
    Packet { received: Received { bytes: Vec::new(), stop }, full_len: 0 }
}

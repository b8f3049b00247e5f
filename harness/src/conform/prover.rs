//! Proves, piece by piece, that the peer read what was written before more is written.
//!
//! One prover serves one thread: it holds one netlink socket and turns it to whichever connection
//! is proved next.

use std::time::{Duration, Instant};

use harness_net::{Await, PeerWatch, Stream, WatchError};

/// How long a piece waits where nothing can be proved: long enough that a peer that is running
/// has most likely read it, short enough for sweeps. It proves nothing.
const PACE: Duration = Duration::from_millis(2);

/// Watches the peers of one thread's connections.
pub struct Prover {
    watch: Option<PeerWatch>,
    /// The connection that `watch` looks at.
    turned_to: Option<u64>,
    /// Why nothing can be proved, once that is known.
    unavailable: Option<String>,
}

/// What came of waiting for a piece to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The peer's application read everything that was written.
    Consumed,
    /// It may have; nothing proves it.
    Paced,
    /// It did not until the deadline.
    Unread,
    /// There is input to read first.
    Interrupted,
    /// The peer's socket is gone.
    Gone,
}

/// Why a peer cannot be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blind {
    /// Its socket is gone.
    Gone,
    /// This system does not show it.
    Unavailable,
}

impl Default for Prover {
    fn default() -> Self {
        Self::new()
    }
}

impl Prover {
    /// A prover that opens its socket when it is first needed.
    pub fn new() -> Self {
        Self {
            watch: None,
            turned_to: None,
            unavailable: None,
        }
    }

    /// Why nothing can be proved, if so.
    pub fn unavailable(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }

    /// The watch, turned to the connection with this number.
    pub fn watch(&mut self, id: u64, stream: &Stream) -> Result<&mut PeerWatch, Blind> {
        if self.unavailable.is_some() {
            return Err(Blind::Unavailable);
        }
        if self.turned_to != Some(id) {
            self.turned_to = None;
            let turned = match &mut self.watch {
                Some(watch) => watch.rebind(stream),
                None => PeerWatch::new(stream).map(|watch| self.watch = Some(watch)),
            };
            turned.map_err(|error| self.blind(&error))?;
            self.turned_to = Some(id);
        }
        self.watch.as_mut().ok_or(Blind::Unavailable)
    }

    fn blind(&mut self, error: &WatchError) -> Blind {
        if matches!(error, WatchError::Gone) {
            return Blind::Gone;
        }
        self.unavailable = Some(error.to_string());
        Blind::Unavailable
    }

    /// Waits until the peer has read all `sent` bytes. `attend` is asked now and then whether
    /// something else has to be done first: input on the own socket.
    pub fn await_consumed(
        &mut self,
        id: u64,
        stream: &Stream,
        sent: u64,
        deadline: Instant,
        attend: &mut dyn FnMut() -> bool,
    ) -> Piece {
        let awaited = match self.watch(id, stream) {
            Ok(watch) => watch
                .await_consumed(stream, sent, deadline, attend)
                .map_err(|error| self.blind(&error)),
            Err(blind) => Err(blind),
        };
        match awaited {
            Ok(Await::Consumed) => Piece::Consumed,
            Ok(Await::Interrupted) => Piece::Interrupted,
            Ok(Await::Timeout) => Piece::Unread,
            Ok(Await::PeerGone) | Err(Blind::Gone) => Piece::Gone,
            Err(Blind::Unavailable) => {
                // Nothing can be observed: the pause is all that parts the pieces.
                std::thread::sleep(PACE);
                Piece::Paced
            }
        }
    }
}

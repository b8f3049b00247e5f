//! Waiting for the proof that the peer read what was written.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::{PeerWatch, WatchError};
use crate::{Interest, Ready, Stream};

/// How a wait for the peer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Await {
    /// The peer read everything.
    Consumed,
    /// The peer's socket is gone, or our own is: what was not read will not be.
    PeerGone,
    /// `stop` said so.
    Interrupted,
    /// The deadline passed, and the peer had not read everything.
    Timeout,
}

/// So many turns without giving up the processor: a reader that has one of its own is done by then
/// (measured: most within 25 us, which is the wake-up of an idle processor).
const EAGER_TURNS: u32 = 64;
/// Then so many with sched_yield(2) in between: the reader may need this processor.
const YIELDING_TURNS: u32 = 64;
/// Then waits on our own socket, doubling between these.
const SHORTEST_WAIT: Duration = Duration::from_micros(50);
const LONGEST_WAIT: Duration = Duration::from_millis(1);

impl PeerWatch {
    /// Waits until the peer has read the first `sent` bytes of the connection, at most until
    /// `deadline`.
    ///
    /// `stop` is asked between looks. It must be cheap, and is where the caller lets the other
    /// direction progress: [`Stream::has_input`] is the usual one, so that a reply, an end or a
    /// reset ends the wait at once; then read, and wait again. A caller that leaves input unread on
    /// purpose looks at something else.
    ///
    /// A peer that does not read costs little: the looks follow each other closely for the time
    /// that its wake-up takes, and are a millisecond apart in the end.
    ///
    /// # Errors
    /// [`WatchError::Unavailable`] as [`PeerWatch::look`].
    pub fn await_consumed(
        &mut self,
        stream: &Stream,
        sent: u64,
        deadline: Instant,
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<Await, WatchError> {
        let mut pace = Pace::new(deadline);
        loop {
            match self.consumed(sent) {
                Ok(true) => return Ok(Await::Consumed),
                Ok(false) => {}
                Err(WatchError::Gone) => return Ok(Await::PeerGone),
                Err(e) => return Err(e),
            }
            // The look above waits for the lock that a reader holds while it reads, and putting
            // this thread to sleep there costs more than the reader takes: measured, half of the
            // time of a piece. So it is repeated only when the reader seems to be through.
            loop {
                if stop() {
                    return Ok(Await::Interrupted);
                }
                if !pace.next_turn(stream) {
                    return Ok(Await::Timeout);
                }
                if self.seems_consumed(stream)? {
                    break;
                }
            }
        }
    }
}

/// How close the looks follow each other.
struct Pace {
    deadline: Instant,
    turn: u32,
    wait: Duration,
    /// False once our own socket had input that the caller left alone.
    own_is_quiet: bool,
}

impl Pace {
    fn new(deadline: Instant) -> Self {
        Self {
            deadline,
            turn: 0,
            wait: SHORTEST_WAIT,
            own_is_quiet: true,
        }
    }

    /// Lets time pass before the next look; false if the deadline has passed.
    fn next_turn(&mut self, stream: &Stream) -> bool {
        self.turn = self.turn.saturating_add(1);
        if self.turn <= EAGER_TURNS {
            return true;
        }
        let now = Instant::now();
        if now >= self.deadline {
            return false;
        }
        if self.turn <= EAGER_TURNS + YIELDING_TURNS {
            std::thread::yield_now();
        } else {
            self.wait_on_own(stream, self.wait.min(self.deadline - now));
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
        }
        true
    }

    /// Waits until our own socket has input. Once it had some and the caller went on all the same,
    /// only time is waited for: the poll would not wait any more.
    fn wait_on_own(&mut self, stream: &Stream, wait: Duration) {
        let interest = [Interest {
            fd: stream.as_fd(),
            read: true,
            write: false,
        }];
        let mut ready = [Ready::default()];
        let watched = if self.own_is_quiet {
            &interest[..]
        } else {
            &[]
        };
        // An error of poll(2) costs this one wait, and nothing else.
        let _ = crate::poll_into(watched, wait, &mut ready);
        self.own_is_quiet &= !ready[0].any();
    }
}

//! Faults that any stream server can have, whatever its protocol. Which scenarios catch them
//! depends on the service that carries them, and is said there.

use std::time::Duration;

use harness_net::Transport;

use crate::Model;
use crate::class::FaultClass;
use crate::command::Outcome;
use crate::service::{Factory, Fault, Habit, Shortage, Sockets, Stall};
use crate::session::{Flow, Output, Session};

pub(crate) const SPIN_ON_EOF: Fault = Fault::new(
    "spin_on_eof",
    "S1",
    &[],
    "reads on after the client's FIN, for ever, at 100 % CPU, and never closes",
)
.classes(&[FaultClass::SpinsAtEof, FaultClass::WrongClose])
.habit(Habit::SpinsOnEof);

pub(crate) const DIES_WHEN_CLIENT_LEAVES: Fault = Fault::new(
    "dies_when_client_leaves",
    "SRV-EOF-01",
    &[],
    "ends the whole server when a client closes its connection",
)
.classes(&[FaultClass::CloseIsFatal])
.habit(Habit::DiesOnEof);

pub(crate) const DIES_ON_RESET: Fault = Fault::new(
    "dies_on_reset",
    "S20",
    &[],
    "ends the whole server when a client resets its connection",
)
.classes(&[FaultClass::CloseIsFatal])
.habit(Habit::DiesOnReset);

pub(crate) const HALF_CLOSE_DROPS_REPLY: Fault = Fault::new(
    "half_close_drops_reply",
    "SRV-EOF-02",
    &[],
    "takes the client's FIN for its departure and drops the replies that are still due",
)
.classes(&[FaultClass::NoAnswer, FaultClass::WrongClose])
.habit(Habit::DropsAtEof);

pub(crate) const ONE_CLIENT_AT_A_TIME: Fault = Fault::new(
    "one_client_at_a_time",
    "S10",
    &[],
    "serves the second client only when the first has left",
)
.classes(&[FaultClass::BlockedByOne])
.sockets(Sockets {
    clients: Some(1),
    ..Sockets::RIGHT
});

pub(crate) const FORTY_CLIENTS_AT_MOST: Fault = Fault::new(
    "forty_clients_at_most",
    "S11",
    &[],
    "serves 40 clients, idle ones included; the 41st waits until one leaves",
)
.classes(&[FaultClass::BlockedByOne])
.sockets(Sockets {
    clients: Some(40),
    ..Sockets::RIGHT
});

pub(crate) const STOP_WAITS_FOR_CLIENTS: Fault = Fault::new(
    "stop_waits_for_clients",
    "S11",
    &[],
    "does not stop on SIGTERM as long as a client is connected, even an idle one",
)
.classes(&[FaultClass::SlowStop])
.sockets(Sockets {
    waits_for_clients: true,
    ..Sockets::RIGHT
});

pub(crate) const STALLS: Fault = Fault::new(
    "stalls",
    "TIME-CO-01",
    &[],
    "serves nobody in the first 200 ms of every second second of the Unix clock",
)
.sockets(Sockets {
    stalls: Some(Stall {
        every: Duration::from_secs(2),
        time: Duration::from_millis(200),
    }),
    ..Sockets::RIGHT
})
.classes(&[FaultClass::Stalls]);

pub(crate) const PARTIAL_WRITE_IGNORED: Fault = Fault::new(
    "partial_write_ignored",
    "STREAM-SEND-02",
    &[],
    "writes a reply once and forgets what did not fit into the send buffer",
)
.classes(&[FaultClass::PartialWrite])
.sockets(Sockets {
    single_write: Some(8 << 10),
    ..Sockets::RIGHT
});

pub(crate) const NO_REUSEADDR: Fault = Fault::new(
    "no_reuseaddr",
    "S15",
    &[],
    "does not set SO_REUSEADDR, so that it cannot start again while its port is in TIME_WAIT",
)
.classes(&[FaultClass::NoReuseaddr])
.only(&[Transport::Tcp])
.sockets(Sockets {
    reuseaddr: false,
    ..Sockets::RIGHT
});

pub(crate) const REUSEPORT_SHARES_PORT: Fault = Fault::new(
    "reuseport_shares_port",
    "S15",
    &[],
    "sets SO_REUSEPORT, so that a second instance takes a share of the connections",
)
.classes(&[FaultClass::PortShared])
.only(&[Transport::Tcp])
.sockets(Sockets {
    reuseport: true,
    ..Sockets::RIGHT
});

pub(crate) const STALE_SOCKET_FILE: Fault = Fault::new(
    "stale_socket_file",
    "S17",
    &[],
    "leaves the file of its Unix socket behind, and cannot start again because of it",
)
.classes(&[FaultClass::StaleFile])
.only(&[
    Transport::Unix,
    Transport::UnixDgram,
    Transport::UnixSeqpacket,
])
.sockets(Sockets {
    keeps_file: true,
    ..Sockets::RIGHT
});

pub(crate) const TAKES_LIVE_SOCKET_FILE: Fault = Fault::new(
    "takes_live_socket_file",
    "UNIX-PATH-02",
    &[],
    "removes whatever socket stands at its path, so that a second instance starves the first",
)
.only(&[
    Transport::Unix,
    Transport::UnixDgram,
    Transport::UnixSeqpacket,
])
.sockets(Sockets {
    takes_live_file: true,
    ..Sockets::RIGHT
})
.classes(&[FaultClass::PortShared]);

pub(crate) const DIES_WITHOUT_DESCRIPTORS: Fault = Fault::new(
    "dies_without_descriptors",
    "SRV-FD-01",
    &[],
    "ends the whole server when accept(2) finds no descriptor left (EMFILE)",
)
.sockets(Sockets {
    shortage: Shortage::Dies,
    ..Sockets::RIGHT
})
.classes(&[FaultClass::NoDescriptors]);

pub(crate) const SPINS_WITHOUT_DESCRIPTORS: Fault = Fault::new(
    "spins_without_descriptors",
    "SRV-FD-01",
    &[],
    "calls accept(2) again at once, at 100 % CPU, as long as no descriptor is left (EMFILE)",
)
.sockets(Sockets {
    shortage: Shortage::Spins,
    ..Sockets::RIGHT
})
.classes(&[FaultClass::NoDescriptors]);

pub(crate) const ZOMBIES_LEFT_BEHIND: Fault = Fault::new(
    "zombies_left_behind",
    "S11",
    &[],
    "never waits for its worker processes, so that each leaves a zombie behind",
)
.under(&[Model::Process])
.sockets(Sockets {
    leaves_zombies: true,
    ..Sockets::RIGHT
})
.classes(&[FaultClass::Zombies]);

/// How long the dropping server collects before it answers.
const COLLECTS: Duration = Duration::from_millis(5);

/// The factory of sessions with this habit.
pub(crate) fn with(habit: Habit, factory: Factory) -> Factory {
    std::sync::Arc::new(move || {
        Box::new(Habitual {
            habit,
            inner: factory(),
            held: Output::default(),
        })
    })
}

/// A session with a habit around it.
struct Habitual {
    habit: Habit,
    inner: Box<dyn Session>,
    /// `DropsAtEof`: replies that wait to be sent.
    held: Output,
}

impl Habitual {
    /// After a call into the session: hold its replies back, unless it closes anyway.
    fn hold(&mut self, flow: Flow, out: &mut Output) -> Flow {
        match flow {
            Flow::Continue => Flow::Wait(COLLECTS),
            Flow::Run(_) | Flow::More => flow,
            other => {
                out.append(&mut self.held);
                other
            }
        }
    }
}

impl Session for Habitual {
    fn want(&self) -> usize {
        self.inner.want()
    }

    fn begin(&mut self, out: &mut Output) -> Flow {
        self.inner.begin(out)
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        if self.habit != Habit::DropsAtEof {
            return self.inner.input(read, out);
        }
        out.append(&mut self.held);
        let flow = self.inner.input(read, &mut self.held);
        self.hold(flow, out)
    }

    fn idle(&mut self, out: &mut Output) -> Flow {
        out.append(&mut self.held);
        Flow::Continue
    }

    fn more(&mut self, out: &mut Output) -> Flow {
        if self.habit != Habit::DropsAtEof {
            return self.inner.more(out);
        }
        let flow = self.inner.more(&mut self.held);
        self.hold(flow, out)
    }

    fn ran(&mut self, outcome: Outcome, out: &mut Output) -> Flow {
        if self.habit != Habit::DropsAtEof {
            return self.inner.ran(outcome, out);
        }
        let flow = self.inner.ran(outcome, &mut self.held);
        self.hold(flow, out)
    }

    fn end(&mut self, out: &mut Output) -> Flow {
        match self.habit {
            Habit::SpinsOnEof => Flow::Spin,
            Habit::DiesOnEof => Flow::Crash("a client closed its connection".to_owned()),
            Habit::DiesOnReset => self.inner.end(out),
            Habit::DropsAtEof => Flow::Close,
        }
    }

    fn broken(&mut self) -> Flow {
        match self.habit {
            Habit::DiesOnReset => Flow::Crash("a client reset its connection".to_owned()),
            _ => self.inner.broken(),
        }
    }
}

//! The description of a service: what it does, where it runs, and how it can be made wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use harness_net::Transport;

use crate::class::FaultClass;
use crate::command::Runner;
use crate::datagram::Responder;
use crate::folder::Folder;
use crate::session::Session;
use crate::{Digest, Model};

/// A reference server.
pub struct Service {
    /// Its name on the command line and in `builtin:`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// What it can listen on; the first is the default.
    pub transports: &'static [Transport],
    /// How it can run; the first is the default. Empty for datagram services.
    pub models: &'static [Model],
    /// The faults that can be planted, one at a time.
    pub faults: &'static [Fault],
    /// How its messages lie in bytes, in one line.
    pub protocol: &'static str,
    /// True where clients can make it run commands.
    pub runs_commands: bool,
    /// True where clients must prove that they know a key, which the server then needs.
    pub authenticates: bool,
    pub(crate) kind: Kind,
    /// Per fault, an exchange in which it differs from the correct server.
    #[cfg(test)]
    pub(crate) shown: &'static [crate::tests::Shown],
}

/// A fault that can be planted in a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name, in snake case.
    pub name: &'static str,
    /// What it does wrong, in one sentence.
    pub about: &'static str,
    /// Where it comes from: a seed (`S5`), or the catalogue's id of the case.
    pub seed: &'static str,
    /// The shipped scenarios that must fail when it is planted.
    pub caught_by: &'static [&'static str],
    /// What it may be taken for: classes that nothing outside of the program can tell apart.
    pub classes: &'static [FaultClass],
    /// Where it exists. Empty means on all of the service's transports but seqpacket, on which a
    /// stream service sees messages and has few ways to go wrong.
    pub transports: &'static [Transport],
    /// Under which models it exists; empty means under all.
    pub models: &'static [Model],
    pub(crate) sockets: Sockets,
    pub(crate) habit: Option<Habit>,
}

impl Fault {
    pub(crate) const fn new(
        name: &'static str,
        seed: &'static str,
        caught_by: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self {
            name,
            about,
            seed,
            caught_by,
            classes: &[],
            transports: &[],
            models: &[],
            sockets: Sockets::RIGHT,
            habit: None,
        }
    }

    /// The same fault, caught by other scenarios: these depend on the service that carries it.
    pub(crate) const fn caught_by(mut self, scenarios: &'static [&'static str]) -> Self {
        self.caught_by = scenarios;
        self
    }

    pub(crate) const fn classes(mut self, classes: &'static [FaultClass]) -> Self {
        self.classes = classes;
        self
    }

    pub(crate) const fn only(mut self, transports: &'static [Transport]) -> Self {
        self.transports = transports;
        self
    }

    pub(crate) const fn under(mut self, models: &'static [Model]) -> Self {
        self.models = models;
        self
    }

    pub(crate) const fn sockets(mut self, sockets: Sockets) -> Self {
        self.sockets = sockets;
        self
    }

    pub(crate) const fn habit(mut self, habit: Habit) -> Self {
        self.habit = Some(habit);
        self
    }

    /// True where it exists over this transport.
    pub fn exists_over(&self, transport: Transport) -> bool {
        match self.transports {
            [] => transport != Transport::UnixSeqpacket,
            some => some.contains(&transport),
        }
    }

    /// True where it exists under this model; `None` is a datagram service's.
    pub fn exists_under(&self, model: Option<Model>) -> bool {
        self.models.is_empty() || model.is_some_and(|m| self.models.contains(&m))
    }
}

/// How a server treats its sockets, apart from the bytes in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sockets {
    /// SO_REUSEADDR on TCP listeners (socket(7)).
    pub(crate) reuseaddr: bool,
    /// SO_REUSEADDR on UDP sockets, where it lets a second server take over.
    pub(crate) reuseaddr_udp: bool,
    /// SO_REUSEPORT.
    pub(crate) reuseport: bool,
    /// TCP_NODELAY on connections.
    pub(crate) nodelay: bool,
    /// Writes once, without waiting for room, into a send buffer of this many bytes.
    pub(crate) single_write: Option<usize>,
    /// Most clients that are served at a time.
    pub(crate) clients: Option<usize>,
    /// Leaves the file of a Unix socket behind, and stops at one that it finds.
    pub(crate) keeps_file: bool,
    /// Removes the socket file that it finds, also that of a live server.
    pub(crate) takes_live_file: bool,
    /// Stops only when the last client has left.
    pub(crate) waits_for_clients: bool,
    /// Serves nobody at certain times.
    pub(crate) stalls: Option<Stall>,
    /// What the acceptor does where descriptors run out.
    pub(crate) shortage: Shortage,
    /// Never asks how its worker processes ended.
    pub(crate) leaves_zombies: bool,
    /// Datagrams: answers from a second socket.
    pub(crate) other_port: bool,
    /// Unix datagrams: ends at a sender that has no name.
    pub(crate) dies_on_unnamed: bool,
    /// Messages: the size of the receive buffer in bytes. The right one holds every UDP datagram
    /// (65,507 bytes, RFC 768), and on Unix all that fits a send buffer of the largest size that
    /// net.core.wmem_max allows unless it was raised (425,984 bytes, socket(7)).
    pub(crate) datagram_buffer: usize,
}

/// What an acceptor does with EMFILE and its like (accept(2)): the connection stays queued, and the
/// listener readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// It pauses and tries again.
    Pauses,
    /// It ends the server.
    Dies,
    /// It tries again at once, for ever.
    Spins,
}

impl Sockets {
    pub(crate) const RIGHT: Self = Self {
        reuseaddr: true,
        reuseaddr_udp: false,
        reuseport: false,
        nodelay: true,
        single_write: None,
        clients: None,
        keeps_file: false,
        takes_live_file: false,
        waits_for_clients: false,
        stalls: None,
        shortage: Shortage::Pauses,
        leaves_zombies: false,
        other_port: false,
        dies_on_unnamed: false,
        datagram_buffer: 512 << 10,
    };

    /// Nagle's algorithm left on, as sockets are made (RFC 896).
    pub(crate) const NAGLE: Self = Self {
        nodelay: false,
        ..Self::RIGHT
    };
}

/// Times at which a server serves nobody: the first `time` of each `every`, counted from the Unix
/// epoch, so that who knows the time knows the stalls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stall {
    pub(crate) every: Duration,
    pub(crate) time: Duration,
}

impl Stall {
    /// How long the stall that is under way at this time since the epoch still takes.
    pub(crate) fn left(self, since_epoch: Duration) -> Duration {
        let within = since_epoch.as_nanos() % self.every.as_nanos().max(1);
        let left = self.time.as_nanos().saturating_sub(within);
        Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

/// What any stream server can do wrong around a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    SpinsOnEof,
    DiesOnEof,
    DiesOnReset,
    DropsAtEof,
}

/// What a service is made with.
pub(crate) struct Setup {
    pub(crate) fault: Option<&'static Fault>,
    pub(crate) transport: Transport,
    pub(crate) runner: Runner,
    /// The key that clients must know, where the service asks for one.
    pub(crate) key: Vec<u8>,
    pub(crate) digest: Digest,
}

/// Makes the session of each new connection.
pub(crate) type Factory = Arc<dyn Fn() -> Box<dyn Session> + Send + Sync>;

/// How a service is driven.
pub(crate) enum Kind {
    Stream(fn(Setup) -> Factory),
    /// A stream service over the files of a folder.
    Files(fn(Setup, Folder) -> Factory),
    Datagram(fn(Setup) -> Box<dyn Responder>),
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// The model of this name, or the one that it runs under where none is named.
    pub fn model(&self, name: Option<&str>) -> Option<Model> {
        let mut all = self.models.iter().copied();
        match name {
            None => all.next(),
            Some(name) => all.find(|m| m.name() == name),
        }
    }

    /// True where clients can read and write the files of a folder: where it takes a root.
    pub fn serves_files(&self) -> bool {
        matches!(self.kind, Kind::Files(_))
    }

    /// The fault of this name.
    pub fn fault(&self, name: &str) -> Option<&'static Fault> {
        self.faults.iter().find(|f| f.name == name)
    }
}

/// A name that no service has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a reference server; {}", right(.suggestions, .all))]
pub struct UnknownService {
    /// What was given.
    pub given: String,
    /// Names like it, best first; may be empty.
    pub suggestions: Vec<&'static str>,
    /// All names.
    pub all: Vec<&'static str>,
}

fn right(suggestions: &[&str], all: &[&str]) -> String {
    match suggestions {
        [] => format!("they are {}", all.join(", ")),
        some => format!("did you mean {}?", some.join(" or ")),
    }
}

/// The names that resemble what was given, best first, at most three.
pub(crate) fn similar(given: &str, names: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut near: Vec<(f64, &'static str)> = names
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Declares a service's own faults once: an enum for its code, and the table for the registry. In
/// parentheses stand the seed, the scenarios that catch it, and its classes. Faults that any stream
/// service can have follow after `shared`. `only [...]` says over which transports a fault exists.
macro_rules! faults {
    (
        $Bug:ident:
        $($variant:ident $name:literal
            ($seed:literal, $caught:expr $(, [$($class:ident),+])?) $about:literal
            $(only [$($transport:expr),+])? $(with $sockets:expr)?;)*
        $(+ shared: $($shared:expr),+ $(,)?;)?
    ) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum $Bug { $($variant),* }

        impl $Bug {
            /// The fault that the setup names, if it is one of the service's own.
            fn planted(fault: Option<&crate::Fault>) -> Option<Self> {
                match fault?.name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        const FAULTS: &[crate::Fault] = &[
            $(crate::Fault::new($name, $seed, &$caught, $about)
                $(.classes(&[$(crate::FaultClass::$class),+]))?
                $(.only(&[$($transport),+]))?
                $(.sockets($sockets))?,)*
            $($($shared,)+)?
        ];
    };
}
pub(crate) use faults;

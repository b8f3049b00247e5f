//! What a scenario file means once it has been found valid: the only form that the rest of the
//! program sees. Nothing here can be wrong in itself; a mistake was refused before.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use harness_net::{Endpoint, SocketOptions, Transport};
use harness_targets::Digest;
use harness_wire::{Encoded, Field, Framing, Limits};

pub use super::message::Message;
pub use crate::condition::Condition;
pub use crate::step::{CloseHow, RecvExpect, SendData, StepKind};

mod load;

pub use load::{Arrivals, End, Load, LoadDelivery, LoadModel, MAX_SOURCES, Stage};

/// A place in a file, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, as the user named it.
    pub file: Arc<Path>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One file: its profiles, scenarios and protocols.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file, as the user named it.
    pub file: Arc<Path>,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// The target profiles that it defines.
    pub profiles: Vec<Arc<Profile>>,
    /// The scenarios that it defines.
    pub scenarios: Vec<Scenario>,
    /// The protocols that it defines.
    pub protocols: Vec<Arc<Protocol>>,
    /// The failures that it knows.
    pub known_failures: Vec<KnownFailure>,
}

/// Framings without a target, for the profiles that name their file in `use`.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Its name: the value of `protocol:`.
    pub name: String,
    /// What it is, in a sentence.
    pub about: Option<String>,
    /// Where it is defined.
    pub at: Location,
    /// Its framings over streams, by name.
    pub frames: BTreeMap<String, Arc<dyn Framing>>,
    /// Its framings over datagrams, by name. Most are the same.
    pub datagrams: BTreeMap<String, Arc<dyn Framing>>,
    /// The bounds of its frames.
    pub limits: Limits,
}

/// Cases that are known to fail, for a reason and for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFailure {
    /// A glob of case ids.
    pub case: String,
    /// Why they fail.
    pub reason: String,
    /// Where that is being worked on.
    pub issue: Option<String>,
    /// The last day on which it counts.
    pub expires: jiff::civil::Date,
    /// Where it is written.
    pub at: Location,
}

/// What is tested and how it speaks.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name: the value of `target:`.
    pub name: String,
    /// What it is, in a sentence.
    pub about: Option<String>,
    /// Where it is defined.
    pub at: Location,
    /// Whether it is connected to, or connects.
    pub role: Role,
    /// How it comes to be there.
    pub origin: Origin,
    /// What it speaks over.
    pub transport: Transport,
    /// The address on which a target that the harness starts listens: 127.0.0.1 or ::1.
    pub host: IpAddr,
    /// True: a Unix socket that the harness starts has an abstract name instead of a file.
    pub abstract_name: bool,
    /// Its framings by name.
    pub frames: BTreeMap<String, Arc<dyn Framing>>,
    /// Played at the start of each connection.
    pub opening: Vec<Exchange>,
    /// Played by `play: all`.
    pub exchanges: Vec<Exchange>,
    /// Played at the end of each connection.
    pub closing: Vec<Exchange>,
    /// Options for every connection to it.
    pub options: SocketOptions,
    /// What it does not support.
    pub without: Vec<Capability>,
    /// What is done before each delivery, so that the target does not remember the last one.
    pub reset: Reset,
    /// False: exchanges change the target's state, so that they must not be repeated freely.
    pub idempotent: bool,
    /// The longest that one answer may take, where the user said it.
    pub timeout: Option<Duration>,
    /// The fields, by frame, whose content in replies is not compared.
    pub volatile: BTreeMap<String, Vec<String>>,
    /// In which order the replies to several requests come.
    pub order: Order,
    /// True where a message follows from earlier ones, so that those must be kept.
    pub refers: bool,
    /// How a client must end where a case does not say it.
    pub ends: Ends,
}

/// Whether a target is a server or a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It is connected to: the harness is its client.
    Server,
    /// It connects, once for each delivery: the harness is its server.
    Client,
}

impl Role {
    /// What the harness says to it: a `request` or a `reply`.
    pub fn says(self) -> &'static str {
        match self {
            Self::Server => "request",
            Self::Client => "reply",
        }
    }
}

/// How a client must end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Its exit status; 0 where none is given.
    pub exit: Option<ExitWant>,
    /// All of its stdout; where none is given, that of a control run, if the case has one.
    pub stdout: Option<Vec<u8>>,
}

/// An exit status that a client must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitWant {
    /// This one.
    Code(u8),
    /// Any but 0. A signal that kills it is none.
    Failure,
}

/// In which order the replies to several requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In the order of the requests.
    Strict,
    /// In any: each repeats the id of its request.
    Any,
}

impl Profile {
    /// What stands in the place of a target where a case is its own peer.
    pub fn none(transport: Transport, at: Location) -> Self {
        Self {
            name: "none".to_owned(),
            about: None,
            at,
            role: Role::Server,
            origin: Origin::None,
            transport,
            host: std::net::Ipv4Addr::LOCALHOST.into(),
            abstract_name: false,
            frames: BTreeMap::new(),
            opening: Vec::new(),
            exchanges: Vec::new(),
            closing: Vec::new(),
            options: SocketOptions::default(),
            without: Vec::new(),
            reset: Reset::None,
            idempotent: true,
            timeout: None,
            ends: Ends::default(),
            volatile: BTreeMap::new(),
            order: Order::Strict,
            refers: false,
        }
    }
}

/// How a target comes to be there.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The harness starts this program.
    Start(StartCommand),
    /// It runs already, here.
    Connect(Endpoint),
    /// One of the reference servers.
    Builtin(Builtin),
    /// One of the reference clients.
    Client(BuiltinClient),
    /// Nowhere: the case is its own peer.
    None,
}

/// A program to start.
#[derive(Clone, Debug)]
pub struct StartCommand {
    /// Program and arguments. `{port}`, `{host}` and `{path}` stand for what the harness chose.
    pub argv: Vec<String>,
    /// Further environment variables, with the same templates.
    pub env: BTreeMap<String, String>,
    /// Working directory; the scenario's own where none is given.
    pub dir: Option<PathBuf>,
    /// When it counts as ready.
    pub ready: Ready,
    /// How long it may take to be ready.
    pub within: Duration,
    /// The program without which cases are skipped. `None`: they run, and fail to start.
    pub if_present: Option<String>,
}

/// When a started target counts as ready.
#[derive(Clone, Debug)]
pub enum Ready {
    /// Its port is in LISTEN (datagrams: bound) in the socket table, owned by its process tree.
    Listening,
    /// A line with this text stands on its stdout.
    Line(String),
}

/// One of the reference servers.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// Its name in `harness serve --list`.
    pub server: String,
    /// `iterative`, `thread`, `process` or `async`; the server's default where none is given.
    pub model: Option<String>,
    /// The hash function of a server that authenticates its clients.
    pub digest: Digest,
    /// How many descriptors it may have open.
    pub descriptors: Option<u64>,
    /// The planted fault, if one is wanted.
    pub fault: Option<String>,
    /// The folder that it serves; `None` for a temporary one, or where it serves none.
    pub root: Option<PathBuf>,
}

/// One of the reference clients.
#[derive(Clone, Debug)]
pub struct BuiltinClient {
    /// Its name in `harness client --list`.
    pub client: String,
    /// The planted fault, if one is wanted.
    pub fault: Option<String>,
    /// Further arguments of `harness client`: options, and what it asks.
    pub args: Vec<String>,
}

/// What a target may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// A second request before the first was answered.
    Pipelining,
    /// Answering after the client's FIN.
    HalfClose,
    /// Data before the server's greeting.
    EarlyData,
    /// More than one exchange a connection.
    Reuse,
    /// Several connections at once.
    Concurrency,
    /// Being stopped and started again.
    Restart,
    /// Bytes that break the protocol.
    Hostile,
}

/// What a case needs of its target: a word of `needs:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A capability that the target has not declared to lack.
    Capability(Capability),
    /// TCP or Unix stream.
    Stream,
    /// UDP or Unix datagrams.
    Datagram,
    /// UDP.
    Udp,
    /// A Unix socket of any kind.
    Unix,
    /// TCP.
    Tcp,
    /// A frame with a length field.
    LengthField,
    /// A program that the harness started (so that it can be stopped).
    Started,
    /// A target that is connected to.
    Server,
    /// A target that connects.
    Client,
    /// IPv6 on the loopback interface.
    Ipv6,
}

/// What is done before each delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Nothing: the target keeps no state that matters.
    None,
    /// The target is started anew.
    Restart,
    /// These exchanges are played, on a connection of their own: indices in `exchanges`.
    Exchanges(Vec<usize>),
}

/// One request and its reply, neutral to the role.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub at: Location,
    /// What the client says. `None`: the server speaks first (a greeting).
    pub request: Option<Message>,
    /// What the server says.
    pub reply: Reply,
    /// Where request and reply both have an `id: true` field: its name in each.
    pub id: Option<(String, String)>,
}

impl Exchange {
    /// What the harness sends in it, as one piece of bytes: to a server the request, to a client
    /// the reply.
    pub fn sent(&self, role: Role) -> Option<Cow<'_, Encoded>> {
        match (role, &self.reply) {
            (Role::Server, _) => {
                let shape = self.request.as_ref().and_then(|m| m.shape());
                shape.map(Cow::Borrowed)
            }
            (Role::Client, Reply::Given(messages)) => match messages.as_slice() {
                [one] => one.shape().map(Cow::Borrowed),
                all => Some(Cow::Owned(joined(all))),
            },
            (Role::Client, _) => None,
        }
    }

    /// The length of [`Exchange::sent`] in bytes.
    pub fn sent_len(&self, role: Role) -> usize {
        self.sent(role).map_or(0, |m| m.bytes.len())
    }
}

/// Several messages as if they were one.
fn joined(messages: &[Message]) -> Encoded {
    let mut bytes = Vec::new();
    let mut fields = Vec::new();
    for encoded in messages.iter().filter_map(|m| m.shape()) {
        let base = bytes.len();
        bytes.extend_from_slice(&encoded.bytes);
        fields.extend(encoded.fields.iter().map(|field| {
            Field {
                name: Arc::clone(&field.name),
                ranges: field
                    .ranges
                    .iter()
                    .map(|r| r.start + base..r.end + base)
                    .collect(),
            }
        }));
    }
    Encoded { bytes, fields }
}

/// What the server says.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Nothing.
    None,
    /// Exactly these messages, in this order (at least one).
    Given(Vec<Message>),
    /// One message in this framing; its content is learned from control exchanges.
    Learned {
        /// The frame's name in the profile.
        frame: String,
        /// Its framing.
        framing: Arc<dyn Framing>,
    },
    /// Nothing more: the server closes the connection.
    Closes,
}

/// What is done to a target.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name: the value of `scenario:`.
    pub name: String,
    /// What it is about, in a sentence or two.
    pub about: Option<String>,
    /// Where it is defined.
    pub at: Location,
    /// The target that its cases run against, unless they or `--target` say otherwise. `None` for
    /// a suite, which needs `--target`.
    pub target: Option<Arc<Profile>>,
    /// Its cases, in order.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Unique in a run, such as `framing.cut`.
    pub id: String,
    /// What is true if it passes.
    pub title: String,
    /// Where it is defined.
    pub at: Location,
    /// Why it matters.
    pub why: Option<String>,
    /// The sources of the rule, and catalogue ids.
    pub cite: Vec<String>,
    /// How much a failure weighs.
    pub level: Level,
    /// What it needs of the target.
    pub needs: Vec<Need>,
    /// Kernel settings that it rests on.
    pub sysctl: Vec<Setting>,
    /// For `--filter`.
    pub tags: Vec<String>,
    /// Its own target, if it differs from the scenario's.
    pub target: Option<Arc<Profile>>,
    /// True: it may share a running target with other cases that say so.
    pub share: bool,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// How the bytes of `play` steps reach the peer. At least one.
    pub deliver: Vec<DeliverySpec>,
    /// The load that it puts on its target; its steps play each exchange of the load once then.
    pub load: Option<Arc<Load>>,
    /// Bounds on what was measured.
    pub thresholds: Vec<Threshold>,
    /// True: its boundary diagram is shown even when it passes.
    pub show: bool,
    /// True where a step follows from earlier messages, so that those must be kept.
    pub refers: bool,
    /// True: it is part of the suite that is built in, and runs when its target's file is given.
    pub shipped: bool,
}

/// A kernel setting, and what it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// Its sysctl(8) name.
    pub name: String,
    /// The bound.
    pub is: Comparison,
}

/// How much a failure weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A failure fails the run.
    Must,
    /// A failure is a warning.
    Should,
    /// A failure is information.
    May,
}

/// How the bytes of a conversation reach the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliverySpec {
    /// Each message in one write.
    Whole,
    /// One delivery, cut at these offsets of each message.
    Cut {
        /// Offsets in bytes, ascending, each at least 1.
        at: Vec<usize>,
    },
    /// One delivery for each cut of each message.
    EachCut,
    /// One delivery for each pair of cuts around field borders.
    FieldPairs,
    /// Each byte by itself.
    EachByte,
    /// Random partitions from the run's seed.
    Random {
        /// How many.
        runs: u32,
    },
    /// Several messages in one write.
    Merge {
        /// The least number of messages, at least 2.
        from: usize,
        /// The greatest number; `None` for as many as the case plays.
        to: Option<usize>,
        /// True: half of a further message follows in the same write.
        plus_half: bool,
    },
}

/// One step of a case.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it is written.
    pub at: Location,
    /// What it does.
    pub kind: StepKind,
}

/// The name of a connection within a case.
pub type ConnName = String;

/// A bound such as `>= 3`. A bare number means equality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The relation.
    pub op: Op,
    /// The right-hand side.
    pub value: f64,
}

/// A relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    AtLeast,
    /// `>`
    Greater,
}

/// A bound on what a case measured, such as `p99 < 10ms`.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// As it was written.
    pub text: String,
    /// What is bounded.
    pub metric: Metric,
    /// The bound; times in nanoseconds.
    pub is: Comparison,
}

/// What a threshold bounds: the latencies of a case's exchanges, over all its deliveries; of a load
/// case its response times and what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// A quantile, between 0 and 1.
    Quantile(f64),
    /// The mean.
    Mean,
    /// The greatest.
    Max,
    /// Requests answered a second. Of load cases only, as all that follow.
    Rate,
    /// Requests that failed or were never sent, and connections that could not be opened.
    Errors,
    /// Requests without an answer in time.
    Timeouts,
    /// Wrong answers.
    Corrupt,
}

//! Target profiles as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::by_shape;
use super::{
    AlgorithmSyntax, Bytes, Count, ExchangeSyntax, ExitSyntax, FrameForm, Item, Named, Names,
    OptionsSyntax, Size, Time, Word,
};

/// What is tested, and how it speaks. Exactly one of `start`, `connect` and `builtin` says where it
/// is, unless `use` brings it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ProfileSyntax {
    /// Its name.
    pub target: Item<String>,
    /// What it is, in a sentence.
    pub about: Option<Item<String>>,
    /// The program that is started. `{port}`, `{host}` and `{path}` stand for what is chosen for it.
    pub start: Option<Item<StartSyntax>>,
    /// Where it runs already: `tcp://HOST:PORT`, `udp://HOST:PORT`, `unix:///PATH`, `unix://@NAME`,
    /// and such names with `unix-dgram` or `unix-seqpacket`.
    pub connect: Option<Item<String>>,
    /// One of the reference servers or clients.
    pub builtin: Option<Item<BuiltinSyntax>>,
    /// Whether it is a server or a client. A client is started once for each delivery, and replies
    /// are what is delivered to it.
    #[schemars(extend("default" = "server"))]
    pub role: Option<Item<RoleSyntax>>,
    /// What it speaks over. `connect` says it already.
    #[schemars(extend("default" = "tcp"))]
    pub transport: Option<Item<TransportSyntax>>,
    /// The loopback address on which it listens when it is started for the run: `127.0.0.1`, `::1`.
    #[schemars(extend("default" = "127.0.0.1"))]
    pub host: Option<Item<String>>,
    /// True: where it is started and speaks over a Unix socket, that has a name in Linux's abstract
    /// namespace instead of a file. `{path}` is then that name with `@` in front.
    #[schemars(extend("default" = false))]
    pub r#abstract: Option<Item<bool>>,
    /// Another file, whose first profile gives every key that is not given here; frames and options
    /// add up.
    #[serde(rename = "use")]
    pub uses: Option<Item<String>>,
    /// Its framings, by names that you choose.
    pub frames: Option<Item<Names<FrameForm>>>,
    /// How much it may send. Frames that come by `use` keep the limits of their own file.
    pub limits: Option<Item<LimitsSyntax>>,
    /// Socket options for each connection to it.
    pub options: Option<Item<OptionsSyntax>>,
    /// Exchanges at the start of each connection: a greeting, a login.
    pub opening: Option<Item<Vec<Item<Named<ExchangeSyntax>>>>>,
    /// Exchanges that cases play, by names that you choose.
    pub exchanges: Option<Item<Vec<Item<Named<ExchangeSyntax>>>>>,
    /// Exchanges at the end of each connection.
    pub closing: Option<Item<Vec<Item<Named<ExchangeSyntax>>>>>,
    /// What it does not support. Cases that need it are skipped.
    pub without: Option<Item<Vec<Item<WithoutSyntax>>>>,
    /// False: exchanges change its state, so that they must not be repeated freely.
    #[schemars(extend("default" = true))]
    pub idempotent: Option<Item<bool>>,
    /// What is done before each delivery, so that it does not remember the last one.
    #[schemars(extend("default" = "none"))]
    pub reset: Option<Item<ResetSyntax>>,
    /// The longest that one answer may take.
    pub timeout: Option<Item<Time>>,
    /// Fields of replies that may hold anything, as `FRAME.FIELD`: a time, a random number. A
    /// length that counts them may differ with them.
    pub volatile: Option<Item<Vec<Item<String>>>>,
    /// In which order the replies to several requests come.
    #[schemars(extend("default" = "strict"))]
    pub order: Option<Item<OrderSyntax>>,
    /// How a client must end, where a case does not say it.
    pub ends: Option<Item<EndsSyntax>>,
}

/// How a client must end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct EndsSyntax {
    /// Its exit status.
    #[schemars(extend("default" = 0))]
    pub exit: Option<Item<ExitSyntax>>,
    /// All that it writes to stdout. Absent: the same as in the control runs.
    pub stdout: Option<Item<Bytes>>,
}

by_shape! {
    /// The program that is started: its argument list, or a map that says more.
    pub enum StartSyntax expecting "a list of arguments such as `[./server, --port, \"{port}\"]`, or a map with `argv`" {
        /// Program and arguments.
        "list" => Argv(Vec<Item<Word>>),
        /// The same with more.
        "map" | "bytes" => Map(StartMap),
    }
}

/// The program that is started.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct StartMap {
    /// Program and arguments. No shell comes between.
    pub argv: Item<Vec<Item<Word>>>,
    /// Further environment variables.
    pub env: Option<Item<Names<Word>>>,
    /// Its working directory, relative to this file. This file's folder where none is given.
    pub dir: Option<Item<String>>,
    /// When it counts as ready.
    #[schemars(extend("default" = "listening"))]
    pub ready: Option<Item<ReadySyntax>>,
    /// How long it may take to be ready; a client, to connect.
    #[schemars(extend("default" = "5s"))]
    pub within: Option<Item<Time>>,
    /// True: where the program is not installed, the cases are skipped and counted as such. A name:
    /// the same for the program of that name, which `argv` may start through a shell.
    #[schemars(extend("default" = false))]
    pub if_present: Option<Item<Word>>,
}

by_shape! {
    /// When a started program counts as ready.
    pub enum ReadySyntax expecting "`listening`, or a line to wait for as in `{line: \"ready\"}`" {
        /// A word.
        "scalar" => Word(ReadyWord),
        /// A line to wait for.
        "map" | "bytes" => Form(ReadyForm),
    }
}

/// When a started program counts as ready, without looking at its output.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ReadyWord {
    /// Its port stands in the socket table, owned by it or a child of it.
    Listening,
}

/// What is looked for in a started program's output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadyForm {
    /// A line on its standard output that contains this text.
    Line(Item<ReadyLine>),
}

/// The text that a line contains.
pub type ReadyLine = String;

by_shape! {
    /// One of the reference servers or clients: a server's name, or a map that says more.
    pub enum BuiltinSyntax expecting "the name of a reference server such as `echo`, or a map with `server` or `client`" {
        /// A server's name.
        "scalar" => Name(String),
        /// The same with more.
        "map" | "bytes" => Map(BuiltinMap),
    }
}

/// One of the reference servers or clients. Exactly one of `server` and `client`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct BuiltinMap {
    /// The server's name.
    pub server: Option<Item<String>>,
    /// The client's name.
    pub client: Option<Item<String>>,
    /// `iterative`, `thread`, `process` or `async`; the server's own choice where none is given.
    pub model: Option<Item<String>>,
    /// The hash function of `hmac`. Its key is `harness test key, not a secret`.
    #[schemars(extend("default" = "sha256"))]
    pub digest: Option<Item<AlgorithmSyntax>>,
    /// How many descriptors it may have open, 16 or more: what RLIMIT_NOFILE says.
    pub descriptors: Option<Item<Count>>,
    /// The fault that it has.
    pub fault: Option<Item<String>>,
    /// What a client asks, and options of `harness client`.
    pub args: Option<Item<Vec<Item<Word>>>>,
    /// The folder that `file` serves, relative to this file. A temporary one with samples where
    /// none is given.
    pub root: Option<Item<String>>,
}

/// Whether a target is a server or a client.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RoleSyntax {
    /// It is connected to.
    Server,
    /// It connects.
    Client,
}

/// What a target speaks over.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum TransportSyntax {
    /// A byte stream over IP.
    Tcp,
    /// Datagrams over IP.
    Udp,
    /// A byte stream between processes of one host.
    Unix,
    /// Datagrams between processes of one host.
    UnixDgram,
    /// Connections that keep message boundaries, between processes of one host.
    UnixSeqpacket,
}

/// Bounds on what a target may send. More is a failure.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct LimitsSyntax {
    /// A whole frame.
    #[schemars(extend("default" = "16MiB"))]
    pub frame: Option<Item<Size>>,
    /// A header: everything before the body.
    #[schemars(extend("default" = "64KiB"))]
    pub header: Option<Item<Size>>,
    /// Nesting of recursive formats and of JSON.
    #[schemars(extend("default" = 128))]
    pub depth: Option<Item<Size>>,
}

/// What a target does not support.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum WithoutSyntax {
    /// A second request before the first was answered.
    Pipelining,
    /// Answering after the client's FIN.
    HalfClose,
    /// Data before its greeting.
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

/// What is done before each delivery.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResetSyntax {
    /// Nothing: the target keeps no state that matters.
    None,
    /// The target is started anew.
    Restart,
    /// These exchanges of the profile are played, on a connection of their own.
    Exchanges(Item<Vec<Item<String>>>),
}

/// In which order the replies to several requests come.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum OrderSyntax {
    /// In the order of the requests.
    Strict,
    /// In any. Each is known by its frame's `id: true` field.
    Any,
}

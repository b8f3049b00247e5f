//! What a case can do: one file a step, from its words in YAML to what it does.
//!
//! A step is the one noun that crosses the stages of a run. Its file holds what may be written, how
//! that is checked, what it means, and how it is carried out; the stages meet steps only through
//! [`StepSyntax`], [`StepKind`] and `Act`.
//!
//! A new step is one file here, named as its word, with a struct of what it means that has a
//! `lower` and implements `Act`; and one line in `registry!`, whose doc comment is the reference's
//! text. (Rust wants its `mod` line too.) Conditions of `require` and `expect` are built alike, in
//! [`crate::condition`].

mod accept;
mod act;
mod bind;
mod close;
mod closed;
mod connect;
mod connected;
mod ended;
mod expect;
mod judged;
mod listen;
mod opening;
mod pause_target;
mod play;
mod recv;
mod registry;
mod repeat;
mod require;
mod reset;
mod resume_target;
mod send;
mod set;
mod shutdown;
mod silence;
mod start_second;
mod start_target;
mod stop_target;
mod strings;
mod timed;

pub(crate) use self::act::{Act, Failed, Halt};
pub use self::closed::CloseHow;
pub use self::connect::ToOwn;
pub use self::opening::Opened;
pub use self::recv::RecvExpect;
pub(crate) use self::registry::registry;
pub use self::send::SendData;
use crate::plan::Lane;
use crate::scenario::context::Context;
use crate::scenario::lower::step::Steps;
use crate::scenario::model::{Role, Step};
use crate::scenario::source::Span;
use crate::scenario::syntax::Item;

/// Where a step or condition stands when it is checked.
pub(crate) struct Here<'c, 's> {
    /// The check of its file.
    pub cx: &'c Context,
    /// What came before it.
    pub steps: &'c mut Steps<'s>,
    /// Its place.
    pub at: Span,
}

registry! {
    /// One step of a case. Where a step names no connection, the one that was opened last is meant.
    StepSyntax,
    /// What a step does.
    StepKind,
    /// The step as the later stages see it.
    act: Act;

    /// Plays exchanges of the profile, under the case's deliveries. Opens the connection where it is
    /// not open.
    play::Play(given: Item<play::PlaySyntax>),
    /// Opens a connection.
    connect::Connect(given: Item<connect::ConnectSyntax>),
    /// Opens a listener of the case's own. A case that is its own peer needs no target.
    listen::Listen(given: Item<listen::ListenSyntax>),
    /// Waits for the client under test to connect; over UDP, for its first datagram. Or accepts a
    /// connection of a listener of the case's own.
    accept::Accept(given: Item<accept::AcceptSyntax>),
    /// Opens a UDP socket of the case's own.
    bind::Bind(given: Item<bind::BindSyntax>),
    /// A connection that was begun with `wait: false` must come to stand.
    connected::Connected(given: Item<connected::ConnectedSyntax>),
    /// Sends bytes.
    send::Send(given: Item<send::SendSyntax>),
    /// Receives bytes, which must be as stated.
    recv::Recv(given: Item<recv::RecvSyntax>),
    /// The peer must neither send nor close for this long.
    silence::Silence(given: Item<silence::SilenceSyntax>),
    /// Sends FIN and goes on reading (half-close).
    shutdown::Shutdown(on: Option<Item<String>>),
    /// Closes the connection, or a listener.
    close::Close(on: Option<Item<String>>),
    /// Ends the connection with RST.
    reset::Reset(on: Option<Item<String>>),
    /// The client under test must end by itself. Where it must end well, it must send nothing more
    /// until then.
    ended::Ended(given: Option<Item<ended::EndedSyntax>>),
    /// The peer must close.
    closed::Closed(given: Item<closed::ClosedSyntax>),
    /// Changes socket options of an open connection.
    set::Set(given: Item<crate::scenario::syntax::SetSyntax>),
    /// A precondition. If it is not seen, the case is not judged.
    require::Require(given: Item<crate::condition::ConditionSyntax>),
    /// A condition that must hold. If it is not seen, the case fails.
    expect::Expect(given: Item<crate::condition::ConditionSyntax>),
    /// Stops the target's processes with SIGSTOP, until each thread is seen stopped.
    pause_target::PauseTarget,
    /// Lets the target's processes go on with SIGCONT.
    resume_target::ResumeTarget,
    /// Ends the target.
    stop_target::StopTarget(given: Option<Item<stop_target::StopTargetSyntax>>),
    /// Starts the target again, on the same port.
    start_target::StartTarget(given: Option<Item<start_target::StartTargetSyntax>>),
    /// Starts a second instance on the same port.
    start_second::StartSecond(given: Item<start_second::SecondSyntax>),
    /// Steps, several times.
    repeat::Repeat(given: Item<repeat::RepeatSyntax>),
    /// Steps whose duration is kept under a name.
    timed::Timed(given: Item<timed::TimedSyntax>),
}

impl StepKind {
    /// The step in words, for reports.
    pub fn words(&self) -> String {
        self.act().words()
    }

    /// The role of the targets that it is for; `None` where it fits either.
    pub fn role(&self) -> Option<Role> {
        self.act().role()
    }

    /// The steps inside it.
    pub fn inner(&self) -> &[Step] {
        self.act().inner()
    }

    /// True where it, or a step inside it, needs the target.
    pub fn asks_target(&self) -> bool {
        self.act().asks_target() || self.inner().iter().any(|s| s.kind.asks_target())
    }

    /// True where it, or a step inside it, opens a socket at which the case is its own peer.
    pub fn opens_own(&self) -> bool {
        self.act().opens_own() || self.inner().iter().any(|s| s.kind.opens_own())
    }

    /// With what a case that has it may run side by side.
    pub fn lane(&self) -> Lane {
        self.act().lane()
    }
}

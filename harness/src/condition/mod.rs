//! What can be seen to hold: one file a condition, from its words in YAML to how it is looked at.
//!
//! A new condition is one file here, named as its word, with a struct of what it means that has a
//! `lower` and implements `Look`; and one line in `registry!`, as for steps
//! ([`crate::step`]).

mod accept_queue;
mod dropped;
mod linked;
mod look;
mod measured;
mod no_zombies;
mod options;
mod own_queue;
mod peer_is_target;
mod peer_queue;
mod port_state;
mod ratio;
mod received;
mod retransmits;
mod segments;
mod state;
mod target_alive;
mod target_idle;
mod unacknowledged;
mod unsent;
mod window;

pub(crate) use self::look::{Look, Seen};
use crate::plan::Lane;
use crate::scenario::syntax::Item;
use crate::step::registry;

registry! {
    /// Something that can be seen to hold.
    ConditionSyntax,
    /// Something that can be seen to hold.
    Condition,
    /// The condition as the later stages see it.
    look: Look;

    /// A socket with the target's port is in this state, as ss(8) names it: `TIME_WAIT`, `CLOSE_WAIT`,
    /// `LISTEN` and others.
    port_state::PortState(given: Item<String>),
    /// One end of a connection is in this state, also when it is closed.
    state::State(given: Item<state::StateSyntax>),
    /// Data segments sent since the last `send` began, or since the connection was opened.
    segments::Segments(given: Item<measured::QueueSyntax>),
    /// Segments of any kind that came since the last `send` or `shutdown` began, or since the
    /// connection was opened.
    received::Received(given: Item<measured::QueueSyntax>),
    /// Segments sent again since the connection was opened, its SYN included.
    retransmits::Retransmits(given: Item<measured::QueueSyntax>),
    /// Bytes of window that the peer announced last.
    window::Window(given: Item<measured::QueueSyntax>),
    /// Datagrams that were dropped since the receive buffer was full.
    dropped::Dropped(given: Item<measured::QueueSyntax>),
    /// Connections that wait at a listener of the case's own.
    accept_queue::AcceptQueue(given: Item<accept_queue::AcceptQueueSyntax>),
    /// Two connections are the two ends of one.
    linked::Linked(given: Item<linked::LinkedSyntax>),
    /// Socket options have these values.
    options::Options(given: Item<options::OptionsReadSyntax>),
    /// Bytes that wait unread at the peer.
    peer_queue::PeerQueue(given: Item<measured::QueueSyntax>),
    /// Bytes that wait unread here.
    own_queue::OwnQueue(given: Item<measured::QueueSyntax>),
    /// Bytes written that the peer's kernel did not acknowledge yet, unsent ones included.
    unacknowledged::Unacknowledged(given: Item<measured::QueueSyntax>),
    /// Bytes that wait unsent here.
    unsent::Unsent(given: Item<measured::QueueSyntax>),
    /// The duration of one `timed` block over that of another.
    ratio::Ratio(given: Item<ratio::RatioSyntax>),
    /// The target is alive.
    target_alive::TargetAlive,
    /// The target uses less than a fifth of a core while nothing is asked of it.
    target_idle::TargetIdle,
    /// Every process that the target started and that has ended was waited for: there is no zombie.
    no_zombies::NoZombies,
    /// The process at the other end of a Unix connection is one of the target's, by SO_PEERCRED.
    peer_is_target::PeerIsTarget(on: Option<Item<String>>),
}

impl Condition {
    /// The condition in words, for reports.
    pub fn words(&self) -> String {
        self.look().words()
    }

    /// With what a case that looks at it may run side by side.
    pub fn lane(&self) -> Lane {
        self.look().lane()
    }
}

//! Steps: each with what came before it in mind.

use std::time::Duration;

use harness_net::Transport;

use crate::scenario::context::Context;
use crate::scenario::lower::connections::Connections;
use crate::scenario::lower::places::Listeners;
use crate::scenario::lower::{Lowered, positive};
use crate::scenario::model::{Origin, Role, Step};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{Item, StepSyntax, Time};
use crate::step::{self, Here};

/// Whether the target runs when a step is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TargetState {
    Running,
    Paused,
    Stopped,
}

/// What is known when a step is reached.
pub(crate) struct Steps<'a> {
    pub(crate) target: Option<&'a Lowered>,
    /// True: the target had a mistake, so that it is not known.
    pub(crate) unsure: bool,
    /// What the target speaks over, where that is known.
    pub(crate) transport: Option<Transport>,
    pub(crate) connections: Connections,
    pub(crate) listeners: Listeners,
    /// The names of the `timed` blocks so far.
    pub(crate) timed: Vec<String>,
    /// True: some step plays exchanges.
    pub(crate) plays: bool,
    /// True: some step receives, and so measures a latency.
    pub(crate) receives: bool,
    /// True: some step refers to an earlier message.
    pub(crate) refers: bool,
    pub(crate) target_state: TargetState,
    /// The role of targets that some step so far is for.
    role: Option<Role>,
    /// True while the steps of a `repeat` are looked at a second time.
    again: bool,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(target: Option<&'a Lowered>, transport: Option<Transport>) -> Self {
        Self {
            target,
            unsure: false,
            transport,
            connections: Connections::default(),
            listeners: Listeners::default(),
            timed: Vec::new(),
            plays: false,
            receives: false,
            refers: false,
            target_state: TargetState::Running,
            role: None,
            again: false,
        }
    }

    /// The steps of a list. Those that had a mistake are left out.
    pub(crate) fn list(&mut self, cx: &Context, given: &[Item<StepSyntax>]) -> Vec<Step> {
        given
            .iter()
            .filter_map(|item| {
                let Some(step) = item.get() else {
                    self.connections.unsure = true;
                    return None;
                };
                let kind = step::lower(
                    Here {
                        cx,
                        steps: self,
                        at: item.span,
                    },
                    step,
                )?;
                if let Some(role) = kind.role() {
                    self.for_role(cx, role, &kind.words(), item.span);
                }
                Some(Step {
                    at: cx.location(item.span),
                    kind,
                })
            })
            .collect()
    }

    /// `play: all` needs something to play.
    pub(crate) fn has_exchanges(&self, cx: &Context, at: Span) {
        if let Some(target) = self.target.filter(|t| t.profile.exchanges.is_empty()) {
            cx.error_help(
                at,
                format!(
                    "the target `{}` has no exchanges to play",
                    target.profile.name
                ),
                "add `exchanges:` to its profile, or say with `steps:` what is sent",
            );
        }
    }

    /// Looks at the steps of a `repeat` a second time: what the first round leaves behind must not
    /// trip it.
    pub(crate) fn once_more(&mut self, cx: &Context, steps: &Item<Vec<Item<StepSyntax>>>) {
        if self.again {
            return;
        }
        self.again = true;
        self.connections.again = true;
        let _ = self.block(cx, steps);
        self.again = false;
        self.connections.again = false;
    }

    /// A `timed` block has this name.
    pub(crate) fn time(&mut self, cx: &Context, name: &str, at: Span) {
        if !self.timed.iter().any(|known| known == name) {
            self.timed.push(name.to_owned());
        } else if !self.again {
            cx.error(at, format!("another `timed` block is named `{name}`"));
        }
    }

    /// The steps inside a step, at least one.
    pub(crate) fn block(
        &mut self,
        cx: &Context,
        steps: &Item<Vec<Item<StepSyntax>>>,
    ) -> Option<Vec<Step>> {
        let given = steps.get()?;
        if given.is_empty() {
            cx.error(steps.span, "there is no step in it");
        }
        Some(self.list(cx, given))
    }

    /// Refuses a step that only streams have.
    pub(crate) fn stream_only(&self, cx: &Context, what: &str, at: Span) {
        self.refuse_over(cx, |t| !t.is_stream(), what, at);
    }

    /// Refuses a step that only connections have: streams, and seqpacket.
    pub(crate) fn connected_only(&self, cx: &Context, what: &str, at: Span) {
        self.refuse_over(cx, Transport::is_datagram, what, at);
    }

    /// Refuses a step whose effect nothing shows over UDP.
    pub(crate) fn not_over_udp(&self, cx: &Context, what: &str, at: Span) {
        self.refuse_over(cx, |t| t == Transport::Udp, what, at);
    }

    fn refuse_over(&self, cx: &Context, over: impl Fn(Transport) -> bool, what: &str, at: Span) {
        if let Some(transport) = self.transport.filter(|t| over(*t)) {
            cx.error(
                at,
                format!("`{what}` is for streams; the target speaks over {transport}"),
            );
        }
    }

    /// Refuses a step that is for targets of another role, or for another one than a step before.
    fn for_role(&mut self, cx: &Context, role: Role, what: &str, at: Span) {
        let (is, whose) = match (self.target.map(|t| t.profile.role), self.role) {
            (Some(is), _) => (is, "the target of this case is"),
            (None, Some(is)) => (is, "a step before it is for"),
            (None, None) => (role, ""),
        };
        let what = what.split(' ').next().unwrap_or_default();
        self.role = Some(role);
        let (right, wrong, help) = match role {
            _ if is == role => return,
            Role::Server => (
                "server",
                "client",
                "use `accept`: a client connects by itself, once for each delivery",
            ),
            Role::Client => (
                "client",
                "server",
                "use `connect`, or give the target `role: client`",
            ),
        };
        cx.error_help(
            at,
            format!("`{what}` is for a {right}; {whose} a {wrong}"),
            help,
        );
    }

    /// Refuses a step that needs a program that the harness started.
    pub(crate) fn needs_started(&self, cx: &Context, what: &str, at: Span) {
        let Some(target) = self.target else { return };
        if let Origin::Connect(endpoint) = &target.profile.origin {
            cx.error_help(
                at,
                format!("`{what}` needs a target that is started for the run; `{}` runs already at {endpoint}", target.profile.name),
                "give the target `start` or `builtin`",
            );
        }
    }
}

/// A duration that may be absent. The outer `None` is a mistake.
pub(crate) fn optional_time(cx: &Context, item: Option<&Item<Time>>) -> Option<Option<Duration>> {
    match item {
        None => Some(None),
        Some(item) => positive(cx, item).map(Some),
    }
}

/// The errors that a step may expect: those of connect(2), send(2) and recv(2).
const ERRORS: [&str; 17] = [
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "EPIPE",
    "EMSGSIZE",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EACCES",
    "EPERM",
    "ENOENT",
    "EINVAL",
    "EDESTADDRREQ",
    "EAGAIN",
    "EPROTOTYPE",
];

/// The name of an error.
pub(crate) fn error_name(cx: &Context, item: &Item<String>) -> Option<String> {
    let name = item.get()?;
    if ERRORS.contains(&name.as_str()) {
        return Some(name.clone());
    }
    cx.push(suggest::unknown_name(cx, "error", name, item.span, &ERRORS));
    None
}

/// Exactly one of several keys must be given; tells where it is not so.
pub(crate) fn one_of(
    cx: &Context,
    given: &[(&str, Option<Span>)],
    step: &str,
    at: Span,
) -> Option<()> {
    let present: Vec<(&str, Span)> = given
        .iter()
        .filter_map(|(k, s)| Some((*k, (*s)?)))
        .collect();
    match present.as_slice() {
        [_] => Some(()),
        [] => {
            let keys: Vec<&str> = given.iter().map(|(key, _)| *key).collect();
            cx.error_help(
                at,
                format!("`{step}` does not say what"),
                format!("add one of {}", suggest::list(&keys)),
            );
            None
        }
        [(first, _), (second, at), ..] => {
            cx.error_help(
                *at,
                format!("`{step}` has both `{first}` and `{second}`"),
                "keep one of them, or make them two steps",
            );
            None
        }
    }
}

//! Steps: each with what came before it in mind.

use std::time::Duration;

use harness_net::Transport;

use crate::scenario::context::Context;
use crate::scenario::lower::condition::condition;
use crate::scenario::lower::connections::Connections;
use crate::scenario::lower::name::chosen;
use crate::scenario::lower::{Lowered, READY_WITHIN, connect, options, positive, transfer};
use crate::scenario::model::{CloseHow, Origin, Step, StepKind};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{
    ClosedSyntax, HowSyntax, Item, PlayExchanges, PlaySyntax, RepeatSyntax, SecondExpect,
    SetSyntax, SignalWord, SilenceSyntax, StartTargetSyntax, StepSyntax, StopTargetSyntax,
    TimedSyntax,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TargetState {
    Running,
    Paused,
    Stopped,
}

/// What is known when a step is reached.
pub(crate) struct Steps<'a> {
    pub(crate) target: Option<&'a Lowered>,
    /// What the target speaks over, where that is known.
    pub(crate) transport: Option<Transport>,
    pub(crate) connections: Connections,
    /// The names of the `timed` blocks so far.
    pub(crate) timed: Vec<String>,
    /// True: some step plays exchanges.
    pub(crate) plays: bool,
    /// True: some step receives, and so measures a latency.
    pub(crate) receives: bool,
    target_state: TargetState,
    /// True while the steps of a `repeat` are looked at a second time.
    again: bool,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(target: Option<&'a Lowered>, transport: Option<Transport>) -> Self {
        Self {
            target,
            transport,
            connections: Connections::default(),
            timed: Vec::new(),
            plays: false,
            receives: false,
            target_state: TargetState::Running,
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
                let kind = self.step(cx, step, item.span)?;
                Some(Step {
                    at: cx.location(item.span),
                    kind,
                })
            })
            .collect()
    }

    fn step(&mut self, cx: &Context, given: &StepSyntax, at: Span) -> Option<StepKind> {
        match given {
            StepSyntax::Play(item) => self.play(cx, item),
            StepSyntax::Connect(item) => connect::connect(cx, self, item),
            StepSyntax::Send(item) => transfer::send(cx, self, item, at),
            StepSyntax::Recv(item) => {
                self.receives = true;
                transfer::recv(cx, self, item, at)
            }
            StepSyntax::Silence(item) => {
                let (on, time) = match item.get()? {
                    SilenceSyntax::For(time) => (
                        None,
                        Item {
                            value: Some(*time),
                            span: item.span,
                        },
                    ),
                    SilenceSyntax::Map(map) => (map.on.as_ref(), map.duration.clone()),
                };
                let on = self.connections.used(cx, on, at);
                Some(StepKind::Silence {
                    duration: positive(cx, &time)?,
                    on: on?,
                })
            }
            StepSyntax::Shutdown(item) => {
                self.connected_only(cx, "shutdown", at);
                let on = self.connections.half_close(cx, item.as_ref(), at)?;
                Some(StepKind::Shutdown { on })
            }
            StepSyntax::Close(item) => {
                let on = self.connections.close(cx, item.as_ref(), at)?;
                Some(StepKind::Close { on })
            }
            StepSyntax::Reset(item) => {
                self.stream_only(cx, "reset", at);
                let on = self.connections.close(cx, item.as_ref(), at)?;
                Some(StepKind::Reset { on })
            }
            StepSyntax::Closed(item) => self.closed(cx, item, at),
            StepSyntax::Set(item) => self.set(cx, item, at),
            StepSyntax::Require(item) => Some(StepKind::Require(condition(
                cx,
                self,
                item.get()?,
                item.span,
            )?)),
            StepSyntax::Expect(item) => Some(StepKind::Expect(condition(
                cx,
                self,
                item.get()?,
                item.span,
            )?)),
            StepSyntax::PauseTarget => self.pause(cx, at),
            StepSyntax::ResumeTarget => self.resume(cx, at),
            StepSyntax::StopTarget(item) => self.stop(cx, item.as_ref(), at),
            StepSyntax::StartTarget(item) => self.start(cx, item.as_ref(), at),
            StepSyntax::StartSecond(item) => {
                self.needs_started(cx, "start_second", at);
                if self.target_state == TargetState::Stopped {
                    cx.error_help(
                        at,
                        "there is no first instance: the target is stopped",
                        "add `- start_target` before it",
                    );
                }
                let expect = *item.get()?.expect.get()?;
                Some(StepKind::StartSecond {
                    refused: expect == SecondExpect::Refused,
                })
            }
            StepSyntax::Repeat(item) => self.repeat(cx, item.get()?),
            StepSyntax::Timed(item) => self.timed(cx, item.get()?),
        }
    }

    fn play(&mut self, cx: &Context, item: &Item<PlaySyntax>) -> Option<StepKind> {
        self.plays = true;
        match self.target_state {
            TargetState::Running => {}
            TargetState::Paused => cx.error_help(
                item.span,
                "nothing can be played: the target is paused",
                "add `- resume_target` before it, or use `send`",
            ),
            TargetState::Stopped => cx.error_help(
                item.span,
                "nothing can be played: the target is stopped",
                "add `- start_target` before it",
            ),
        }
        let (exchanges, on) = match item.get() {
            None => {
                self.connections.unsure = true;
                return None;
            }
            Some(PlaySyntax::All(_)) => (None, None),
            Some(PlaySyntax::Map(map)) => (map.exchanges.as_ref(), map.on.as_ref()),
        };
        let on = self.connections.play(cx, on);
        let names = match exchanges {
            None => None,
            Some(item) => match item.get()? {
                PlayExchanges::All(_) => None,
                PlayExchanges::Names(names) => Some(self.exchanges(cx, names, item.span)?),
            },
        };
        if names.is_none() {
            self.has_exchanges(cx, item.span);
        }
        Some(StepKind::Play {
            exchanges: names,
            on: on?,
        })
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

    fn exchanges(&self, cx: &Context, names: &[Item<String>], at: Span) -> Option<Vec<String>> {
        if names.is_empty() {
            cx.error_help(
                at,
                "no exchange is named",
                "write `all`, or names as in `[read, write]`",
            );
            return None;
        }
        let known: Option<Vec<&str>> = self.target.map(|t| {
            t.profile
                .exchanges
                .iter()
                .map(|e| e.name.as_str())
                .collect()
        });
        let all: Vec<Option<String>> = names
            .iter()
            .map(|item| {
                let name = item.get()?;
                if let Some(known) = &known
                    && !known.contains(&name.as_str())
                {
                    cx.push(suggest::unknown_name(
                        cx, "exchange", name, item.span, known,
                    ));
                    return None;
                }
                Some(name.clone())
            })
            .collect();
        all.into_iter().collect()
    }

    /// Tells that nothing can be connected to while the target is stopped.
    pub(crate) fn refuse_while_stopped(&self, cx: &Context, at: Span) {
        if self.target_state == TargetState::Stopped {
            cx.error_help(
                at,
                "nothing can be connected to: the target is stopped",
                "add `error: ECONNREFUSED` if that is what must be seen, or start it before",
            );
        }
    }

    fn closed(&mut self, cx: &Context, item: &Item<ClosedSyntax>, at: Span) -> Option<StepKind> {
        self.connected_only(cx, "closed", at);
        let (on, how, within) = match item.get()? {
            ClosedSyntax::How(how) => (None, Some(*how), None),
            ClosedSyntax::Map(map) => {
                (map.on.as_ref(), map.how.get().copied(), map.within.as_ref())
            }
        };
        let on = self.connections.used(cx, on, at);
        let within = optional_time(cx, within)?;
        let how = match how? {
            HowSyntax::Fin => CloseHow::Fin,
            HowSyntax::Reset => CloseHow::Reset,
            HowSyntax::Any => CloseHow::Any,
        };
        Some(StepKind::Closed {
            on: on?,
            how,
            within,
        })
    }

    fn set(&mut self, cx: &Context, item: &Item<SetSyntax>, at: Span) -> Option<StepKind> {
        let given = item.get()?;
        let on = self.connections.used(cx, given.on.as_ref(), at);
        let options = options::alone(cx, &given.options(), self.transport);
        for (key, given) in [
            ("rcvbuf", given.rcvbuf.as_ref().map(|i| i.span)),
            ("maxseg", given.maxseg.as_ref().map(|i| i.span)),
            ("bind", given.bind.as_ref().map(|i| i.span)),
            ("bind_port", given.bind_port.as_ref().map(|i| i.span)),
            ("autobind", given.autobind.as_ref().map(|i| i.span)),
        ] {
            if let (Some(at), true) = (given, key != "rcvbuf") {
                cx.error_help(
                    at,
                    format!("`{key}` has no effect on a connection that is open"),
                    "give it to `connect`, under `options`",
                );
            }
        }
        if options == harness_net::SocketOptions::default() && given.is_empty() {
            cx.error_help(
                item.span,
                "no option is set",
                "add one, such as `nodelay: true`",
            );
            return None;
        }
        Some(StepKind::Set { on: on?, options })
    }

    fn pause(&mut self, cx: &Context, at: Span) -> Option<StepKind> {
        self.needs_started(cx, "pause_target", at);
        if self.target_state != TargetState::Running {
            cx.error(at, "the target does not run at this step");
        }
        self.target_state = TargetState::Paused;
        Some(StepKind::PauseTarget)
    }

    fn resume(&mut self, cx: &Context, at: Span) -> Option<StepKind> {
        self.needs_started(cx, "resume_target", at);
        if self.target_state != TargetState::Paused {
            cx.error_help(
                at,
                "the target is not paused at this step",
                "add `- pause_target` before it",
            );
        }
        self.target_state = TargetState::Running;
        Some(StepKind::ResumeTarget)
    }

    fn stop(
        &mut self,
        cx: &Context,
        item: Option<&Item<StopTargetSyntax>>,
        at: Span,
    ) -> Option<StepKind> {
        self.needs_started(cx, "stop_target", at);
        if self.target_state == TargetState::Stopped {
            cx.error(at, "the target is stopped already");
        }
        self.target_state = TargetState::Stopped;
        let kill = match item {
            None => false,
            Some(item) => match &item.get()?.signal {
                None => false,
                Some(signal) => *signal.get()? == SignalWord::Kill,
            },
        };
        Some(StepKind::StopTarget { kill })
    }

    fn start(
        &mut self,
        cx: &Context,
        item: Option<&Item<StartTargetSyntax>>,
        at: Span,
    ) -> Option<StepKind> {
        self.needs_started(cx, "start_target", at);
        if self.target_state != TargetState::Stopped {
            cx.error_help(
                at,
                "the target was not stopped before this step",
                "add `- stop_target` before it: cases begin with a target that runs",
            );
        }
        self.target_state = TargetState::Running;
        let (within, expect) = match item {
            None => (None, None),
            Some(item) => {
                let map = item.get()?;
                (optional_time(cx, map.within.as_ref())?, map.expect.as_ref())
            }
        };
        let refused = match expect {
            None => false,
            Some(item) => *item.get()? == SecondExpect::Refused,
        };
        if refused {
            self.target_state = TargetState::Stopped;
        }
        Some(StepKind::StartTarget {
            within: within.unwrap_or(READY_WITHIN),
            refused,
        })
    }

    fn repeat(&mut self, cx: &Context, given: &RepeatSyntax) -> Option<StepKind> {
        let times = given.times.get().map(|t| t.0);
        let steps = self.block(cx, &given.steps);
        if times.is_some_and(|t| t > 1) && !self.again {
            // What the first round leaves behind must not trip the second.
            self.again = true;
            self.connections.again = true;
            let _ = self.block(cx, &given.steps);
            self.again = false;
            self.connections.again = false;
        }
        Some(StepKind::Repeat {
            times: times?,
            steps: steps?,
        })
    }

    fn timed(&mut self, cx: &Context, given: &TimedSyntax) -> Option<StepKind> {
        let steps = self.block(cx, &given.steps);
        let name = given.name.get()?;
        chosen(cx, "a `timed` block", name, given.name.span).then_some(())?;
        if self.timed.contains(name) {
            if !self.again {
                cx.error(
                    given.name.span,
                    format!("another `timed` block is named `{name}`"),
                );
            }
        } else {
            self.timed.push(name.clone());
        }
        Some(StepKind::Timed {
            name: name.clone(),
            steps: steps?,
        })
    }

    fn block(&mut self, cx: &Context, steps: &Item<Vec<Item<StepSyntax>>>) -> Option<Vec<Step>> {
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
    fn connected_only(&self, cx: &Context, what: &str, at: Span) {
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

    /// Refuses a step that needs a program that the harness started.
    fn needs_started(&self, cx: &Context, what: &str, at: Span) {
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
pub(crate) fn optional_time(
    cx: &Context,
    item: Option<&Item<crate::scenario::syntax::Time>>,
) -> Option<Option<Duration>> {
    match item {
        None => Some(None),
        Some(item) => positive(cx, item).map(Some),
    }
}

/// The errors that a step may expect: those of connect(2), send(2) and recv(2).
const ERRORS: [&str; 16] = [
    "ECONNREFUSED",
    "ECONNRESET",
    "ECONNABORTED",
    "EPIPE",
    "EMSGSIZE",
    "EAGAIN",
    "EPROTOTYPE",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "EACCES",
    "EPERM",
    "ENOENT",
    "EINVAL",
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

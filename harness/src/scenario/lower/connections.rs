//! The connections of a case, step by step: which are open, and which one is meant.

use crate::scenario::context::Context;
use crate::scenario::lower::name::chosen;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::Item;

/// The name of the connection that `play` opens where no step did.
pub(crate) const MAIN: &str = "main";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// FIN was sent: only reading is left.
    HalfClosed,
    /// Closed by the step in this line.
    Closed {
        line: u32,
    },
}

/// The connections so far, in the order in which they were opened last.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    all: Vec<(String, State)>,
    /// True: a step that opens one had a mistake, so that one may seem to be missing.
    pub(crate) unsure: bool,
    /// True while the steps of a `repeat` are looked at a second time.
    pub(crate) again: bool,
}

impl Connections {
    fn state(&self, name: &str) -> Option<State> {
        self.all.iter().find(|(n, _)| n == name).map(|(_, s)| *s)
    }

    fn set(&mut self, name: &str, state: State) {
        if let Some(entry) = self.all.iter_mut().find(|(n, _)| n == name) {
            entry.1 = state;
        }
    }

    /// True while a connection of this name is open.
    pub(crate) fn is_open(&self, name: &str) -> bool {
        matches!(self.state(name), Some(State::Open | State::HalfClosed))
    }

    /// The names of all connections so far, open or closed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| name.as_str())
    }

    fn latest(&self) -> Option<&str> {
        let open = |state: &State| !matches!(state, State::Closed { .. });
        self.all
            .iter()
            .rev()
            .find(|(_, s)| open(s))
            .map(|(n, _)| n.as_str())
    }

    fn push(&mut self, name: &str) {
        self.all.retain(|(n, _)| n != name);
        self.all.push((name.to_owned(), State::Open));
    }

    /// A step opens a connection by name.
    pub(crate) fn open(&mut self, cx: &Context, name: &str, at: Span) -> bool {
        if !chosen(cx, "a connection", name, at) {
            self.unsure = true;
            return false;
        }
        if self.is_open(name) {
            if self.again {
                cx.error_help(
                    at,
                    format!("the connection `{name}` is still open when `repeat` comes here again"),
                    format!("add `- close: {name}` to the steps that are repeated"),
                );
            } else {
                cx.error_help(
                    at,
                    format!("the connection `{name}` is open already"),
                    format!("close it first, or choose another name such as `{name}2`"),
                );
            }
            return false;
        }
        self.push(name);
        true
    }

    /// `play` uses a connection, and opens it where none is.
    pub(crate) fn play(&mut self, cx: &Context, on: Option<&Item<String>>) -> Option<String> {
        let Some(item) = on else {
            if let Some(latest) = self.latest() {
                return Some(latest.to_owned());
            }
            self.push(MAIN);
            return Some(MAIN.to_owned());
        };
        let Some(name) = item.get() else {
            self.unsure = true;
            return None;
        };
        match self.state(name) {
            Some(State::Open | State::HalfClosed) => {}
            Some(State::Closed { line }) => {
                used_after_close(cx, name, item.span, line);
                return None;
            }
            None => {
                if !chosen(cx, "a connection", name, item.span) {
                    self.unsure = true;
                    return None;
                }
                self.push(name);
            }
        }
        Some(name.clone())
    }

    /// A step uses a connection that must be open. `at` is the step.
    pub(crate) fn used(&self, cx: &Context, on: Option<&Item<String>>, at: Span) -> Option<String> {
        let Some(item) = on else {
            if let Some(latest) = self.latest() {
                return Some(latest.to_owned());
            }
            if !self.unsure {
                let message = if self.all.is_empty() {
                    "no connection was opened before this step"
                } else {
                    "every connection is closed before this step"
                };
                cx.error_help(at, message, "add `- connect: a` before it");
            }
            return None;
        };
        let name = item.get()?;
        match self.state(name) {
            Some(State::Open | State::HalfClosed) => Some(name.clone()),
            Some(State::Closed { line }) => {
                used_after_close(cx, name, item.span, line);
                None
            }
            None => {
                if !self.unsure {
                    let known: Vec<&str> = self.all.iter().map(|(n, _)| n.as_str()).collect();
                    let mut error =
                        suggest::unknown_name(cx, "connection", name, item.span, &known);
                    error.message =
                        format!("the connection `{name}` was not opened before this step");
                    if known.is_empty() {
                        error.help = Some(format!("add `- connect: {name}` before it"));
                    } else {
                        error.help = Some(format!("opened before: {}", suggest::list(&known)));
                    }
                    cx.push(error);
                }
                None
            }
        }
    }

    /// A step is about a connection, open or closed.
    pub(crate) fn ever(&self, cx: &Context, on: Option<&Item<String>>, at: Span) -> Option<String> {
        match on.and_then(Item::get) {
            Some(name) if self.state(name).is_some() => Some(name.clone()),
            _ => self.used(cx, on, at),
        }
    }

    /// A step sends on a connection. Only one that expects an error may after a half-close.
    pub(crate) fn sends(
        &self,
        cx: &Context,
        on: Option<&Item<String>>,
        at: Span,
        fails: bool,
    ) -> Option<String> {
        let name = self.used(cx, on, at)?;
        if self.state(&name) == Some(State::HalfClosed) && !fails {
            cx.error_help(
                on.map_or(at, |item| item.span),
                format!("nothing can be sent on `{name}` after its `shutdown`"),
                "add `error: EPIPE` if that is what must be seen",
            );
        }
        Some(name)
    }

    /// A step sends FIN.
    pub(crate) fn half_close(
        &mut self,
        cx: &Context,
        on: Option<&Item<String>>,
        at: Span,
    ) -> Option<String> {
        let name = self.used(cx, on, at)?;
        if self.state(&name) == Some(State::HalfClosed) {
            cx.error(
                on.map_or(at, |item| item.span),
                format!("`{name}` was shut down before"),
            );
        }
        self.set(&name, State::HalfClosed);
        Some(name)
    }

    /// A step closes a connection.
    pub(crate) fn close(
        &mut self,
        cx: &Context,
        on: Option<&Item<String>>,
        at: Span,
    ) -> Option<String> {
        let name = self.used(cx, on, at)?;
        let (line, _) = cx.source().position(at.start);
        self.set(&name, State::Closed { line });
        Some(name)
    }
}

fn used_after_close(cx: &Context, name: &str, at: Span, line: u32) {
    cx.error_help(
        at,
        format!("the connection `{name}` is used after it was closed in line {line}"),
        format!("open it again with `- connect: {name}`"),
    );
}

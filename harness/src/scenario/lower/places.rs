//! What has, or had, an address in a case: its listeners, bound sockets and connections.

use harness_net::Transport;

use crate::scenario::context::Context;
use crate::scenario::lower::chosen;
use crate::scenario::lower::step::Steps;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::Item;

/// The listeners so far, and whether they listen still.
pub(crate) type Listeners = Vec<(String, bool)>;

impl Steps<'_> {
    /// A step of this name is for sockets of this transport: without a target, it decides what the
    /// case speaks over.
    pub(crate) fn speaks(&mut self, cx: &Context, over: Transport, what: &str, at: Span) {
        match self.transport {
            None => self.transport = Some(over),
            Some(transport) if transport == over => {}
            Some(transport) => cx.error_help(
                at,
                format!("`{what}` is for {over}; this case speaks over {transport}"),
                "make it a case of its own",
            ),
        }
    }

    /// Opens a listener.
    pub(crate) fn listens(&mut self, cx: &Context, name: &str, at: Span) -> bool {
        if !chosen(cx, "a listener", name, at) || !self.is_free(cx, name, at) {
            return false;
        }
        self.listeners.retain(|(known, _)| known != name);
        self.listeners.push((name.to_owned(), true));
        true
    }

    /// Opens a connection.
    pub(crate) fn opens(&mut self, cx: &Context, name: &str, at: Span) -> bool {
        let listening = self.is_listening(name) && !self.is_free(cx, name, at);
        !listening && self.connections.open(cx, name, at)
    }

    /// Refuses a name that is in use for a socket of the other kind, or by an open listener.
    pub(crate) fn is_free(&self, cx: &Context, name: &str, at: Span) -> bool {
        let free = !self.is_listening(name) && !self.connections.is_open(name);
        if !free {
            cx.error_help(
                at,
                format!("`{name}` is open already"),
                format!("close it first, or choose another name such as `{name}2`"),
            );
        }
        free
    }

    /// True while a listener of this name is open.
    pub(crate) fn is_listening(&self, name: &str) -> bool {
        self.listeners
            .iter()
            .any(|(known, open)| known == name && *open)
    }

    /// Closes a listener. False where there is none of this name.
    pub(crate) fn stops_listening(&mut self, name: &str) -> bool {
        let listener = self
            .listeners
            .iter_mut()
            .find(|(known, open)| known == name && *open);
        listener.map(|(_, open)| *open = false).is_some()
    }

    /// A listener that must be open.
    pub(crate) fn listener(&self, cx: &Context, item: &Item<String>) -> Option<String> {
        let name = item.get()?;
        if self.is_listening(name) {
            return Some(name.clone());
        }
        if !self.connections.unsure {
            let open = self.listeners.iter().filter(|(_, open)| *open);
            let open: Vec<&str> = open.map(|(known, _)| known.as_str()).collect();
            let mut error = suggest::unknown_name(cx, "listener", name, item.span, &open);
            error.message = format!("nothing named `{name}` listens at this step");
            if open.is_empty() {
                error.help = Some(format!("add `- listen: {name}` before it"));
            }
            cx.push(error);
        }
        None
    }

    /// A socket that has, or had, an address.
    pub(crate) fn place(&self, cx: &Context, item: &Item<String>) -> Option<String> {
        let name = item.get()?;
        let mut known: Vec<&str> = self.listeners.iter().map(|(n, _)| n.as_str()).collect();
        known.extend(self.connections.names());
        if known.contains(&name.as_str()) {
            return Some(name.clone());
        }
        if !self.connections.unsure {
            let mut error = suggest::unknown_name(cx, "socket", name, item.span, &known);
            error.message = format!("nothing named `{name}` was opened before this step");
            if known.is_empty() {
                error.help = Some(format!(
                    "add `- listen: {name}` or `- bind: {name}` before it"
                ));
            }
            cx.push(error);
        }
        None
    }
}

//! What the steps that open a listener or a bound socket have in common.

use harness_net::{SocketOptions, Transport};

use super::Here;
use crate::scenario::lower::options;
use crate::scenario::lower::step::error_name;
use crate::scenario::syntax::{Item, OptionsSyntax};

/// Where a socket is opened, as it is written.
pub(super) struct Opening<'a> {
    /// The step's word.
    pub word: &'static str,
    /// What it is for.
    pub over: Transport,
    pub name: Option<(&'a String, crate::scenario::source::Span)>,
    pub at: Option<&'a Item<String>>,
    pub options: Option<&'a Item<OptionsSyntax>>,
    pub error: Option<&'a Item<String>>,
}

/// Where a socket is opened, found valid.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its name.
    pub name: String,
    /// The socket whose address it takes; `None` for a free port of 127.0.0.1.
    pub at: Option<String>,
    /// Its options; `bind` is its address.
    pub options: SocketOptions,
    /// The error that must come, such as `EADDRINUSE`; `None` for success.
    pub error: Option<String>,
}

impl Opening<'_> {
    pub(super) fn lower(self, here: &mut Here<'_, '_>) -> Option<Opened> {
        let Here { cx, steps, at } = here;
        steps.speaks(cx, self.over, self.word, *at);
        let given = self.options.and_then(Item::get);
        let options = given.map(|o| options::alone(cx, o, steps.transport));
        if let Some(port) = given.and_then(|o| o.bind_port.as_ref()) {
            cx.error_help(
                port.span,
                format!("`{}` takes a free port by itself", self.word),
                "leave it out, or name a socket with `at` for the same port once more",
            );
        }
        let place = match self.at {
            None => None,
            Some(item) => Some(steps.place(cx, item)?),
        };
        let error = match self.error {
            None => None,
            Some(item) => Some(error_name(cx, item)?),
        };
        let Some((name, span)) = self.name else {
            steps.connections.unsure = true;
            return None;
        };
        // One that must fail is not open afterwards.
        if error.is_none() {
            let opened = match self.over {
                Transport::Tcp => steps.listens(cx, name, span),
                _ => steps.is_free(cx, name, span) && steps.connections.open(cx, name, span),
            };
            opened.then_some(())?;
        }
        Some(Opened {
            name: name.clone(),
            at: place,
            options: options.unwrap_or_default(),
            error,
        })
    }
}

//! A mistake that the reader finds, until it knows which value it is about.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::scenario::context::Context;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Span;
use crate::scenario::tree::{Kind, NodeId};

/// A mistake on its way to the place where it is recorded.
#[derive(Debug)]
pub(crate) struct Error(pub(super) Option<Box<Problem>>);

#[derive(Debug)]
pub(super) struct Problem {
    /// Where, if not at the value that was read.
    pub(super) at: Option<Span>,
    pub(super) message: String,
    /// What belongs there; "found ..." is added.
    pub(super) expected: bool,
    pub(super) help: Option<String>,
}

impl Error {
    /// A mistake that was recorded already.
    pub(super) fn told() -> Self {
        Self(None)
    }

    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Some(Box::new(Problem {
            at: None,
            message: message.into(),
            expected: false,
            help: None,
        })))
    }

    pub(super) fn expected(what: impl fmt::Display) -> Self {
        let mut error = Self::new(format!("expected {what}"));
        if let Some(problem) = &mut error.0 {
            problem.expected = true;
        }
        error
    }

    pub(super) fn help(mut self, help: Option<String>) -> Self {
        if let Some(problem) = &mut self.0 {
            problem.help = help;
        }
        self
    }

    /// Names the value that the mistake is about, unless it knows better.
    pub(super) fn at(mut self, cx: &Context, id: NodeId) -> Self {
        let node = cx.node(id);
        if let Some(problem) = &mut self.0 {
            if problem.expected {
                problem.expected = false;
                if matches!(node.kind, Kind::Broken) {
                    return Self::told();
                }
                problem.message.push_str(", found ");
                problem.message.push_str(&cx.describe(id));
            }
            problem.at.get_or_insert(node.span);
        }
        self
    }

    pub(super) fn record(self, cx: &Context, id: NodeId) {
        if let Some(problem) = self.at(cx, id).0 {
            let mut diagnostic =
                Diagnostic::new(cx.source(), problem.at.unwrap_or_default(), problem.message);
            diagnostic.help = problem.help;
            cx.push(diagnostic);
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("told already", |p| &p.message))
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // A parser of units says "message; help".
        let message = message.to_string();
        match message.split_once("\u{1f}") {
            Some((message, help)) => Self::new(message).help(Some(help.to_owned())),
            None => Self::new(message),
        }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }
}

//! The step that opens connections.

use harness_net::SocketOptions;

use crate::scenario::context::Context;
use crate::scenario::lower::name::chosen;
use crate::scenario::lower::options;
use crate::scenario::lower::step::{Steps, error_name};
use crate::scenario::model::{Step, StepKind};
use crate::scenario::source::Span;
use crate::scenario::syntax::{ConnectSyntax, Count, Item};

/// The most connections that one step opens.
const CROWD: u32 = 5000;

/// A `connect` step.
pub(crate) fn connect(
    cx: &Context,
    steps: &mut Steps<'_>,
    item: &Item<ConnectSyntax>,
) -> Option<StepKind> {
    let (name, at, given, error, count) = match item.get() {
        Some(ConnectSyntax::Name(name)) => (Some(name), item.span, None, None, None),
        Some(ConnectSyntax::Map(map)) => (
            map.name.get(),
            map.name.span,
            map.options.as_ref(),
            map.error.as_ref(),
            map.count.as_ref(),
        ),
        None => (None, item.span, None, None, None),
    };
    let options = given
        .and_then(Item::get)
        .map(|o| options::alone(cx, o, steps.transport))
        .unwrap_or_default();
    let fails = error.map(|item| error_name(cx, item));
    let Some(name) = name else {
        steps.connections.unsure = true;
        return None;
    };
    if let Some(count) = count {
        if let Some(error) = error {
            cx.error_help(
                error.span,
                "several connections cannot be expected to fail",
                "leave `count` out, or `error`",
            );
        }
        return crowd(cx, steps, name, at, count, &options);
    }
    if fails.is_some() {
        // It must not come to be, so it is not open afterwards.
        chosen(cx, "a connection", name, at).then_some(())?;
    } else {
        steps.refuse_while_stopped(cx, at);
        steps.connections.open(cx, name, at).then_some(())?;
    }
    let error = match fails {
        None => None,
        Some(name) => Some(name?),
    };
    Some(StepKind::Connect {
        name: name.clone(),
        options,
        error,
    })
}

/// Several connections at once.
fn crowd(
    cx: &Context,
    steps: &mut Steps<'_>,
    name: &str,
    at: Span,
    count: &Item<Count>,
    options: &SocketOptions,
) -> Option<StepKind> {
    let span = count.span;
    let Some(count) = count.get() else {
        steps.connections.unsure = true;
        return None;
    };
    if count.0 > CROWD {
        cx.error_help(
            span,
            format!("{} connections are more than one process holds", count.0),
            format!("write {CROWD} at the most"),
        );
        steps.connections.unsure = true;
        return None;
    }
    steps.refuse_while_stopped(cx, at);
    let mut all = Vec::new();
    for number in 1..=count.0 {
        let name = format!("{name}-{number}");
        // The same mistake is not told again and again.
        steps.connections.open(cx, &name, at).then_some(())?;
        all.push(Step {
            at: cx.location(at),
            kind: StepKind::Connect {
                name,
                options: options.clone(),
                error: None,
            },
        });
    }
    Some(StepKind::Repeat {
        times: 1,
        steps: all,
    })
}

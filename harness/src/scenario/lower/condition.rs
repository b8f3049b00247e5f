//! Conditions: what can be seen on which transport.

use harness_net::{TcpState, Transport};

use crate::scenario::context::Context;
use crate::scenario::lower::step::Steps;
use crate::scenario::model::{Comparison, Condition, ConnName};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{ConditionSyntax, Item, QueueSyntax, RatioSyntax};

/// The condition of a `require` or `expect`.
pub(crate) fn condition(
    cx: &Context,
    steps: &Steps<'_>,
    given: &ConditionSyntax,
    at: Span,
) -> Option<Condition> {
    match given {
        ConditionSyntax::PortState(state) => port_state(cx, steps, state),
        ConditionSyntax::Segments(args) => {
            if let Some(transport) = steps.transport.filter(|t| *t != Transport::Tcp) {
                cx.error(
                    at,
                    format!("segments are TCP's; the target speaks over {transport}"),
                );
            }
            measured(cx, steps, args).map(|(on, is)| Condition::Segments { on, is })
        }
        ConditionSyntax::PeerQueue(args) => {
            measured(cx, steps, args).map(|(on, is)| Condition::PeerQueue { on, is })
        }
        ConditionSyntax::OwnQueue(args) => {
            measured(cx, steps, args).map(|(on, is)| Condition::OwnQueue { on, is })
        }
        ConditionSyntax::Unsent(args) => {
            measured(cx, steps, args).map(|(on, is)| Condition::Unsent { on, is })
        }
        ConditionSyntax::Ratio(args) => ratio(cx, steps, args.get()?),
        ConditionSyntax::TargetAlive => Some(Condition::TargetAlive),
        ConditionSyntax::TargetIdle => Some(Condition::TargetIdle),
        ConditionSyntax::NoZombies => Some(Condition::NoZombies),
        ConditionSyntax::PeerIsTarget(item) => {
            if let Some(transport) = steps.transport.filter(|t| !has_credentials(*t)) {
                cx.error(
                    at,
                    format!(
                        "only Unix connections tell who is at their other end; the target speaks \
                         over {transport}"
                    ),
                );
            }
            let on = steps.connections.used(cx, item.as_ref(), at)?;
            Some(Condition::PeerIsTarget { on })
        }
    }
}

/// SO_PEERCRED of unix(7).
fn has_credentials(transport: Transport) -> bool {
    matches!(transport, Transport::Unix | Transport::UnixSeqpacket)
}

fn measured(
    cx: &Context,
    steps: &Steps<'_>,
    item: &Item<QueueSyntax>,
) -> Option<(ConnName, Comparison)> {
    let args = item.get()?;
    let on = steps.connections.used(cx, args.on.as_ref(), item.span);
    let is = args.is.get().map(|bound| bound.0);
    Some((on?, is?))
}

fn port_state(cx: &Context, steps: &Steps<'_>, item: &Item<String>) -> Option<Condition> {
    if let Some(transport) = steps.transport.filter(|t| *t != Transport::Tcp) {
        cx.error(
            item.span,
            format!("only TCP ports have states; the target speaks over {transport}"),
        );
    }
    let given = item.get()?;
    match given.parse::<TcpState>() {
        Ok(state) => Some(Condition::PortState { state }),
        Err(_) => {
            let known = TcpState::ALL.map(TcpState::name);
            cx.push(suggest::unknown_name(
                cx,
                "TCP state",
                given,
                item.span,
                &known,
            ));
            None
        }
    }
}

fn ratio(cx: &Context, steps: &Steps<'_>, args: &RatioSyntax) -> Option<Condition> {
    let block = |item: &Item<String>| {
        let name = item.get()?;
        if !steps.timed.contains(name) {
            let mut error =
                suggest::unknown_name(cx, "`timed` block", name, item.span, &steps.timed);
            if steps.timed.is_empty() {
                error.help = Some(format!(
                    "measure it before: `- timed: {{name: {name}, steps: [...]}}`"
                ));
            }
            cx.push(error);
            return None;
        }
        Some(name.clone())
    };
    let (of, to) = (block(&args.of), block(&args.to));
    Some(Condition::Ratio {
        of: of?,
        to: to?,
        is: args.is.get()?.0,
    })
}

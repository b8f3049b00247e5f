//! Load: what can be generated, and what would end.

mod schedule;

use std::time::Duration;

use harness_net::{Endpoint, Transport};

use crate::scenario::context::Context;
use crate::scenario::lower::{Lowered, positive};
use crate::scenario::model::{Load, LoadDelivery, MAX_SOURCES, Origin, Profile, Reply};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{
    CaseSyntax, Item, LoadDeliverySyntax, LoadModelSyntax, LoadSyntax, Names, Share,
};

/// The most requests that may wait for their answer at a time, over all connections: each takes
/// memory before the first one is sent.
const MAX_PENDING: usize = 4 << 20;
/// The most threads.
const MAX_THREADS: usize = 64;
/// How late a request may leave where the user does not say it.
const LAG_LIMIT: Duration = Duration::from_millis(10);

/// The load of a case. `None` where it had a mistake; what could be checked was.
pub(crate) fn load(
    cx: &Context,
    item: &Item<LoadSyntax>,
    case: &CaseSyntax,
    target: Option<&Lowered>,
    transport: Option<Transport>,
) -> Option<Load> {
    refuse_steps(cx, case);
    let before = cx.mistakes();
    let given = item.get()?;
    let count = |item: &Option<Item<crate::scenario::syntax::Count>>, absent: usize| match item {
        None => Some(absent),
        Some(item) => item.get().map(|n| n.0 as usize),
    };
    let connections = count(&given.connections, 1);
    let depth = count(&given.pipeline_depth, 1);
    let threads = count(&given.threads, 1);
    check_sizes(cx, given, connections, depth, threads, item.span);
    let time = |item: &Option<Item<crate::scenario::syntax::Time>>| match item {
        None => Some(None),
        Some(item) => positive(cx, item).map(Some),
    };
    let warmup = time(&given.warmup);
    let timeout = time(&given.timeout);
    let think_time = time(&given.think_time);
    let lag_limit = time(&given.lag_limit);
    let sources = count(&given.sources, 0);
    check_sources(cx, given, target, transport, sources);
    if transport == Some(Transport::Udp) {
        refuse_over_udp(cx, given);
    }
    refuse_conversations(cx, target, item.span);
    let exchanges = exchanges(cx, given.exchanges.as_ref(), target, item.span);
    let delivery = given.delivery.as_ref().map_or_else(
        || Some(Vec::new()),
        |item| delivery(cx, item.get()?, item.span),
    );
    let model = match &given.model {
        None => Some(LoadModelSyntax::Closed),
        Some(item) => item.get().cloned(),
    };
    let is_open = matches!(model, Some(LoadModelSyntax::Open(_)));
    if let Some(item) = given.think_time.as_ref().filter(|_| is_open) {
        cx.error_help(
            item.span,
            "in the open model the schedule says when requests are sent, not the answers",
            "leave `think_time` out, or use `model: closed`",
        );
    }
    if let Some(item) = given
        .lag_limit
        .as_ref()
        .filter(|_| !is_open && model.is_some())
    {
        cx.error_help(
            item.span,
            "in the closed model no request has a time at which it must leave",
            "leave `lag_limit` out, or use `model: {open: ...}`",
        );
    }
    let (model, end) = schedule::model(cx, given, model?, warmup?.unwrap_or_default(), item.span)?;
    let load = Load {
        model,
        connections: connections?,
        pipeline_depth: depth?,
        threads: threads?,
        warmup: warmup?.unwrap_or_default(),
        end,
        churn: match &given.churn {
            None => None,
            Some(item) => Some(item.get()?.0),
        },
        think_time: think_time?.unwrap_or_default(),
        timeout: timeout?,
        exchanges: exchanges?,
        delivery: delivery?,
        busy_poll: given
            .busy_poll
            .as_ref()
            .and_then(Item::get)
            .copied()
            .unwrap_or(false),
        sources: u32::try_from(sources?).unwrap_or(MAX_SOURCES),
        lag_limit: lag_limit?.unwrap_or(LAG_LIMIT),
    };
    (cx.mistakes() == before).then_some(load)
}

fn refuse_steps(cx: &Context, case: &CaseSyntax) {
    let keys = [
        ("steps", case.steps.as_ref().map(|i| i.span)),
        ("deliver", case.deliver.as_ref().map(|i| i.span)),
    ];
    for (key, at) in keys.into_iter().filter_map(|(key, at)| Some((key, at?))) {
        cx.error_help(
            at,
            format!("a case with `load` has no `{key}`"),
            "`exchanges` and `delivery` of `load` say what is sent, and how",
        );
    }
}

fn check_sizes(
    cx: &Context,
    given: &LoadSyntax,
    connections: Option<usize>,
    depth: Option<usize>,
    threads: Option<usize>,
    at: Span,
) {
    let span = |item: &Option<Item<_>>| item.as_ref().map_or(at, |i: &Item<_>| i.span);
    if let (Some(connections), Some(threads)) = (connections, threads) {
        let most = connections.min(MAX_THREADS);
        if threads > most {
            cx.error_help(
                span(&given.threads),
                format!("{threads} threads for {connections} connections"),
                format!("each thread needs a connection of its own, and {MAX_THREADS} are the most: at most {most} here"),
            );
        }
    }
    if let (Some(connections), Some(depth)) = (connections, depth)
        && connections.saturating_mul(depth) > MAX_PENDING
    {
        cx.error_help(
            span(if depth > 1 {
                &given.pipeline_depth
            } else {
                &given.connections
            }),
            format!("{connections} connections with {depth} requests each are too many"),
            format!("at most {MAX_PENDING} requests may wait at a time"),
        );
    }
    if let Some(item) = &given.think_time
        && depth.is_some_and(|depth| depth > 1)
    {
        cx.error_help(
            item.span,
            "a pause between an answer and the next request needs one request at a time",
            "leave out `think_time` or `pipeline_depth`",
        );
    }
}

fn check_sources(
    cx: &Context,
    given: &LoadSyntax,
    target: Option<&Lowered>,
    transport: Option<Transport>,
    sources: Option<usize>,
) {
    let (Some(item), Some(sources)) = (&given.sources, sources) else {
        return;
    };
    if sources > MAX_SOURCES as usize {
        cx.error_help(
            item.span,
            format!("{sources} source addresses are too many"),
            format!("at most {MAX_SOURCES} are used"),
        );
    }
    let loopback = |profile: &Profile| match &profile.origin {
        Origin::Connect(Endpoint::Tcp(addr) | Endpoint::Udp(addr)) => {
            addr.is_ipv4() && addr.ip().is_loopback()
        }
        _ => profile.host.is_ipv4(),
    };
    let unix = transport == Some(Transport::Unix);
    if unix || target.is_some_and(|t| !loopback(&t.profile)) {
        cx.error_help(
            item.span,
            "source addresses of 127/8 reach IPv4 loopback addresses only",
            "leave `sources` out, or give the target an address such as tcp://127.0.0.1:7000",
        );
    }
}

fn refuse_over_udp(cx: &Context, given: &LoadSyntax) {
    let depth = given
        .pipeline_depth
        .as_ref()
        .filter(|i| i.get().is_some_and(|n| n.0 > 1));
    let refused = [
        (depth.map(|i| i.span), "one request waits on each socket"),
        (
            given.delivery.as_ref().map(|i| i.span),
            "datagrams keep their boundaries: each is sent whole",
        ),
    ];
    for (at, why) in refused {
        if let Some(at) = at {
            cx.error_help(
                at,
                format!("over udp {why}"),
                "leave it out; more requests at a time need more `connections`",
            );
        }
    }
}

/// Load sends the same bytes again and again, and compares answers byte by byte.
fn refuse_conversations(cx: &Context, target: Option<&Lowered>, at: Span) {
    let Some(profile) = target.map(|t| &t.profile) else {
        return;
    };
    let all = profile
        .opening
        .iter()
        .chain(&profile.exchanges)
        .chain(&profile.closing);
    for exchange in all {
        let given = match &exchange.reply {
            Reply::Given(messages) => messages.as_slice(),
            _ => &[],
        };
        let mut said = exchange.request.iter().chain(given);
        if said.any(|message| message.fixed().is_none()) {
            cx.error_help(
                at,
                format!(
                    "a message of the exchange `{}` follows from the conversation, which is not \
                     built yet under load",
                    exchange.name
                ),
                "give its values in a profile for load",
            );
        }
    }
    if !profile.volatile.is_empty() {
        cx.error_help(
            at,
            "`volatile` fields are not built yet under load",
            "leave out the exchanges whose answers differ each time",
        );
    }
}

/// Names with shares; they come to 100 %.
fn exchanges(
    cx: &Context,
    given: Option<&Item<Names<Share>>>,
    target: Option<&Lowered>,
    at: Span,
) -> Option<Vec<(String, f64)>> {
    let closing = |name: &str, at: Span| {
        let exchange = target.and_then(|t| t.profile.exchanges.iter().find(|e| e.name == name));
        if exchange.is_some_and(|e| matches!(e.reply, Reply::Closes)) {
            cx.error_help(
                at,
                format!("the target closes the connection after `{name}`: that is no answer"),
                "name the exchanges that have one: `exchanges: {read: 90%, write: 10%}`",
            );
        }
    };
    let Some(item) = given else {
        for exchange in target.iter().flat_map(|t| &t.profile.exchanges) {
            closing(&exchange.name, at);
        }
        return Some(Vec::new());
    };
    let names = &item.get()?.0;
    let mut all = Vec::with_capacity(names.len());
    for named in names {
        if let Some(target) = target {
            let known: Vec<&str> = target
                .profile
                .exchanges
                .iter()
                .map(|e| e.name.as_str())
                .collect();
            if !known.contains(&named.name.as_str()) {
                cx.push(suggest::unknown_name(
                    cx,
                    "exchange",
                    &named.name,
                    named.name_span,
                    &known,
                ));
            }
        }
        closing(&named.name, named.name_span);
        all.push((named.name.clone(), named.value.get()?.0));
    }
    whole(cx, all.iter().map(|(_, share)| *share), item.span);
    Some(all)
}

fn delivery(
    cx: &Context,
    given: &LoadDeliverySyntax,
    at: Span,
) -> Option<Vec<(LoadDelivery, f64)>> {
    let kinds = [
        (LoadDelivery::Whole, &given.whole),
        (LoadDelivery::EachByte, &given.each_byte),
        (LoadDelivery::Random, &given.random),
    ];
    let mut all = Vec::new();
    for (kind, item) in kinds {
        if let Some(item) = item {
            all.push((kind, item.get()?.0));
        }
    }
    // Where it holds none of these words, that was told.
    if !all.is_empty() || cx.mistakes() == 0 {
        whole(cx, all.iter().map(|(_, share)| *share), at);
    }
    Some(all)
}

/// Tells where shares do not come to the whole.
fn whole(cx: &Context, shares: impl Iterator<Item = f64>, at: Span) {
    let percent: f64 = shares.sum::<f64>() * 100.0;
    // Thirds cannot be written exactly.
    if (percent - 100.0).abs() > 0.1 {
        let percent = (percent * 1e3).round().abs() / 1e3;
        cx.error_help(
            at,
            format!("the shares come to {percent} %"),
            "they must come to 100 %",
        );
    }
}

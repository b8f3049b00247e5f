//! Profiles: what is tested and how it speaks.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use harness_net::{Endpoint, SocketOptions, Transport};
use harness_wire::Limits;

use crate::scenario::context::Context;
use crate::scenario::lower::frame::{Frame, limits};
use crate::scenario::lower::message::Frames;
use crate::scenario::lower::protocol::{Library, add_frames};
use crate::scenario::lower::{builtin, client, exchange, options, positive, replies, start};
use crate::scenario::model::{Capability, Exchange, Order, Origin, Profile, Reply, Reset, Role};
use crate::scenario::source::Span;
use crate::scenario::syntax::{
    ExchangeSyntax, Item, Named, ProfileSyntax, TransportSyntax, WithoutSyntax,
};

/// A profile, and what another needs to build on it.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    pub(crate) profile: Arc<Profile>,
    pub(crate) frames: Frames,
    pub(crate) limits: Limits,
}

impl Lowered {
    /// The framings as they are over the profile's transport.
    pub(crate) fn frames_spoken(&self) -> Frames {
        over(self.profile.transport, self.frames.clone())
    }
}

/// The framings as they are over this transport.
fn over(transport: Transport, frames: Frames) -> Frames {
    if transport.is_stream() {
        return frames;
    }
    let over = |frame: Option<Frame>| frame.map(Frame::for_datagrams);
    let frames = frames.into_iter();
    frames.map(|(name, frame)| (name, over(frame))).collect()
}

/// The profile. `base` is the one that it builds on, or `library` the protocol; `Err` where that one had mistakes, which are
/// told already: what is not here may stand there then. `None` where this one had a mistake.
pub(crate) fn profile(
    cx: &Context,
    given: &ProfileSyntax,
    at: Span,
    base: Result<Option<&Lowered>, ()>,
    library: Option<&Library>,
) -> Option<Lowered> {
    let before = cx.mistakes();
    let unsure = base.is_err();
    let base = base.ok().flatten();
    let name = given.target.get().cloned();
    let role = client::role(given, base);
    let same_role = base.is_none_or(|b| b.profile.role == role);
    let same_base = base.filter(|_| same_role);
    let (origin, transport) = origin(cx, given, at, same_base, unsure);
    client::check(cx, given, role, origin.as_ref());
    let limits = limits(
        cx,
        match (base, library) {
            (Some(base), _) => base.limits,
            (None, library) => library.map_or_else(Limits::default, |l| l.limits),
        },
        given.limits.as_ref().and_then(Item::get),
    );
    let mut frames = match (base, library) {
        (Some(base), _) => base.frames.clone(),
        (None, library) => library.map(|l| l.frames.clone()).unwrap_or_default(),
    };
    add_frames(cx, given.frames.as_ref(), limits, &mut frames);
    // Whoever builds on this profile may speak over something else.
    let own_frames = frames.clone();
    if let Some(transport) = transport {
        frames = over(transport, frames);
    }
    if unsure {
        // Names may stand in the profile that could not be read.
        return None;
    }
    let Exchanges {
        parts: [opening, played, closing],
        broken,
    } = exchanges(cx, given, base, &frames);
    let base_options = base.map(|b| b.profile.options.clone()).unwrap_or_default();
    let options = match given.options.as_ref().and_then(Item::get) {
        None => base_options,
        Some(given) => options::over(cx, &base_options, given, transport),
    };
    let without = match &given.without {
        None => base.map(|b| b.profile.without.clone()).unwrap_or_default(),
        Some(item) => item.get().map(|list| without(list)).unwrap_or_default(),
    };
    let idempotent = match &given.idempotent {
        None => base.is_none_or(|b| b.profile.idempotent),
        Some(item) => item.get().copied().unwrap_or(true),
    };
    let running = matches!(origin, Some(Origin::Connect(_)));
    let reset = match &given.reset {
        None => same_base.map_or(Reset::None, |b| b.profile.reset.clone()),
        Some(item) => replies::reset(cx, item, running, &played, &broken),
    };
    let volatile = match &given.volatile {
        None => same_base
            .map(|b| b.profile.volatile.clone())
            .unwrap_or_default(),
        Some(item) => replies::volatile(cx, item.get().map_or(&[], Vec::as_slice), &frames),
    };
    let order = match &given.order {
        None => same_base.map_or(Order::Strict, |b| b.profile.order),
        Some(_) if role == Role::Client => Order::Strict,
        Some(item) => replies::order(cx, item, &played),
    };
    let host = match &given.host {
        None => Some(base.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |b| b.profile.host)),
        Some(item) => host(cx, item, origin.as_ref(), transport),
    };
    let abstract_name = match &given.r#abstract {
        None => base.is_some_and(|b| b.profile.abstract_name),
        Some(item) => abstract_name(cx, item, origin.as_ref(), transport),
    };
    let timeout = match &given.timeout {
        None => base.and_then(|b| b.profile.timeout),
        Some(item) => positive(cx, item),
    };
    let ends = client::ends(cx, given.ends.as_ref(), role, same_base);
    if role == Role::Client {
        client::replies_are_given(cx, given, &[&opening, &played, &closing], at);
    }
    if cx.mistakes() > before {
        return None;
    }
    let framings: BTreeMap<_, _> = frames
        .iter()
        .filter_map(|(name, frame)| Some((name.clone(), Arc::clone(&frame.as_ref()?.framing))))
        .collect();
    Some(Lowered {
        profile: Arc::new(Profile {
            name: name?,
            about: given.about.as_ref().and_then(Item::get).cloned(),
            at: cx.location(given.target.span),
            role,
            origin: origin?,
            transport: transport?,
            host: host?,
            abstract_name,
            frames: framings,
            refers: [&opening, &played, &closing]
                .iter()
                .any(|part| part.iter().any(refers)),
            volatile,
            order,
            opening,
            exchanges: played,
            closing,
            options: options_for(options, transport?),
            without,
            reset,
            idempotent,
            timeout,
            ends: ends?,
        }),
        frames: own_frames,
        limits,
    })
}

/// Options that came from another profile may not exist on this one's transport.
fn options_for(mut options: SocketOptions, transport: Transport) -> SocketOptions {
    if transport != Transport::Tcp {
        options.nodelay = None;
        options.cork = None;
        options.quickack = None;
        options.user_timeout = None;
        options.maxseg = None;
    }
    if transport.is_unix() {
        options.bind = None;
        options.bind_port = None;
    }
    if transport != Transport::UnixDgram {
        options.autobind = None;
    }
    options
}

fn without(list: &[Item<WithoutSyntax>]) -> Vec<Capability> {
    let mut all: Vec<Capability> = list
        .iter()
        .filter_map(|item| Some(capability(*item.get()?)))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn capability(word: WithoutSyntax) -> Capability {
    match word {
        WithoutSyntax::Pipelining => Capability::Pipelining,
        WithoutSyntax::HalfClose => Capability::HalfClose,
        WithoutSyntax::EarlyData => Capability::EarlyData,
        WithoutSyntax::Reuse => Capability::Reuse,
        WithoutSyntax::Concurrency => Capability::Concurrency,
        WithoutSyntax::Restart => Capability::Restart,
        WithoutSyntax::Hostile => Capability::Hostile,
    }
}

fn host(
    cx: &Context,
    item: &Item<String>,
    origin: Option<&Origin>,
    transport: Option<Transport>,
) -> Option<IpAddr> {
    let given = item.get()?;
    if matches!(origin, Some(Origin::Connect(_))) || transport.is_some_and(Transport::is_unix) {
        cx.error_help(
            item.span,
            "`host` has no effect here: it says where a started target listens on tcp or udp",
            "leave it out",
        );
        return None;
    }
    match given.parse::<IpAddr>() {
        Ok(host) if host.is_loopback() => Some(host),
        _ => {
            cx.error_help(
                item.span,
                format!("`{given}` is not a loopback address"),
                "write 127.0.0.1 or \"::1\"",
            );
            None
        }
    }
}

/// The exchanges of a profile.
struct Exchanges {
    /// Those of `opening`, `exchanges` and `closing`.
    parts: [Vec<Exchange>; 3],
    /// The names of those that had a mistake.
    broken: Vec<String>,
}

/// The exchanges of `opening`, `exchanges` and `closing`: each as given here, or as in the base.
fn exchanges(
    cx: &Context,
    given: &ProfileSyntax,
    base: Option<&Lowered>,
    frames: &Frames,
) -> Exchanges {
    type Given = Option<Item<Vec<Item<Named<ExchangeSyntax>>>>>;
    let here = |item: &'_ Given| item.as_ref().map(|i| i.get().cloned().unwrap_or_default());
    let there = |of: fn(&Profile) -> &Vec<Exchange>| {
        base.map(|b| of(&b.profile).clone()).unwrap_or_default()
    };
    let lists = [&given.opening, &given.exchanges, &given.closing].map(here);
    let inherited = [
        there(|p| &p.opening),
        there(|p| &p.exchanges),
        there(|p| &p.closing),
    ];
    let declared = lists
        .iter()
        .zip(&inherited)
        .flat_map(|(here, there)| match here {
            Some(here) => exchange::names(here).collect(),
            None => there.iter().map(|e| e.name.clone()).collect::<Vec<_>>(),
        });
    let mut parts = exchange::Parts::new(frames, declared.collect());
    let [in_opening, in_exchanges, in_closing] = lists;
    let [opening, exchanges, closing] = inherited;
    let mut list = |given: Option<Vec<_>>, inherited, before: &[Exchange], in_turn| match given {
        Some(given) => parts.list(cx, &given, before, in_turn),
        None => inherited,
    };
    let opening = list(in_opening, opening, &[], true);
    let exchanges = list(in_exchanges, exchanges, &opening, false);
    let closing = list(in_closing, closing, &opening, true);
    Exchanges {
        parts: [opening, exchanges, closing],
        broken: parts.broken,
    }
}

fn abstract_name(
    cx: &Context,
    item: &Item<bool>,
    origin: Option<&Origin>,
    transport: Option<Transport>,
) -> bool {
    if matches!(origin, Some(Origin::Connect(_))) || transport.is_some_and(|t| !t.is_unix()) {
        cx.error_help(
            item.span,
            "`abstract` has no effect here: it names the Unix socket of a target that is started",
            "leave it out, or say `transport: unix`, `unix_dgram` or `unix_seqpacket`",
        );
    }
    item.get().copied().unwrap_or(false)
}

/// True where a message of the exchange is computed, or repeats an id.
fn refers(exchange: &Exchange) -> bool {
    let replies = match &exchange.reply {
        Reply::Given(all) => all.as_slice(),
        _ => &[],
    };
    let mut messages = exchange.request.iter().chain(replies);
    exchange.id.is_some() || messages.any(|message| message.fixed().is_none())
}

fn origin(
    cx: &Context,
    given: &ProfileSyntax,
    at: Span,
    base: Option<&Lowered>,
    unsure: bool,
) -> (Option<Origin>, Option<Transport>) {
    let wanted = given.transport.as_ref().map(|item| {
        let transport = item.get().map(|word| match word {
            TransportSyntax::Tcp => Transport::Tcp,
            TransportSyntax::Udp => Transport::Udp,
            TransportSyntax::Unix => Transport::Unix,
            TransportSyntax::UnixDgram => Transport::UnixDgram,
            TransportSyntax::UnixSeqpacket => Transport::UnixSeqpacket,
        });
        (transport, item.span)
    });
    let keys: Vec<(&str, Span)> = [
        given.start.as_ref().map(|i| ("start", i.span)),
        given.connect.as_ref().map(|i| ("connect", i.span)),
        given.builtin.as_ref().map(|i| ("builtin", i.span)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [(first, _), (second, at), ..] = keys.as_slice() {
        cx.error_help(
            *at,
            format!("the target has both `{first}` and `{second}`"),
            "keep one of them: they say where it is",
        );
    }
    // Either given here, or by the other profile, or the default.
    let of_base = base.map(|b| b.profile.transport);
    let stated = match wanted {
        Some((transport, _)) => transport,
        None if unsure => None,
        None => Some(of_base.unwrap_or(Transport::Tcp)),
    };
    if let Some(item) = &given.start {
        let command = item
            .get()
            .and_then(|s| start::start(cx, s, item.span, stated));
        return (command.map(Origin::Start), stated);
    }
    if let Some(item) = &given.connect {
        let endpoint = item.get().and_then(|url| endpoint(cx, url, item.span));
        let transport = endpoint.as_ref().map(Endpoint::transport);
        if let (Some((Some(wanted), at)), Some(transport)) = (wanted, transport)
            && wanted != transport
        {
            cx.error_help(
                at,
                format!("`transport: {wanted}` contradicts the {transport} address in `connect`"),
                "leave it out: the address says it",
            );
        }
        return (endpoint.map(Origin::Connect), transport);
    }
    if let Some(item) = &given.builtin {
        let wanted = wanted.and_then(|(transport, at)| Some((transport?, at)));
        return match item
            .get()
            .and_then(|b| builtin::builtin(cx, b, item.span, wanted))
        {
            Some((origin, transport)) => (Some(origin), Some(transport)),
            None => (None, None),
        };
    }
    match base {
        Some(base) => {
            if let Some((Some(wanted), at)) = wanted
                && wanted != base.profile.transport
            {
                cx.error_help(
                    at,
                    format!(
                        "the target of `use` speaks over {}, not {wanted}",
                        base.profile.transport
                    ),
                    "say where this target is: `start`, `connect` or `builtin`",
                );
            }
            (
                Some(base.profile.origin.clone()),
                Some(base.profile.transport),
            )
        }
        None if unsure => (None, None),
        None => {
            cx.error_help(
                at,
                "the target does not say where it is",
                "add `start: [...]`, `connect: tcp://HOST:PORT` or `builtin: NAME`",
            );
            (None, None)
        }
    }
}

fn endpoint(cx: &Context, url: &str, at: Span) -> Option<Endpoint> {
    match url.parse::<Endpoint>() {
        Ok(endpoint) if endpoint.port() == Some(0) => {
            cx.error_help(
                at,
                "port 0 cannot be connected to",
                "write a port from 1 to 65535",
            );
            None
        }
        Ok(endpoint) => Some(endpoint),
        Err(error) => {
            cx.error_help(
                at,
                format!("`{}` is not an endpoint: {}", error.given, error.why),
                format!("write {}", Endpoint::FORMS),
            );
            None
        }
    }
}

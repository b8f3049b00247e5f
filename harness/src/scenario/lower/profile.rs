//! Profiles: what is tested and how it speaks.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use harness_net::{Endpoint, SocketOptions, Transport};
use harness_wire::Limits;

use crate::scenario::context::Context;
use crate::scenario::lower::frame::{Frame, limits};
use crate::scenario::lower::message::Frames;
use crate::scenario::lower::name::Unique;
use crate::scenario::lower::protocol::{Library, add_frames};
use crate::scenario::lower::{builtin, exchange, options, positive, start};
use crate::scenario::model::{Capability, Origin, Profile, Reset};
use crate::scenario::source::Span;
use crate::scenario::syntax::{
    Item, ProfileSyntax, ResetSyntax, RoleSyntax, TransportSyntax, WithoutSyntax,
};

/// A profile, and what another needs to build on it.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    pub(crate) profile: Arc<Profile>,
    pub(crate) frames: Frames,
    pub(crate) limits: Limits,
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
    if let Some(item) = &given.role
        && item.get() == Some(&RoleSyntax::Client)
    {
        cx.error_help(
            item.span,
            "`role: client` is not built yet",
            "this version tests servers: leave `role` out",
        );
    }
    let (origin, transport) = origin(cx, given, at, base, unsure);
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
    if transport.is_some_and(|transport| !transport.is_stream()) {
        let over = |frame: Option<Frame>| frame.map(Frame::for_datagrams);
        frames = (frames.into_iter().map(|(name, frame)| (name, over(frame)))).collect();
    }
    if unsure {
        // Names may stand in the profile that could not be read.
        return None;
    }
    let mut unique = Unique::default();
    let mut exchanges = |item: &Option<_>, from_base: fn(&Profile) -> &Vec<_>| match item {
        None => base
            .map(|b| from_base(&b.profile).clone())
            .unwrap_or_default(),
        Some(item) => Item::<Vec<_>>::get(item)
            .map(|list| exchange::list(cx, list, &frames, &mut unique))
            .unwrap_or_default(),
    };
    let opening = exchanges(&given.opening, |p| &p.opening);
    let played = exchanges(&given.exchanges, |p| &p.exchanges);
    let closing = exchanges(&given.closing, |p| &p.closing);
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
    let reset = match &given.reset {
        None => base.map_or(Reset::None, |b| b.profile.reset.clone()),
        Some(item) => reset(cx, item, origin.as_ref()),
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
            origin: origin?,
            transport: transport?,
            host: host?,
            abstract_name,
            frames: framings,
            opening,
            exchanges: played,
            closing,
            options: options_for(options, transport?),
            without,
            reset,
            idempotent,
            timeout,
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

fn reset(cx: &Context, item: &Item<ResetSyntax>, origin: Option<&Origin>) -> Reset {
    match item.get() {
        Some(ResetSyntax::Restart) => {
            if matches!(origin, Some(Origin::Connect(_))) {
                cx.error_help(
                    item.span,
                    "a target that runs already cannot be restarted",
                    "use `start` or `builtin`, or `reset: none`",
                );
            }
            Reset::Restart
        }
        Some(ResetSyntax::None) | None => Reset::None,
    }
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
            Some((builtin, transport)) => (Some(Origin::Builtin(builtin)), Some(transport)),
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

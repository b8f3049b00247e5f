//! Socket options: ranges, and which transports have them.

use std::net::IpAddr;
use std::time::Duration;

use harness_net::{SocketOptions, Transport};

use crate::scenario::context::Context;
use crate::scenario::source::Span;
use crate::scenario::syntax::{Item, OptionsSyntax};

/// The options that are given, over those of `base`. Where the transport is known, options that it
/// does not have are refused.
pub(crate) fn over(
    cx: &Context,
    base: &SocketOptions,
    given: &OptionsSyntax,
    transport: Option<Transport>,
) -> SocketOptions {
    let mut options = base.clone();
    set(&mut options.nodelay, given.nodelay.as_ref(), |v| Some(*v));
    set(&mut options.cork, given.cork.as_ref(), |v| Some(*v));
    set(&mut options.quickack, given.quickack.as_ref(), |v| Some(*v));
    set(&mut options.sndbuf, given.sndbuf.as_ref(), |v| Some(v.0));
    set(&mut options.rcvbuf, given.rcvbuf.as_ref(), |v| Some(v.0));
    set(&mut options.reuseaddr, given.reuseaddr.as_ref(), |v| {
        Some(*v)
    });
    set(&mut options.reuseport, given.reuseport.as_ref(), |v| {
        Some(*v)
    });
    set(&mut options.keepalive, given.keepalive.as_ref(), |v| {
        Some(*v)
    });
    set(
        &mut options.user_timeout,
        given.user_timeout.as_ref(),
        |v| Some(v.0),
    );
    if let Some(item) = &given.linger {
        set(&mut options.linger, Some(item), |v| {
            whole_seconds(cx, v.0, item.span)
        });
    }
    if let Some(item) = &given.maxseg {
        set(&mut options.maxseg, Some(item), |v| {
            maxseg(cx, v.0, item.span)
        });
    }
    if let Some(item) = &given.bind {
        set(&mut options.bind, Some(item), |v| address(cx, v, item.span));
    }
    if let Some(item) = &given.bind_port {
        set(&mut options.bind_port, Some(item), |v| {
            port(cx, v.0, item.span)
        });
    }
    set(&mut options.autobind, given.autobind.as_ref(), |v| Some(*v));
    if let Some(transport) = transport {
        refuse_foreign(cx, given, transport);
    }
    options
}

/// The options alone.
pub(crate) fn alone(
    cx: &Context,
    given: &OptionsSyntax,
    transport: Option<Transport>,
) -> SocketOptions {
    over(cx, &SocketOptions::default(), given, transport)
}

fn set<T, V>(slot: &mut Option<V>, item: Option<&Item<T>>, make: impl Fn(&T) -> Option<V>) {
    if let Some(value) = item.and_then(Item::get).and_then(make) {
        *slot = Some(value);
    }
}

fn whole_seconds(cx: &Context, value: Duration, at: Span) -> Option<Duration> {
    if value.subsec_nanos() == 0 {
        return Some(value);
    }
    cx.error_help(
        at,
        "SO_LINGER counts whole seconds",
        "write `0s` for RST, or `1s` and more",
    );
    None
}

/// Linux takes 88 to 32767 (`TCP_MIN_MSS`, `MAX_TCP_WINDOW`; tcp(7)).
fn maxseg(cx: &Context, value: u32, at: Span) -> Option<u32> {
    if (88..=32_767).contains(&value) {
        return Some(value);
    }
    cx.error_help(
        at,
        format!("a segment size of {value} bytes is out of range"),
        "write a number from 88 to 32767",
    );
    None
}

fn address(cx: &Context, text: &str, at: Span) -> Option<IpAddr> {
    match text.parse() {
        Ok(address) => Some(address),
        Err(_) => {
            cx.error_help(
                at,
                format!("`{text}` is not an IP address"),
                "write one such as `127.0.0.2` or `::1`; the port is `bind_port`",
            );
            None
        }
    }
}

fn port(cx: &Context, value: i128, at: Span) -> Option<u16> {
    match u16::try_from(value) {
        Ok(port) if port > 0 => Some(port),
        _ => {
            cx.error_help(
                at,
                format!("{value} is not a port"),
                "write a number from 1 to 65535",
            );
            None
        }
    }
}

fn refuse_foreign(cx: &Context, given: &OptionsSyntax, transport: Transport) {
    let span = |item: &Option<Item<bool>>| item.as_ref().map(|i| i.span);
    let tcp = [
        ("nodelay", span(&given.nodelay)),
        ("cork", span(&given.cork)),
        ("quickack", span(&given.quickack)),
        ("user_timeout", given.user_timeout.as_ref().map(|i| i.span)),
        ("maxseg", given.maxseg.as_ref().map(|i| i.span)),
    ];
    let ip = [
        ("bind", given.bind.as_ref().map(|i| i.span)),
        ("bind_port", given.bind_port.as_ref().map(|i| i.span)),
    ];
    let refuse = |(name, at): (&str, Option<Span>), of: &str| {
        if let Some(at) = at {
            cx.error(
                at,
                format!("`{name}` is an option of {of}; the target speaks over {transport}"),
            );
        }
    };
    if transport != Transport::Tcp {
        tcp.into_iter().for_each(|option| refuse(option, "TCP"));
    }
    if transport.is_unix() {
        ip.into_iter()
            .for_each(|option| refuse(option, "IP sockets"));
    }
    if transport != Transport::UnixDgram {
        let autobind = ("autobind", span(&given.autobind));
        refuse(autobind, "Unix datagram sockets");
    }
}

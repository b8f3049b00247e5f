//! The steps that move bytes: send and receive.

use harness_net::Transport;
use regex::bytes::{Regex, RegexBuilder};

use crate::scenario::context::Context;
use crate::scenario::lower::step::{Steps, error_name, optional_time};
use crate::scenario::lower::{positive, value};
use crate::scenario::model::{RecvExpect, SendData, StepKind};
use crate::scenario::source::Span;
use crate::scenario::syntax::{Bytes, Item, ReadSizes, RecvMap, RecvSyntax, SendMap, SendSyntax};

/// A `send` step.
pub(crate) fn send(
    cx: &Context,
    steps: &mut Steps<'_>,
    item: &Item<SendSyntax>,
    at: Span,
) -> Option<StepKind> {
    match item.get()? {
        SendSyntax::Whole(bytes) => {
            let on = steps.connections.sends(cx, None, at, false);
            let data = SendData::Whole(value::plain(cx, bytes, item.span)?);
            Some(StepKind::Send {
                on: on?,
                data,
                error: None,
            })
        }
        SendSyntax::Map(map) => {
            let fails = map.error.is_some();
            let on = steps.connections.sends(cx, map.on.as_ref(), at, fails);
            let data = data(cx, steps, map, item.span);
            let error = match &map.error {
                None => None,
                Some(item) => Some(error_name(cx, item)?),
            };
            Some(StepKind::Send {
                on: on?,
                data: data?,
                error,
            })
        }
    }
}

/// Exactly one of several keys must be given; tells where it is not so.
fn one_of(cx: &Context, given: &[(&str, Option<Span>)], step: &str, at: Span) -> Option<()> {
    let present: Vec<(&str, Span)> = given
        .iter()
        .filter_map(|(k, s)| Some((*k, (*s)?)))
        .collect();
    match present.as_slice() {
        [_] => Some(()),
        [] => {
            let keys: Vec<&str> = given.iter().map(|(key, _)| *key).collect();
            cx.error_help(
                at,
                format!("`{step}` does not say what"),
                format!("add one of {}", crate::scenario::suggest::list(&keys)),
            );
            None
        }
        [(first, _), (second, at), ..] => {
            cx.error_help(
                *at,
                format!("`{step}` has both `{first}` and `{second}`"),
                "keep one of them, or make them two steps",
            );
            None
        }
    }
}

fn data(cx: &Context, steps: &Steps<'_>, map: &SendMap, at: Span) -> Option<SendData> {
    let list_span = |item: &Option<Item<Vec<Item<Bytes>>>>| item.as_ref().map(|i| i.span);
    let given = [
        ("whole", map.whole.as_ref().map(|i| i.span)),
        ("parts", list_span(&map.parts)),
        ("merged", list_span(&map.merged)),
        ("writes", list_span(&map.writes)),
        ("vectored", list_span(&map.vectored)),
    ];
    one_of(cx, &given, "send", at)?;
    if let (Some(more), None) = (&map.more, &map.writes) {
        cx.error_help(
            more.span,
            "`more` belongs to `writes`",
            "MSG_MORE joins one write to the next",
        );
    }
    if let Some(span) = given[1].1 {
        steps.not_over_udp(cx, "parts", span);
    }
    if let Some(span) = given[2].1 {
        steps.stream_only(cx, "merged", span);
    }
    let list = |item: &Item<Vec<Item<Bytes>>>| {
        let items = item.get()?;
        if items.is_empty() {
            cx.error(item.span, "there is nothing to send in it");
            return None;
        }
        let all = value::list(cx, items)?;
        if steps.transport.is_none_or(Transport::is_stream) {
            // An empty datagram is one; an empty write on a stream is nothing.
            if let Some(n) = all.iter().position(Vec::is_empty) {
                cx.error_help(
                    items[n].span,
                    "an empty part cannot be seen on a stream",
                    "leave it out",
                );
                return None;
            }
        }
        Some(all)
    };
    if let Some(item) = &map.whole {
        return Some(SendData::Whole(value::bytes(cx, item)?));
    }
    if let Some(item) = &map.parts {
        return Some(SendData::Parts(list(item)?));
    }
    if let Some(item) = &map.merged {
        return Some(SendData::Merged(list(item)?));
    }
    if let Some(item) = &map.writes {
        let more = match &map.more {
            None => false,
            Some(item) => *item.get()?,
        };
        return Some(SendData::Writes {
            parts: list(item)?,
            more,
        });
    }
    Some(SendData::Vectored(list(map.vectored.as_ref()?)?))
}

/// A `recv` step.
pub(crate) fn recv(
    cx: &Context,
    steps: &mut Steps<'_>,
    item: &Item<RecvSyntax>,
    at: Span,
) -> Option<StepKind> {
    match item.get()? {
        RecvSyntax::Exact(bytes) => {
            let on = steps.connections.used(cx, None, at);
            let expect = RecvExpect::Exact(value::plain(cx, bytes, item.span)?);
            refuse_empty(cx, steps, &expect, item.span);
            Some(StepKind::Recv {
                on: on?,
                expect,
                reads: Vec::new(),
                truncated: None,
                within: None,
            })
        }
        RecvSyntax::Map(map) => {
            let on = steps.connections.used(cx, map.on.as_ref(), at);
            let expect = expected(cx, map, item.span);
            if let Some(expect) = &expect {
                refuse_empty(cx, steps, expect, item.span);
            }
            let reads = reads(cx, map)?;
            let truncated = truncated(cx, steps, map)?;
            let within = optional_time(cx, map.within.as_ref())?;
            Some(StepKind::Recv {
                on: on?,
                expect: expect?,
                reads,
                truncated,
                within,
            })
        }
    }
}

/// Nothing at all is not something that a stream can bring.
fn refuse_empty(cx: &Context, steps: &Steps<'_>, expect: &RecvExpect, at: Span) {
    let empty = match expect {
        RecvExpect::Exact(bytes) => {
            bytes.is_empty() && steps.transport.is_none_or(Transport::is_stream)
        }
        RecvExpect::Prefix(bytes) => bytes.is_empty(),
        RecvExpect::Size(size) => *size == 0,
        _ => false,
    };
    if empty {
        cx.error_help(
            at,
            "no bytes can be waited for",
            "for silence write `recv: {nothing: 50ms}`, for the end of the stream `closed: fin`",
        );
    }
}

fn expected(cx: &Context, map: &RecvMap, at: Span) -> Option<RecvExpect> {
    let given = [
        ("exact", map.exact.as_ref().map(|i| i.span)),
        ("prefix", map.prefix.as_ref().map(|i| i.span)),
        ("regex", map.regex.as_ref().map(|i| i.span)),
        ("size", map.size.as_ref().map(|i| i.span)),
        ("nothing", map.nothing.as_ref().map(|i| i.span)),
        ("reads", map.reads.as_ref().map(|i| i.span)),
    ];
    one_of(cx, &given, "recv", at)?;
    if let (Some(within), Some(_)) = (&map.within, &map.nothing) {
        cx.error_help(
            within.span,
            "`nothing` says for itself how long it is waited",
            "leave `within` out",
        );
    }
    if let Some(item) = &map.exact {
        return Some(RecvExpect::Exact(value::bytes(cx, item)?));
    }
    if let Some(item) = &map.prefix {
        return Some(RecvExpect::Prefix(value::bytes(cx, item)?));
    }
    if let Some(item) = &map.regex {
        return Some(RecvExpect::Regex(regex(cx, item.get()?, item.span)?));
    }
    if let Some(item) = &map.size {
        return Some(RecvExpect::Size(item.get()?.0));
    }
    if let Some(item) = &map.nothing {
        return Some(RecvExpect::Nothing(positive(cx, item)?));
    }
    let reads = map.reads.as_ref()?;
    let items = reads.get()?;
    if items.is_empty() {
        cx.error(reads.span, "there is no read in it");
        return None;
    }
    Some(RecvExpect::Reads(value::list(cx, items)?))
}

/// The pattern, tied to the first byte. A compiled pattern may take 1 MiB.
fn regex(cx: &Context, pattern: &str, at: Span) -> Option<Regex> {
    let build = |text: &str| {
        RegexBuilder::new(text)
            .size_limit(1 << 20)
            .dfa_size_limit(1 << 20)
            .build()
    };
    // A comment at the end of an extended pattern would swallow the closing parenthesis; in such a
    // pattern, and only there, a line end means nothing.
    let tied =
        build(&format!("\\A(?:{pattern})")).or_else(|_| build(&format!("\\A(?:{pattern}\n)")));
    match tied {
        Ok(regex) => Some(regex),
        Err(_) => {
            // The pattern alone gives the better message.
            let why = match RegexBuilder::new(pattern).size_limit(1 << 20).build() {
                Err(error) => error.to_string(),
                Ok(_) => "it cannot be tied to the first byte".to_owned(),
            };
            let why = why.lines().last().unwrap_or_default().trim();
            let why = why.strip_prefix("error: ").unwrap_or(why);
            cx.error_help(
                at,
                format!("the pattern cannot be used: {why}"),
                "see https://docs.rs/regex for the syntax; `.` is any byte but a line feed",
            );
            None
        }
    }
}

fn reads(cx: &Context, map: &RecvMap) -> Option<Vec<usize>> {
    let Some(item) = &map.in_reads_of else {
        return Some(Vec::new());
    };
    let sizes: Vec<(usize, Span)> = match item.get()? {
        ReadSizes::One(size) => vec![(size.0, item.span)],
        ReadSizes::Several(items) => items
            .iter()
            .map(|i| Some((i.get()?.0, i.span)))
            .collect::<Option<_>>()?,
    };
    if sizes.is_empty() {
        cx.error(item.span, "no size is given");
        return None;
    }
    for (size, at) in &sizes {
        if *size == 0 {
            cx.error(*at, "a read of 0 bytes cannot tell anything");
            return None;
        }
    }
    Some(sizes.into_iter().map(|(size, _)| size).collect())
}

fn truncated(cx: &Context, steps: &Steps<'_>, map: &RecvMap) -> Option<Option<usize>> {
    let Some(item) = &map.truncated else {
        return Some(None);
    };
    if let Some(transport) = steps.transport.filter(|t| t.is_stream()) {
        cx.error_help(
            item.span,
            format!("only datagrams are truncated; the target speaks over {transport}"),
            "a stream keeps what a read leaves behind",
        );
    }
    Some(Some(item.get()?.0))
}

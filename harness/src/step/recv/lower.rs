//! What a `recv` waits for must be something that its transport can bring.

use harness_net::Transport;
use harness_wire::Sender;

use super::{ReadSizes, Recv, RecvExpect, RecvMap, RecvSyntax};
use crate::scenario::context::Context as Check;
use crate::scenario::lower::positive;
use crate::scenario::lower::step::Steps;
use crate::scenario::lower::step::{error_name, one_of, optional_time};
use crate::scenario::pattern::Pattern;
use crate::scenario::source::Span;
use crate::scenario::syntax::Item;
use crate::step::Here;
use crate::step::strings::Strings;

impl Recv {
    pub(in crate::step) fn lower(
        Here { cx, steps, at }: Here<'_, '_>,
        item: &Item<RecvSyntax>,
    ) -> Option<Self> {
        steps.receives = true;
        match item.get()? {
            RecvSyntax::Exact(bytes) => {
                let on = steps.connections.used(cx, None, at);
                let mut strings = Strings::new(steps, Sender::Server);
                let expect = RecvExpect::Exact(strings.bytes(cx, bytes, item.span)?);
                refuse_empty(cx, steps, &strings, &expect, item.span);
                Some(Self {
                    on: on?,
                    expect,
                    formulas: strings.done(steps),
                    reads: Vec::new(),
                    truncated: None,
                    within: None,
                })
            }
            RecvSyntax::Map(map) => {
                let on = steps.connections.used(cx, map.on.as_ref(), at);
                let mut strings = Strings::new(steps, Sender::Server);
                let expect = expected(cx, &mut strings, map, item.span);
                if let Some(expect) = &expect {
                    refuse_empty(cx, steps, &strings, expect, item.span);
                }
                let reads = reads(cx, map)?;
                let truncated = truncated(cx, steps, map)?;
                let within = optional_time(cx, map.within.as_ref())?;
                Some(Self {
                    on: on?,
                    expect: expect?,
                    formulas: strings.done(steps),
                    reads,
                    truncated,
                    within,
                })
            }
        }
    }
}

/// Nothing at all is not something that a stream can bring.
fn refuse_empty(
    cx: &Check,
    steps: &Steps<'_>,
    strings: &Strings<'_>,
    expect: &RecvExpect,
    at: Span,
) {
    let empty = match expect {
        RecvExpect::Exact(_) => {
            strings.is_empty(0) && steps.transport.is_none_or(Transport::is_stream)
        }
        RecvExpect::Prefix(_) => strings.is_empty(0),
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

fn expected(cx: &Check, strings: &mut Strings<'_>, map: &RecvMap, at: Span) -> Option<RecvExpect> {
    let given = [
        ("exact", map.exact.as_ref().map(|i| i.span)),
        ("prefix", map.prefix.as_ref().map(|i| i.span)),
        ("regex", map.regex.as_ref().map(|i| i.span)),
        ("size", map.size.as_ref().map(|i| i.span)),
        ("nothing", map.nothing.as_ref().map(|i| i.span)),
        ("error", map.error.as_ref().map(|i| i.span)),
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
        return Some(RecvExpect::Exact(strings.item(cx, item)?));
    }
    if let Some(item) = &map.prefix {
        return Some(RecvExpect::Prefix(strings.item(cx, item)?));
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
    if let Some(item) = &map.error {
        return Some(RecvExpect::Error(error_name(cx, item)?));
    }
    let reads = map.reads.as_ref()?;
    let items = reads.get()?;
    if items.is_empty() {
        cx.error(reads.span, "there is no read in it");
        return None;
    }
    Some(RecvExpect::Reads(strings.list(cx, items)?))
}

fn regex(cx: &Check, pattern: &str, at: Span) -> Option<Pattern> {
    match Pattern::new(pattern) {
        Ok(pattern) => Some(pattern),
        Err(why) => {
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

fn reads(cx: &Check, map: &RecvMap) -> Option<Vec<usize>> {
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

fn truncated(cx: &Check, steps: &Steps<'_>, map: &RecvMap) -> Option<Option<usize>> {
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

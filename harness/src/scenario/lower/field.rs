//! Frames composed of fields: from what is written to their description.

use std::sync::Arc;

use harness_wire::{
    Alternative, Composed, DigestSpec, Digits, Extent, FieldSpec, HeaderSize, HeadersSpec,
    JsonSpec, Kind, Limits, LineEnd, LinesSpec, RepeatSpec, Selector, SpecError, SwitchCase,
    SwitchSpec,
};

use crate::scenario::context::Context;
use crate::scenario::de::read;
use crate::scenario::lower::frame::{Frame, adjust, algorithm, flag, int_type};
use crate::scenario::lower::name::{Unique, chosen};
use crate::scenario::lower::role::{Values, role};
use crate::scenario::lower::value;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{
    Bytes, BytesArgs, BytesExtent, DecimalArgs, FieldList, FieldSyntax, HeadersArgs, Int, Item,
    JsonArgs, LineEndWord, LinesArgs, Named, OnlyWord, RepeatArgs, RoleArgs, SwitchArgs,
    VarintArgs,
};

/// The bytes of a varint where none are given: what 64 bits need.
const VARINT_BYTES: u32 = 10;
/// How often a frame may stand where nothing is said, [`RepeatSpec::max`].
const REPEATS: usize = 1 << 16;

/// The framing of these fields. `None` where they had a mistake.
pub(super) fn composed(
    cx: &Context,
    name: &str,
    name_span: Span,
    fields: &[Item<Named<FieldSyntax>>],
    at: Span,
    limits: Limits,
) -> Option<Frame> {
    let mut places = Vec::new();
    let specs = specs(cx, fields, "", &mut places)?;
    let integers = specs.iter().filter(|spec| is_number(&spec.kind));
    let integers = integers.map(|spec| spec.name.clone()).collect();
    let refuse = |error: SpecError, over: &str| {
        let place = places.iter().find(|(path, _)| *path == error.field);
        let place = place.map(|(_, at)| *at);
        let place = place.unwrap_or(if fields.is_empty() { at } else { name_span });
        let what = format!("`{}`: {}{over}", error.field, error.what);
        cx.error_help(place, what, error.mend);
    };
    let differs = specs.iter().any(|spec| spec.only_stream);
    let framing = Composed::new(name, specs, limits)
        .map_err(|e| refuse(e, ""))
        .ok()?;
    let mut datagram = None;
    if differs {
        let over = ", over datagrams, which lack the fields of streams";
        let framing = framing.for_datagrams().map_err(|e| refuse(e, over)).ok()?;
        datagram = Some(Arc::new(framing) as Arc<_>);
    }
    Some(Frame {
        framing: Arc::new(framing),
        integers,
        datagram,
    })
}

fn is_number(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Int { .. } | Kind::Varint { .. } | Kind::Decimal { .. }
    )
}

/// The fields of a frame whose path is `prefix`. Where each stands goes into `places`, by path.
fn specs(
    cx: &Context,
    fields: &[Item<Named<FieldSyntax>>],
    prefix: &str,
    places: &mut Vec<(String, Span)>,
) -> Option<Vec<FieldSpec>> {
    let mut unique = Unique::default();
    let known: Vec<&str> = fields
        .iter()
        .filter_map(|f| Some(f.get()?.name.as_str()))
        .collect();
    let mut all: Vec<Option<FieldSpec>> = Vec::with_capacity(fields.len());
    for item in fields {
        let Some(named) = item.get() else {
            all.push(None);
            continue;
        };
        let fits = chosen(cx, "a field", &named.name, named.name_span)
            && unique.add(cx, "the field", &named.name, named.name_span);
        let path = format!("{prefix}{}", named.name);
        let mut scope = Scope {
            known: &known,
            before: &all,
            path: &path,
            places,
        };
        let at = named.value.span;
        let kind = named
            .value
            .get()
            .and_then(|kind| field(cx, kind, at, &mut scope));
        places.push((
            path,
            Span {
                start: named.name_span.start,
                end: at.end,
            },
        ));
        all.push(kind.filter(|_| fits).map(|(kind, only_stream)| FieldSpec {
            name: named.name.clone(),
            kind,
            only_stream,
        }));
    }
    all.into_iter().collect()
}

/// What is around a field.
struct Scope<'a> {
    /// The names of all fields of its frame.
    known: &'a [&'a str],
    /// The fields before it, those without a mistake.
    before: &'a [Option<FieldSpec>],
    /// Its own path.
    path: &'a str,
    places: &'a mut Vec<(String, Span)>,
}

impl Scope<'_> {
    /// The fields of a frame inside.
    fn inner(&mut self, cx: &Context, fields: &Item<FieldList>) -> Option<Vec<FieldSpec>> {
        specs(cx, fields.get()?, &format!("{}.", self.path), self.places)
    }
}

/// The kind of a field, and whether only streams have it.
fn field(
    cx: &Context,
    kind: &FieldSyntax,
    at: Span,
    scope: &mut Scope<'_>,
) -> Option<(Kind, bool)> {
    if let Some((word, args)) = kind.int() {
        let int = int_type(cx, word, at)?;
        let args = match args {
            None => RoleArgs::default(),
            Some(args) => args.get()?.role(),
        };
        let values = Values {
            word: int.to_string(),
            min: int.min(),
            max: int.max(),
        };
        let role = role(cx, args, &values, scope.known)?;
        return Some((Kind::Int { int, role }, only_stream(args)?));
    }
    let kind = match kind {
        FieldSyntax::Varint(args) => return varint(cx, args.as_ref(), scope),
        FieldSyntax::Decimal(args) => return decimal(cx, args.get()?, args.span, scope),
        FieldSyntax::Const(bytes) => Kind::Const(value::bytes(cx, bytes)?),
        FieldSyntax::Bytes(args) => Kind::Bytes(extent(cx, args.as_ref())?),
        FieldSyntax::Text(args) => Kind::Text(extent(cx, args.as_ref())?),
        FieldSyntax::Json(args) => Kind::Json(match args {
            None => JsonSpec {
                extent: Extent::Counted,
                size: None,
                digest: None,
            },
            Some(args) => json(cx, args.get()?, scope.known)?,
        }),
        FieldSyntax::Headers(args) => Kind::Headers(match args {
            None => HeadersSpec {
                line_end: LineEnd::CrLf,
                separator: b": ".to_vec(),
                size: None,
            },
            Some(args) => headers(cx, args.get()?, scope.known)?,
        }),
        FieldSyntax::Lines(args) => Kind::Lines(lines(cx, args.get()?)?),
        FieldSyntax::Frame(fields) => Kind::Frame(scope.inner(cx, fields)?),
        FieldSyntax::Switch(args) => Kind::Switch(switch(cx, args.get()?, scope)?),
        FieldSyntax::Repeat(args) => Kind::Repeat(repeat(cx, args.get()?, scope)?),
        FieldSyntax::FirstOf(items) => Kind::FirstOf(first_of(cx, items.get()?, scope)?),
        // The other words are integers, which were told apart above.
        _ => return None,
    };
    Some((kind, false))
}

/// True where only streams have the field. `None` where that had a mistake.
fn only_stream(args: RoleArgs<'_>) -> Option<bool> {
    match args.only {
        None => Some(false),
        Some(item) => Some(*item.get()? == OnlyWord::Stream),
    }
}

/// A count of bytes or digits.
fn count(item: Option<&Item<crate::scenario::syntax::Count>>) -> Option<Option<usize>> {
    match item {
        None => Some(None),
        Some(item) => Some(Some(item.get()?.0 as usize)),
    }
}

fn varint(
    cx: &Context,
    args: Option<&Item<VarintArgs>>,
    scope: &Scope<'_>,
) -> Option<(Kind, bool)> {
    let given = match args {
        None => None,
        Some(item) => Some(item.get()?),
    };
    let item = given.and_then(|args| args.max.as_ref());
    let most = count(item)?.unwrap_or(VARINT_BYTES as usize);
    let max = match u8::try_from(most) {
        Ok(max) if u32::from(max) <= VARINT_BYTES => max,
        _ => {
            let at = item.map_or(Span::default(), |item| item.span);
            cx.error_help(
                at,
                format!("a varint of {most} bytes is more than 64 bits need"),
                format!("write a number from 1 to {VARINT_BYTES}"),
            );
            return None;
        }
    };
    let roles = given.map_or_else(RoleArgs::default, VarintArgs::role);
    let values = Values {
        word: format!("a varint of {max} bytes"),
        min: 0,
        max: (1i128 << (u32::from(max) * 7).min(64)) - 1,
    };
    let role = role(cx, roles, &values, scope.known)?;
    Some((Kind::Varint { max, role }, only_stream(roles)?))
}

fn decimal(cx: &Context, args: &DecimalArgs, at: Span, scope: &Scope<'_>) -> Option<(Kind, bool)> {
    let digits = match (&args.until, &args.width) {
        (Some(until), None) => Digits::Until(value::bytes(cx, until)?),
        (None, Some(width)) => Digits::Width(width.get()?.0 as usize),
        (Some(_), Some(width)) => {
            let mend = "keep one of them";
            cx.error_help(width.span, "the digits have both `until` and `width`", mend);
            return None;
        }
        (None, None) => {
            let mend = "add `until: \":\"` for the bytes behind them, or `width: 4`";
            cx.error_help(at, "nothing says where the digits end", mend);
            return None;
        }
    };
    let max = match digits {
        Digits::Width(width @ 0..20) => 10i128.pow(u32::try_from(width).unwrap_or(0)) - 1,
        _ => i128::from(u64::MAX),
    };
    let values = Values {
        word: "these digits".to_owned(),
        min: 0,
        max,
    };
    let role = role(cx, args.role(), &values, scope.known)?;
    Some((Kind::Decimal { digits, role }, only_stream(args.role())?))
}

fn extent(cx: &Context, args: Option<&Item<BytesArgs>>) -> Option<Extent> {
    let Some(args) = args else {
        return Some(Extent::Counted);
    };
    match args.get()? {
        BytesArgs::Rest(_) => Some(Extent::Rest),
        BytesArgs::Extent(BytesExtent::Size(size)) => Some(Extent::Size(size.get()?.0 as usize)),
        BytesArgs::Extent(BytesExtent::Until(bytes)) => {
            Some(Extent::Until(value::bytes(cx, bytes)?))
        }
    }
}

/// Names of fields, each of which must exist.
pub(super) fn names(
    cx: &Context,
    items: &Item<Vec<Item<String>>>,
    known: &[&str],
) -> Option<Vec<String>> {
    let all: Vec<Option<String>> = items
        .get()?
        .iter()
        .map(|item| {
            let name = item.get()?;
            if known.contains(&name.as_str()) {
                return Some(name.clone());
            }
            cx.push(suggest::unknown_name(cx, "field", name, item.span, known));
            None
        })
        .collect();
    let all: Vec<String> = all.into_iter().collect::<Option<_>>()?;
    if all.is_empty() {
        cx.error_help(
            items.span,
            "no field is named",
            "name the fields that it covers",
        );
        return None;
    }
    Some(all)
}

fn json(cx: &Context, args: &JsonArgs, known: &[&str]) -> Option<JsonSpec> {
    let size = match &args.size {
        None => None,
        Some(item) => {
            let size = item.get()?;
            Some((size.key.get()?.clone(), names(cx, &size.of, known)?))
        }
    };
    let digest = match &args.digest {
        None => None,
        Some(item) => {
            let digest = item.get()?;
            Some(DigestSpec {
                key: digest.key.get()?.clone(),
                algorithm: algorithm(*digest.algorithm.get()?),
                fields: names(cx, &digest.of, known)?,
            })
        }
    };
    Some(JsonSpec {
        extent: Extent::Counted,
        size,
        digest,
    })
}

fn line_end(item: Option<&Item<LineEndWord>>) -> Option<LineEnd> {
    Some(match item {
        None => LineEnd::CrLf,
        Some(item) => match item.get()? {
            LineEndWord::Crlf => LineEnd::CrLf,
            LineEndWord::Lf => LineEnd::Lf,
            LineEndWord::Either => LineEnd::Either,
        },
    })
}

fn headers(cx: &Context, args: &HeadersArgs, known: &[&str]) -> Option<HeadersSpec> {
    let separator = match &args.separator {
        None => b": ".to_vec(),
        Some(item) => value::bytes(cx, item)?,
    };
    let size = match &args.size {
        None => None,
        Some(item) => {
            let size = item.get()?;
            Some(HeaderSize {
                name: size.name.get()?.clone(),
                fields: names(cx, &size.of, known)?,
                adjust: adjust(cx, size.adjust.as_ref())?,
                optional: flag(size.optional.as_ref())?,
            })
        }
    };
    Some(HeadersSpec {
        line_end: line_end(args.line_end.as_ref())?,
        separator,
        size,
    })
}

fn lines(cx: &Context, args: &LinesArgs) -> Option<LinesSpec> {
    Some(LinesSpec {
        line_end: line_end(args.line_end.as_ref())?,
        until: value::bytes(cx, &args.until)?,
    })
}

fn switch(cx: &Context, args: &SwitchArgs, scope: &mut Scope<'_>) -> Option<SwitchSpec> {
    let on = args.on.get()?;
    if !scope.known.contains(&on.as_str()) {
        let error = suggest::unknown_name(cx, "field", on, args.on.span, scope.known);
        cx.push(error);
        return None;
    }
    let mut earlier = scope.before.iter().flatten();
    let integer = earlier.any(|spec| spec.name == *on && is_number(&spec.kind));
    let mut cases = Vec::new();
    for item in args.cases.get()? {
        let case = item.get()?;
        let mut is = Vec::new();
        for value in case.is.get()? {
            let (id, at) = (value.get()?.0, value.span);
            is.push(match integer {
                true => Selector::Int(read::<Int>(cx, id)?.0),
                false => Selector::Bytes(value::plain(cx, &read::<Bytes>(cx, id)?, at)?),
            });
        }
        cases.push(SwitchCase {
            is,
            fields: scope.inner(cx, &case.frame)?,
        });
    }
    let other = match &args.other {
        None => None,
        Some(fields) => Some(scope.inner(cx, fields)?),
    };
    Some(SwitchSpec {
        on: on.clone(),
        cases,
        other,
    })
}

fn repeat(cx: &Context, args: &RepeatArgs, scope: &mut Scope<'_>) -> Option<RepeatSpec> {
    Some(RepeatSpec {
        fields: scope.inner(cx, &args.frame)?,
        max: count(args.max.as_ref())?.unwrap_or(REPEATS),
    })
}

fn first_of(
    cx: &Context,
    items: &[Item<Named<FieldList>>],
    scope: &mut Scope<'_>,
) -> Option<Vec<Alternative>> {
    let mut unique = Unique::default();
    let all: Vec<Option<Alternative>> = items
        .iter()
        .map(|item| {
            let named = item.get()?;
            let fits = chosen(cx, "a frame", &named.name, named.name_span)
                && unique.add(cx, "the frame", &named.name, named.name_span);
            let fields = scope.inner(cx, &named.value)?;
            fits.then(|| Alternative {
                name: named.name.clone(),
                fields,
            })
        })
        .collect();
    all.into_iter().collect()
}

//! Framings: from what is written to what encodes and decodes.

use std::sync::Arc;

use harness_wire::{
    Algorithm, Composed, Counts, DEFAULT_SIZE_KEY, Delimiter, DigestSpec, Extent, FieldSpec, Fixed,
    Framing, IntRole, IntType, JsonDigest, JsonHeader, JsonSpec, Kind, LengthPrefix, Limits, Raw,
    SpecError,
};

use crate::scenario::context::Context;
use crate::scenario::lower::name::{Unique, chosen};
use crate::scenario::lower::value;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{
    AlgorithmSyntax, BytesArgs, BytesExtent, CountsSyntax, DelimiterSyntax, FieldSyntax, FrameForm,
    FrameSyntax, IntArgs, IntWord, Item, JsonArgs, JsonHeaderSyntax, LengthPrefixSyntax,
    LimitsSyntax, Named,
};

/// A framing, and which of its fields are integers.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) framing: Arc<dyn Framing>,
    pub(crate) integers: Vec<String>,
}

impl Frame {
    fn new(framing: impl Framing + 'static) -> Self {
        Self {
            framing: Arc::new(framing),
            integers: Vec::new(),
        }
    }
}

/// The limits that are given, over those of `base`.
pub(crate) fn limits(cx: &Context, base: Limits, given: Option<&LimitsSyntax>) -> Limits {
    let mut limits = base;
    let Some(given) = given else {
        return limits;
    };
    let pairs = [
        (&given.frame, &mut limits.frame),
        (&given.header, &mut limits.header),
        (&given.depth, &mut limits.depth),
    ];
    for (item, slot) in pairs {
        let Some((size, at)) = item.as_ref().and_then(|i| Some((i.get()?.0, i.span))) else {
            continue;
        };
        if size == 0 {
            cx.error(at, "a limit of 0 lets nothing through");
        }
        *slot = size;
    }
    limits
}

/// The framing of that name. `None` where it had a mistake.
pub(crate) fn frame(
    cx: &Context,
    name: &str,
    name_span: Span,
    given: &Item<FrameForm>,
    limits: Limits,
) -> Option<Frame> {
    match given.get()? {
        FrameForm::Fields(fields) => composed(cx, name, name_span, fields, given.span, limits),
        FrameForm::Word(FrameSyntax::Raw) => Some(Frame::new(Raw::new(limits))),
        FrameForm::Word(FrameSyntax::Delimiter(args)) => delimiter(cx, args.get()?, limits),
        FrameForm::Word(FrameSyntax::Fixed(args)) => {
            let size = &args.get()?.size;
            let bytes = size.get()?.0;
            built(cx, size.span, Fixed::new(bytes, limits))
        }
        FrameForm::Word(FrameSyntax::LengthPrefix(args)) => {
            length_prefix(cx, args.get()?, args.span, limits)
        }
        FrameForm::Word(FrameSyntax::JsonHeader(args)) => {
            json_header(cx, args.get()?, args.span, limits)
        }
    }
}

fn built<F: Framing + 'static>(
    cx: &Context,
    at: Span,
    framing: Result<F, SpecError>,
) -> Option<Frame> {
    match framing {
        Ok(framing) => Some(Frame::new(framing)),
        Err(error) => {
            cx.error_help(at, error.what, error.mend);
            None
        }
    }
}

fn delimiter(cx: &Context, args: &DelimiterSyntax, limits: Limits) -> Option<Frame> {
    let bytes = value::bytes(cx, &args.bytes)?;
    let optional = flag(args.final_optional.as_ref())?;
    built(cx, args.bytes.span, Delimiter::new(bytes, optional, limits))
}

/// A flag that is false where it is not given; `None` where it had a mistake.
fn flag(item: Option<&Item<bool>>) -> Option<bool> {
    item.map_or(Some(false), |item| item.get().copied())
}

fn int_type(cx: &Context, word: IntWord, at: Span) -> Option<IntType> {
    match word.name().parse() {
        Ok(int) => Some(int),
        Err(error) => {
            cx.error(at, error.to_string());
            None
        }
    }
}

fn adjust(cx: &Context, item: Option<&Item<crate::scenario::syntax::Int>>) -> Option<i64> {
    let Some(item) = item else { return Some(0) };
    let value = item.get()?.0;
    match i64::try_from(value) {
        Ok(value) => Some(value),
        Err(_) => {
            cx.error(
                item.span,
                format!("{value} is too much to adjust a length by"),
            );
            None
        }
    }
}

fn length_prefix(
    cx: &Context,
    args: &LengthPrefixSyntax,
    at: Span,
    limits: Limits,
) -> Option<Frame> {
    let int = int_type(cx, *args.int.get()?, args.int.span)?;
    let counts = match &args.counts {
        None => Counts::Body,
        Some(item) => match item.get()? {
            CountsSyntax::Body => Counts::Body,
            CountsSyntax::All => Counts::All,
        },
    };
    let adjust = adjust(cx, args.adjust.as_ref())?;
    built(cx, at, LengthPrefix::new(int, counts, adjust, limits))
}

/// The function that a word names.
pub(crate) fn algorithm(word: AlgorithmSyntax) -> Algorithm {
    match word {
        AlgorithmSyntax::Md5 => Algorithm::Md5,
        AlgorithmSyntax::Sha256 => Algorithm::Sha256,
    }
}

fn json_header(cx: &Context, args: &JsonHeaderSyntax, at: Span, limits: Limits) -> Option<Frame> {
    let length = int_type(cx, *args.length.get()?, args.length.span)?;
    let size_key = match &args.size_key {
        None => DEFAULT_SIZE_KEY.to_owned(),
        Some(item) => item.get()?.clone(),
    };
    let digest = match &args.digest {
        None => None,
        Some(item) => {
            let digest = item.get()?;
            Some(JsonDigest {
                key: digest.key.get()?.clone(),
                algorithm: algorithm(*digest.algorithm.get()?),
            })
        }
    };
    built(cx, at, JsonHeader::new(length, size_key, digest, limits))
}

/// A field that was read, and where the parts of it stand that can be wrong together.
struct Field {
    spec: FieldSpec,
    at: Span,
}

fn composed(
    cx: &Context,
    name: &str,
    name_span: Span,
    fields: &[Item<Named<FieldSyntax>>],
    at: Span,
    limits: Limits,
) -> Option<Frame> {
    let mut unique = Unique::default();
    let known: Vec<&str> = fields
        .iter()
        .filter_map(|f| Some(f.get()?.name.as_str()))
        .collect();
    let mut read = Vec::with_capacity(fields.len());
    let mut integers = Vec::new();
    for item in fields {
        let Some(named) = item.get() else {
            read.push(None);
            continue;
        };
        let fits = chosen(cx, "a field", &named.name, named.name_span)
            && unique.add(cx, "the field", &named.name, named.name_span);
        let kind = named
            .value
            .get()
            .and_then(|kind| field(cx, kind, named.value.span, &known));
        if matches!(kind, Some(Kind::Int { .. })) {
            integers.push(named.name.clone());
        }
        read.push(kind.filter(|_| fits).map(|kind| Field {
            spec: FieldSpec::new(named.name.clone(), kind),
            at: Span {
                start: named.name_span.start,
                end: named.value.span.end,
            },
        }));
    }
    let read: Vec<Field> = read.into_iter().collect::<Option<_>>()?;
    let specs: Vec<FieldSpec> = read.iter().map(|f| f.spec.clone()).collect();
    match Composed::new(name, specs, limits) {
        Ok(framing) => Some(Frame {
            framing: Arc::new(framing),
            integers,
        }),
        Err(error) => {
            let place = read
                .iter()
                .find(|f| f.spec.name == error.field)
                .map(|f| f.at);
            let place = place.unwrap_or(if fields.is_empty() { at } else { name_span });
            cx.error_help(
                place,
                format!("`{}`: {}", error.field, error.what),
                error.mend,
            );
            None
        }
    }
}

fn field(cx: &Context, kind: &FieldSyntax, at: Span, known: &[&str]) -> Option<Kind> {
    if let Some((word, args)) = kind.int() {
        let int = int_type(cx, word, at)?;
        let role = match args {
            None => IntRole::Value { default: None },
            Some(args) => int_role(cx, args.get()?, int, known)?,
        };
        return Some(Kind::Int { int, role });
    }
    match kind {
        FieldSyntax::Const(bytes) => Some(Kind::Const(value::bytes(cx, bytes)?)),
        FieldSyntax::Bytes(args) => Some(Kind::Bytes(extent(cx, args.as_ref())?)),
        FieldSyntax::Text(args) => Some(Kind::Text(extent(cx, args.as_ref())?)),
        FieldSyntax::Json(args) => Some(Kind::Json(match args {
            None => JsonSpec {
                extent: Extent::Counted,
                size: None,
                digest: None,
            },
            Some(args) => json(cx, args.get()?, known)?,
        })),
        _ => None,
    }
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
fn names(cx: &Context, items: &Item<Vec<Item<String>>>, known: &[&str]) -> Option<Vec<String>> {
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

fn int_role(cx: &Context, args: &IntArgs, int: IntType, known: &[&str]) -> Option<IntRole> {
    let id = args.id.as_ref().map(|i| ("id", i.span));
    let given: Vec<(&str, Span)> = [
        id,
        args.constant.as_ref().map(|i| ("const", i.span)),
        args.size_of.as_ref().map(|i| ("size_of", i.span)),
        args.default.as_ref().map(|i| ("default", i.span)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [(first, _), (second, at), ..] = given.as_slice() {
        cx.error_help(
            *at,
            format!("a field cannot have both `{first}` and `{second}`"),
            "keep one of them",
        );
        return None;
    }
    if let (Some(adjust), None) = (&args.adjust, &args.size_of) {
        cx.error_help(
            adjust.span,
            "`adjust` belongs to `size_of`",
            "add `size_of: [...]`",
        );
        return None;
    }
    let fits = |item: &Item<crate::scenario::syntax::Int>| {
        let value = item.get()?.0;
        if int.holds(value) {
            return Some(value);
        }
        cx.error_help(
            item.span,
            format!("{value} does not fit {int}"),
            format!("write a number from {} to {}", int.min(), int.max()),
        );
        None
    };
    if let Some(item) = &args.constant {
        return Some(IntRole::Const(fits(item)?));
    }
    if let Some(item) = &args.default {
        return Some(IntRole::Value {
            default: Some(fits(item)?),
        });
    }
    if let Some(items) = &args.size_of {
        return Some(IntRole::SizeOf {
            fields: names(cx, items, known)?,
            adjust: adjust(cx, args.adjust.as_ref())?,
        });
    }
    if let Some(item) = &args.id
        && *item.get()?
    {
        return Some(IntRole::Id {});
    }
    Some(IntRole::Value { default: None })
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

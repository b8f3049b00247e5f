//! Framings: from what is written to what encodes and decodes.

use std::sync::Arc;

use harness_wire::{
    Algorithm, Counts, DEFAULT_SIZE_KEY, Delimiter, Fixed, Framing, IntType, JsonDigest,
    JsonHeader, LengthPrefix, Limits, Raw, SpecError,
};

use crate::scenario::context::Context;
use crate::scenario::lower::field::composed;
use crate::scenario::lower::value;
use crate::scenario::source::Span;
use crate::scenario::syntax::{
    AlgorithmSyntax, CountsSyntax, DelimiterSyntax, FrameForm, FrameSyntax, Int, IntWord, Item,
    JsonHeaderSyntax, LengthPrefixSyntax, LimitsSyntax,
};

/// A framing, and which of its fields are integers.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) framing: Arc<dyn Framing>,
    pub(crate) integers: Vec<String>,
    /// The same over datagrams, where it differs.
    pub(crate) datagram: Option<Arc<dyn Framing>>,
}

impl Frame {
    fn new(framing: impl Framing + 'static) -> Self {
        Self {
            framing: Arc::new(framing),
            integers: Vec::new(),
            datagram: None,
        }
    }

    /// The framing as it is over datagrams.
    pub(crate) fn for_datagrams(mut self) -> Self {
        if let Some(framing) = self.datagram.take() {
            self.framing = framing;
        }
        self
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
pub(super) fn flag(item: Option<&Item<bool>>) -> Option<bool> {
    item.map_or(Some(false), |item| item.get().copied())
}

pub(super) fn int_type(cx: &Context, word: IntWord, at: Span) -> Option<IntType> {
    match word.name().parse() {
        Ok(int) => Some(int),
        Err(error) => {
            cx.error(at, error.to_string());
            None
        }
    }
}

/// What is added to a length; 0 where it is not given.
pub(super) fn adjust(cx: &Context, item: Option<&Item<Int>>) -> Option<i64> {
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

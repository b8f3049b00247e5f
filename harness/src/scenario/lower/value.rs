//! Bytes as they are written, made into bytes.

use std::io::Read;

use base64::Engine as _;

use crate::scenario::context::{Context, MAX_VALUE_BYTES, shorten};
use crate::scenario::formula::Formula;
use crate::scenario::lower::formula::formula;
use crate::scenario::lower::reference::Scope;
use crate::scenario::source::Span;
use crate::scenario::syntax::{Bytes, FillSyntax, Item};

/// The bytes of a value. `None` where it had a mistake.
pub(crate) fn bytes(cx: &Context, item: &Item<Bytes>) -> Option<Vec<u8>> {
    plain(cx, item.get()?, item.span)
}

/// The bytes of a value that stands at `at`, and must be known before anything is said.
pub(crate) fn plain(cx: &Context, value: &Bytes, at: Span) -> Option<Vec<u8>> {
    fixed(cx, Scope::Nothing, value, at)
}

/// The bytes of a value that stands at `at`, in another that has a structure.
pub(crate) fn inner(cx: &Context, value: &Bytes, at: Span) -> Option<Vec<u8>> {
    fixed(cx, Scope::Structured, value, at)
}

fn fixed(cx: &Context, scope: Scope<'_>, value: &Bytes, at: Span) -> Option<Vec<u8>> {
    // Everything that is no reference is fixed, and references are refused there.
    match formula(cx, scope, value, at)? {
        Formula::Fixed(bytes) => Some(bytes),
        _ => None,
    }
}

pub(crate) fn hex(cx: &Context, text: &str, at: Span) -> Option<Vec<u8>> {
    if !cx.spend(text.len() / 2, at) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high: Option<u8> = None;
    for c in text.chars() {
        if c.is_whitespace() {
            continue;
        }
        let Some(digit) = c.to_digit(16).and_then(|d| u8::try_from(d).ok()) else {
            cx.error_help(
                at,
                format!("`{c}` is not a hexadecimal digit"),
                "write pairs of 0 to 9 and a to f, as in `{hex: \"03 00ff\"}`",
            );
            return None;
        };
        match high.take() {
            None => high = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    if high.is_some() {
        cx.error_help(
            at,
            format!("`{}` has an odd number of digits", shorten(text)),
            "each byte has two: write `05`, not `5`",
        );
        return None;
    }
    Some(bytes)
}

pub(crate) fn base64(cx: &Context, text: &str, at: Span) -> Option<Vec<u8>> {
    if !cx.spend(text.len(), at) {
        return None;
    }
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match base64::engine::general_purpose::STANDARD.decode(compact) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            cx.error_help(
                at,
                format!("`{}` is not base64: {error}", shorten(text)),
                "the standard alphabet with its padding is meant (RFC 4648 section 4)",
            );
            None
        }
    }
}

pub(crate) fn filled(cx: &Context, fill: &FillSyntax, at: Span) -> Option<Vec<u8>> {
    let pattern = match (&fill.byte, &fill.text) {
        (Some(byte), None) => {
            let value = byte.get()?.0;
            let Ok(value) = u8::try_from(value) else {
                cx.error_help(
                    byte.span,
                    format!("{value} is not a byte"),
                    "write a number from 0 to 255",
                );
                return None;
            };
            vec![value]
        }
        (None, Some(text)) => {
            let given = text.get()?;
            if given.is_empty() {
                cx.error(text.span, "nothing cannot fill anything: the text is empty");
                return None;
            }
            given.clone().into_bytes()
        }
        (Some(_), Some(text)) => {
            cx.error_help(
                text.span,
                "`fill` has both `byte` and `text`",
                "keep one of them",
            );
            return None;
        }
        (None, None) => {
            cx.error_help(
                at,
                "`fill` does not say with what",
                "add `byte: 0x61` or `text: \"abc\"`",
            );
            return None;
        }
    };
    let size = fill.size.get()?.0;
    if !cx.spend(size, fill.size.span) {
        return None;
    }
    let mut bytes = pattern.repeat(size / pattern.len());
    bytes.extend_from_slice(&pattern[..size - bytes.len()]);
    Some(bytes)
}

pub(crate) fn file(cx: &Context, given: &str, at: Span) -> Option<Vec<u8>> {
    let path = cx.path(given);
    let read = || -> std::io::Result<Vec<u8>> {
        let file = std::fs::File::open(&path)?;
        if !file.metadata()?.is_file() {
            return Err(std::io::Error::other("it is not a regular file"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_VALUE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match read() {
        Ok(bytes) => cx.spend(bytes.len(), at).then_some(bytes),
        Err(error) => {
            cx.error_help(
                at,
                format!("the file `{given}` cannot be read: {error}"),
                format!(
                    "it is looked for at {}, relative to this file",
                    path.display()
                ),
            );
            None
        }
    }
}

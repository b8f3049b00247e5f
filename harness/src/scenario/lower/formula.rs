//! Bytes as they are written, made into what they are or how they come about.

use harness_wire::{Algorithm, to_hex};

use crate::scenario::context::Context;
use crate::scenario::formula::{Form, Formula};
use crate::scenario::lower::message::message;
use crate::scenario::lower::reference::{Scope, reference};
use crate::scenario::lower::{frame, template, value};
use crate::scenario::source::Span;
use crate::scenario::syntax::{Bytes, BytesForm, DigestForm, Item};

/// The bytes. `None` where they had a mistake; it is told.
pub(crate) fn formula(cx: &Context, scope: Scope<'_>, given: &Bytes, at: Span) -> Option<Formula> {
    let form = match given {
        Bytes::Text(given) => return text(cx, scope, given, at),
        Bytes::Form(form) => form,
    };
    match form {
        BytesForm::Hex(text) => value::hex(cx, text.get()?, text.span).map(Formula::Fixed),
        BytesForm::Base64(text) => value::base64(cx, text.get()?, text.span).map(Formula::Fixed),
        BytesForm::Fill(fill) => value::filled(cx, fill.get()?, fill.span).map(Formula::Fixed),
        BytesForm::File(path) => value::file(cx, path.get()?, path.span).map(Formula::Fixed),
        BytesForm::Concat(items) => Some(joined(list(cx, scope, items.get()?)?)),
        BytesForm::Digest(digest) => {
            let digest = digest.get()?;
            covered(cx, scope, None, digest)
        }
        BytesForm::Hmac(hmac) => {
            let hmac = hmac.get()?;
            let key = formula(cx, scope, hmac.key.get()?, hmac.key.span);
            let digest = DigestForm {
                algorithm: hmac.algorithm.clone(),
                of: hmac.of.clone(),
                form: hmac.form.clone(),
            };
            covered(cx, scope, Some(key?), &digest)
        }
        BytesForm::Message(item) => match scope {
            Scope::Step(Some(target), _) => {
                let message = message(cx, &target.frames_spoken(), scope, item.get()?)?;
                Some(match message.fixed() {
                    Some(encoded) => Formula::Fixed(encoded.bytes.clone()),
                    None => Formula::Message(Box::new(message)),
                })
            }
            Scope::Unsure => None,
            Scope::Step(None, _) => {
                cx.error_help(
                    item.span,
                    "`message` needs a target: its profile holds the frames",
                    "add `target:` to the scenario or the case, or give the bytes",
                );
                None
            }
            Scope::Nothing | Scope::Structured | Scope::Message(_) => {
                cx.error_help(
                    item.span,
                    "`message` stands in the steps of a case only",
                    "an exchange names its frame itself: `request: {FRAME: VALUE}`",
                );
                None
            }
        },
    }
}

/// Each value of a list. `None` where one had a mistake; each is told.
pub(crate) fn list(cx: &Context, scope: Scope<'_>, items: &[Item<Bytes>]) -> Option<Vec<Formula>> {
    let all: Vec<_> = items
        .iter()
        .map(|item| formula(cx, scope, item.get()?, item.span))
        .collect();
    all.into_iter().collect()
}

/// Parts one after the other: neighbours that are fixed become one.
fn joined(parts: Vec<Formula>) -> Formula {
    let mut all: Vec<Formula> = Vec::with_capacity(parts.len());
    for part in parts {
        match (all.last_mut(), part) {
            (_, Formula::Concat(inner)) => all.extend(inner),
            (Some(Formula::Fixed(before)), Formula::Fixed(bytes)) => before.extend(bytes),
            (_, part) => all.push(part),
        }
    }
    match all.len() {
        0 => Formula::Fixed(Vec::new()),
        1 => all.remove(0),
        _ => Formula::Concat(all),
    }
}

fn covered(
    cx: &Context,
    scope: Scope<'_>,
    key: Option<Formula>,
    given: &DigestForm,
) -> Option<Formula> {
    let algorithm: Algorithm = frame::algorithm(*given.algorithm.get()?);
    let form = match &given.form {
        None => Form::Raw,
        Some(item) => (*item.get()?).into(),
    };
    let of = list(cx, scope, given.of.get()?)?;
    let fixed: Option<Vec<&[u8]>> = of.iter().map(Formula::fixed).collect();
    let known_key = key.as_ref().map(Formula::fixed);
    let digest = match (fixed, known_key) {
        (Some(of), None) => algorithm.digest(of),
        (Some(of), Some(Some(key))) => algorithm.hmac(key, of),
        _ => {
            return Some(Formula::Digest {
                algorithm,
                key: key.map(Box::new),
                of,
                form,
            });
        }
    };
    Some(Formula::Fixed(match form {
        Form::Raw => digest,
        Form::Hex => to_hex(&digest).into_bytes(),
    }))
}

/// A text: what stands in braces is replaced where it is a reference.
fn text(cx: &Context, scope: Scope<'_>, given: &str, at: Span) -> Option<Formula> {
    cx.spend(given.len(), at).then_some(())?;
    let mut parts = Vec::new();
    let mut done = 0;
    for (start, name) in template::names(given).filter(|(_, n)| template::is_reference(n)) {
        parts.push(Formula::Fixed(given[done..start].into()));
        parts.push(reference(cx, scope, name, at)?);
        done = start + name.len() + 2;
    }
    parts.push(Formula::Fixed(given[done..].into()));
    parts.retain(|part| part.fixed().is_none_or(|bytes| !bytes.is_empty()));
    Some(joined(parts))
}

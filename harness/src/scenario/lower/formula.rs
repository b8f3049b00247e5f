//! Bytes as they are written, made into what they are or how they come about.

use harness_wire::{Algorithm, FieldLayout, Framing, to_hex};
use std::sync::Arc;

use crate::scenario::context::Context;
use crate::scenario::conversation::Side;
use crate::scenario::formula::{Form, Formula, Reference};
use crate::scenario::lower::message::{Frames, message};
use crate::scenario::lower::{Lowered, frame, template, value};
use crate::scenario::model::{Exchange, Profile, Reply};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{Bytes, BytesForm, DigestForm, Item};

/// What bytes may refer to where they stand.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// Nothing: they must be known before anything is said.
    Nothing,
    /// What was said before this message of an exchange.
    Message(&'a Around<'a>),
    /// What the profile's exchanges said, as far as they were played. Without a profile nothing is
    /// known of them.
    Step(Option<&'a Lowered>),
    /// The same of a profile that had a mistake, which is told.
    Unsure,
}

/// What is known around a message of an exchange.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The frames of the profile.
    pub(crate) frames: &'a Frames,
    /// The exchange's name.
    pub(crate) exchange: &'a str,
    /// The framing of its request, for a reply that follows one; `None` for a request.
    pub(crate) request: Option<&'a Arc<dyn Framing>>,
    /// True for a reply.
    pub(crate) replies: bool,
    /// Exchanges that were surely played before, in two parts.
    pub(crate) before: [&'a [Exchange]; 2],
    /// All names of exchanges in the profile.
    pub(crate) declared: &'a [String],
    /// Those that had a mistake, which is told.
    pub(crate) broken: &'a [String],
}

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
            Scope::Step(Some(target)) => {
                let message = message(cx, &target.frames, scope, item.get()?)?;
                Some(match message.fixed() {
                    Some(encoded) => Formula::Fixed(encoded.bytes.clone()),
                    None => Formula::Message(Box::new(message)),
                })
            }
            Scope::Unsure => None,
            Scope::Step(None) => {
                cx.error_help(
                    item.span,
                    "`message` needs a target: its profile holds the frames",
                    "add `target:` to the scenario or the case, or give the bytes",
                );
                None
            }
            Scope::Nothing | Scope::Message(_) => {
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

/// What a name in braces stands for.
pub(crate) fn reference(cx: &Context, scope: Scope<'_>, name: &str, at: Span) -> Option<Formula> {
    if matches!(scope, Scope::Nothing) {
        cx.error_help(
            at,
            format!("`{{{name}}}` has no meaning here: these bytes are needed before a connection"),
            "references work in messages and in the bytes of `send` and `recv`; give the bytes as `hex` if the braces are meant literally",
        );
        return None;
    }
    match name {
        "conn" => return Some(Formula::Connection),
        "port" => return Some(Formula::Port),
        "host" => return Some(Formula::Host),
        "path" => return Some(Formula::Path),
        "payload" => {
            cx.error_help(
                at,
                "the reference `{payload}` is not built yet",
                "give the bytes, as `{fill: {text: abc, size: 1KiB}}` or `{file: PATH}`",
            );
            return None;
        }
        _ => {}
    }
    let (exchange, side, field) = match template::parts(name)? {
        ("", Side::Request, field) => match scope {
            Scope::Message(around) if around.replies => (around.exchange, Side::Request, field),
            _ => {
                cx.error_help(
                    at,
                    format!("`{{{name}}}` means the request of the same exchange, and only its reply can repeat it"),
                    "name the exchange, as in `{login.request.user}`",
                );
                return None;
            }
        },
        ("", Side::Reply, field) => {
            cx.error_help(
                at,
                format!("`{{{name}}}` does not say of which exchange"),
                format!("name it, as in `{{challenge.reply.{field}}}`"),
            );
            return None;
        }
        parts => parts,
    };
    let layouts = match scope {
        Scope::Message(around) => around.layouts(cx, exchange, side, at)?,
        Scope::Step(None) | Scope::Unsure => Vec::new(),
        Scope::Step(Some(target)) => {
            let found = all_of(&target.profile).find(|e| e.name == exchange);
            match found {
                Some(found) => said(cx, found, side, at)?,
                None => {
                    let known: Vec<&String> = all_of(&target.profile).map(|e| &e.name).collect();
                    let error = suggest::unknown_name(cx, "exchange", exchange, at, &known);
                    cx.push(error);
                    return None;
                }
            }
        }
        Scope::Nothing => return None,
    };
    let size = sized(cx, &layouts, field, at)?;
    Some(Formula::Field(Reference {
        exchange: exchange.to_owned(),
        side,
        field: field.to_owned(),
        size,
    }))
}

/// All exchanges of a profile.
fn all_of(profile: &Profile) -> impl Iterator<Item = &Exchange> {
    let parts = [&profile.opening, &profile.exchanges, &profile.closing];
    parts.into_iter().flatten()
}

impl Around<'_> {
    /// The fields of the messages that a reference means.
    fn layouts(
        &self,
        cx: &Context,
        exchange: &str,
        side: Side,
        at: Span,
    ) -> Option<Vec<Vec<FieldLayout>>> {
        if exchange == self.exchange && self.replies && side == Side::Request {
            let Some(request) = self.request else {
                cx.error_help(
                    at,
                    format!("the exchange `{exchange}` has no request"),
                    "a greeting is said without one",
                );
                return None;
            };
            return Some(vec![request.layout()]);
        }
        if let Some(found) = self
            .before
            .iter()
            .copied()
            .flatten()
            .find(|e| e.name == exchange)
        {
            return said(cx, found, side, at);
        }
        if self.broken.iter().any(|b| b == exchange) {
            return None;
        }
        if exchange == self.exchange {
            let words = format!(
                "the {} of `{exchange}` does not come before this message",
                side.word()
            );
            cx.error_help(
                at,
                words,
                "a reply may refer to its own request, as `{request.FIELD}`",
            );
        } else if self.declared.iter().any(|d| d == exchange) {
            cx.error_help(
                at,
                format!(
                    "the {} of `{exchange}` is not sure to come before this message",
                    side.word()
                ),
                "only what stands in `opening`, and above, is played first on every connection",
            );
        } else {
            let known: Vec<&String> = self
                .before
                .iter()
                .copied()
                .flatten()
                .map(|e| &e.name)
                .collect();
            cx.push(suggest::unknown_name(cx, "exchange", exchange, at, &known));
        }
        None
    }
}

/// The fields of what one side says in an exchange.
fn said(cx: &Context, exchange: &Exchange, side: Side, at: Span) -> Option<Vec<Vec<FieldLayout>>> {
    let layouts: Vec<_> = match (side, &exchange.reply) {
        (Side::Request, _) => exchange
            .request
            .iter()
            .map(|m| m.framing.layout())
            .collect(),
        (Side::Reply, Reply::Given(all)) => all.iter().map(|m| m.framing.layout()).collect(),
        (Side::Reply, Reply::Learned { framing, .. }) => vec![framing.layout()],
        (Side::Reply, Reply::None | Reply::Closes) => Vec::new(),
    };
    if layouts.is_empty() {
        cx.error(
            at,
            format!("the exchange `{}` has no {}", exchange.name, side.word()),
        );
        return None;
    }
    Some(layouts)
}

/// The size of a field, where it is known. The outer `None`: no message has it.
fn sized(
    cx: &Context,
    layouts: &[Vec<FieldLayout>],
    field: &str,
    at: Span,
) -> Option<Option<usize>> {
    if layouts.iter().any(Vec::is_empty) || layouts.is_empty() {
        // Only the message itself tells its fields.
        return Some(None);
    }
    match layouts.iter().flatten().find(|known| known.name == field) {
        Some(found) => Some(found.size),
        None => {
            let known: Vec<&String> = layouts.iter().flatten().map(|f| &f.name).collect();
            cx.push(suggest::unknown_name(cx, "field", field, at, &known));
            None
        }
    }
}

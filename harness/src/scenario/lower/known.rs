//! Known failures.

use jiff::civil::Date;

use crate::scenario::context::Context;
use crate::scenario::lower::Unique;
use crate::scenario::model::KnownFailure;
use crate::scenario::source::Span;
use crate::scenario::syntax::{Item, KnownFailureSyntax, KnownFailuresSyntax};

/// The entries of a document. `None` where one had a mistake; each is told. `unique` are the globs
/// of the file so far.
pub(crate) fn known_failures(
    cx: &Context,
    given: &KnownFailuresSyntax,
    unique: &mut Unique,
) -> Option<Vec<KnownFailure>> {
    let items = given.known_failures.get()?;
    if items.is_empty() {
        cx.error_help(
            given.known_failures.span,
            "no failure is known in it",
            "leave the document out",
        );
    }
    let all: Vec<_> = items
        .iter()
        .map(|item| entry(cx, item.get()?, unique))
        .collect();
    all.into_iter().collect()
}

fn entry(cx: &Context, given: &KnownFailureSyntax, unique: &mut Unique) -> Option<KnownFailure> {
    let case = text(cx, &given.case, "case");
    if let Some(case) = &case {
        unique.add(cx, "the known failure", case, given.case.span);
    }
    let reason = text(cx, &given.reason, "reason");
    let issue = match &given.issue {
        None => None,
        Some(item) => Some(text(cx, item, "issue")?),
    };
    let expires = given
        .expires
        .get()
        .and_then(|day| date(cx, day, given.expires.span));
    Some(KnownFailure {
        case: case?,
        reason: reason?,
        issue,
        expires: expires?,
        at: cx.location(given.case.span),
    })
}

fn text(cx: &Context, item: &Item<String>, key: &str) -> Option<String> {
    let text = item.get()?;
    if text.trim().is_empty() {
        cx.error_help(
            item.span,
            format!("the `{key}` is empty"),
            "say which case fails, why, and until when that is accepted",
        );
        return None;
    }
    Some(text.clone())
}

fn date(cx: &Context, given: &str, at: Span) -> Option<Date> {
    match Date::strptime("%Y-%m-%d", given) {
        Ok(day) => Some(day),
        Err(_) => {
            cx.error_help(
                at,
                format!("`{given}` is no day"),
                "write it as year, month, day: `2027-01-31`",
            );
            None
        }
    }
}

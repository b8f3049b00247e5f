//! "Did you mean": the known name that is nearest to a misspelt one.

use super::context::Context;
use super::diagnostic::Diagnostic;
use super::source::Span;

/// The known name nearest to `given`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A third of the letters may differ: more, and the names have little to do with each other.
    let allowed = (given.chars().count().max(3)) / 3;
    let folded = given.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&folded, &name.to_lowercase()), name))
        .filter(|&(distance, _)| distance <= allowed)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// "`a`, `b` or `c`"; long lists are cut.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 40;
    let mut text = String::new();
    for (n, name) in names.iter().enumerate() {
        if n == SHOWN {
            text.push_str(&format!(" and {} more", names.len() - SHOWN));
            break;
        }
        if n > 0 {
            text.push_str(", ");
        }
        text.push_str(&format!("`{}`", name.as_ref()));
    }
    text
}

/// An unknown key or word of the language, with what is known where it stands. `owner` is the name
/// of the type that was read.
pub(crate) fn unknown(
    cx: &Context,
    owner: &str,
    what: &str,
    given: &str,
    at: Span,
    known: &[&str],
) -> Diagnostic {
    if not_built(owner, given) {
        return Diagnostic::new(cx.source(), at, format!("`{given}` is not built yet"))
            .help(format!("this version knows {}", list(known)));
    }
    unknown_name(cx, what, given, at, known)
}

/// A name that nothing has, with the names that there are.
pub(crate) fn unknown_name<S: AsRef<str>>(
    cx: &Context,
    what: &str,
    given: &str,
    at: Span,
    known: &[S],
) -> Diagnostic {
    let error = Diagnostic::new(cx.source(), at, format!("unknown {what} `{given}`"));
    let names = if known.is_empty() {
        format!("there is no {what} at all")
    } else {
        format!("known here: {}", list(known))
    };
    match nearest(given, known.iter().map(AsRef::as_ref)) {
        Some(near) => error.label(format!("did you mean `{near}`?")).help(names),
        None => error.help(names),
    }
}

/// Words of the language's description that this version does not have.
fn not_built(owner: &str, word: &str) -> bool {
    let words: &[&str] = match owner {
        "ProfileSyntax" => &["order", "volatile", "ends"],
        "CaseSyntax" => &["load"],
        "DeliverSyntax" => &["truncate", "interleave", "late", "slow_reader"],
        "StepSyntax" => &["get"],
        "FrameSyntax" => &["http", "resp", "websocket", "first_of", "switch", "repeat"],
        "FieldSyntax" => &[
            "varint", "decimal", "headers", "lines", "frame", "switch", "repeat", "first_of",
        ],
        "IntArgs" => &["count_of", "absent", "only"],
        "ExchangeSyntax" => &["error"],
        _ => &[],
    };
    words.contains(&word)
}

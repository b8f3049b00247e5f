//! "Did you mean": the known name that is nearest to a misspelt one.

use super::context::Context;
use super::de::BYTES_WORDS;
use super::diagnostic::Diagnostic;
use super::source::Span;

/// Words that people write for others: what they meant is known better than by their letters.
const MEANT: [(&str, &str); 13] = [
    ("receive", "recv"),
    ("recieve", "recv"),
    ("read", "recv"),
    ("write", "send"),
    ("open", "connect"),
    ("disconnect", "close"),
    ("sleep", "silence"),
    ("wait", "silence"),
    ("kill_target", "stop_target"),
    ("restart_target", "start_target"),
    ("assert", "expect"),
    ("name", "title"),
    ("description", "about"),
];

/// The known name nearest to `given`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = given.to_lowercase().replace('-', "_");
    let meant = MEANT
        .iter()
        .find(|(wrong, _)| *wrong == folded)
        .map(|(_, right)| *right);
    // A third of the letters may differ: more, and the names have little to do with each other.
    let allowed = given.chars().count().max(3) / 3;
    known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = if meant == Some(name) {
                0
            } else if folded.len() >= 3 && lower.starts_with(&folded) {
                1
            } else {
                strsim::osa_distance(&folded, &lower)
            };
            (distance <= allowed).then_some((distance, name))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// "`a`, `b`, `c`". Of many integer types only some are shown.
pub(crate) fn list<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 40;
    const MANY: usize = 20;
    let is_int = |name: &str| {
        name.strip_prefix(['u', 'i'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let names: Vec<&str> = names
        .iter()
        .map(AsRef::as_ref)
        .filter(|name| {
            names.len() <= MANY || !is_int(name) || ["u8", "u16be", "i32le", "u64be"].contains(name)
        })
        .collect();
    let mut text = String::new();
    for (n, name) in names.iter().enumerate() {
        if n == SHOWN {
            text.push_str(&format!(" and {} more", names.len() - SHOWN));
            break;
        }
        if n > 0 {
            text.push_str(", ");
        }
        text.push_str(&format!("`{name}`"));
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
    let mut error = unknown_name(cx, what, given, at, known);
    if known.contains(&"whole") && BYTES_WORDS.contains(&given) {
        error.help = Some(format!(
            "bytes stand under a key here: `whole: {{{given}: ...}}`"
        ));
    }
    if known.contains(&"exact") && BYTES_WORDS.contains(&given) {
        error.help = Some(format!(
            "bytes stand under a key here: `exact: {{{given}: ...}}`"
        ));
    }
    error
}

/// From so many known names on, a list of all would hide the one that is meant.
const TOO_MANY: usize = 6;

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
        Some(near) => {
            let error = error.label(format!("did you mean `{near}`?"));
            if known.len() > TOO_MANY {
                error
            } else {
                error.help(names)
            }
        }
        None => error.help(names),
    }
}

/// Words of the language's description that this version does not have.
pub(crate) fn not_built(owner: &str, word: &str) -> bool {
    let words: &[&str] = match owner {
        "LoadSyntax" => &["search", "payload", "timestamps"],
        "LoadDeliverySyntax" => &["merge", "each_cut", "cut", "field_pairs"],
        "DeliverSyntax" => &["truncate", "interleave", "late", "slow_reader"],
        "StepSyntax" => &["get"],
        "ExchangeSyntax" => &["error"],
        _ => &[],
    };
    words.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_meant_and_far_ones_are_not() {
        let known = [
            "title", "connect", "recv", "each_cut", "u16be", "u16le", "KILL",
        ];
        let near = |given| nearest(given, known);
        assert_eq!(near("tilte"), Some("title"));
        assert_eq!(near("conect"), Some("connect"));
        assert_eq!(near("recieve"), Some("recv"));
        assert_eq!(near("each-cut"), Some("each_cut"));
        assert_eq!(near("u16"), Some("u16be"));
        assert_eq!(near("kill"), Some("KILL"));
        assert_eq!(near("banana"), None);
        assert_eq!(near("x"), None);
    }
}

//! `{lower.case}`: what may stand in braces, and where.

use crate::scenario::context::Context;
use crate::scenario::conversation::Side;
use crate::scenario::source::Span;

/// What stands for something in the arguments and environment of a started program.
pub(crate) const START: [&str; 3] = ["port", "host", "path"];

/// The names in braces of a text, with the offset of each brace: lower-case words with dots, hyphens
/// and numbers in brackets.
pub(crate) fn names(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('{').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let name = &rest[..rest.find('}')?];
        let fits = !name.is_empty()
            && name.bytes().all(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || matches!(b, b'.' | b'_' | b'-' | b'[' | b']')
            });
        fits.then_some((at, name))
    })
}

/// The parts of a reference to a field: exchange (empty where none is named), side, field.
pub(crate) fn parts(name: &str) -> Option<(&str, Side, &str)> {
    let sides = [Side::Request, Side::Reply];
    let split = sides.into_iter().find_map(|side| {
        if let Some(field) = name
            .strip_prefix(side.word())
            .and_then(|n| n.strip_prefix('.'))
        {
            return Some(("", side, field));
        }
        let at = name.find(&format!(".{}.", side.word()))?;
        Some((&name[..at], side, &name[at + side.word().len() + 2..]))
    });
    split.filter(|(_, _, field)| !field.is_empty())
}

/// True for what stands for something in a message. Other braces stand for themselves.
pub(crate) fn is_reference(name: &str) -> bool {
    matches!(name, "port" | "host" | "path" | "conn" | "payload") || parts(name).is_some()
}

/// Tells of a reference that stands in `place`, where none is understood yet.
pub(crate) fn not_built(cx: &Context, name: &str, at: Span, place: &str, mend: &str) {
    let what = format!("the reference `{{{name}}}` is not built yet in {place}");
    cx.error_help(at, what, mend);
}

/// Refuses references in a text that stands in `place`, where none is understood.
pub(crate) fn refuse_references(
    cx: &Context,
    text: &str,
    at: Span,
    place: &str,
    mend: &str,
) -> Option<()> {
    let Some((_, name)) = names(text).find(|(_, name)| is_reference(name)) else {
        return Some(());
    };
    not_built(cx, name, at, place, mend);
    None
}

/// Looks for misspelt templates in an argument of a started program, and says which it uses.
pub(crate) fn check_start(cx: &Context, text: &str, at: Span, used: &mut Vec<&'static str>) {
    for (_, name) in names(text) {
        if let Some(known) = START.iter().find(|known| **known == name) {
            used.push(known);
        } else if let Some(near) = START
            .iter()
            .find(|known| strsim::osa_distance(known, name) == 1)
        {
            cx.error_help(
                at,
                format!("unknown template `{{{name}}}`; did you mean `{{{near}}}`?"),
                "known here: `{port}`, `{host}`, `{path}`",
            );
        } else if is_reference(name) {
            cx.error_help(
                at,
                format!("`{{{name}}}` has no meaning here: there is no connection yet"),
                "known here: `{port}`, `{host}`, `{path}`",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_words_in_braces_are_names() {
        let found = |text| names(text).map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(found("--port={port} {a.b_c}"), ["port", "a.b_c"]);
        assert!(found("{\"a\": 1} {} {A} { port } ${PORT} {port").is_empty());
    }

    #[test]
    fn references_are_told_from_other_braces() {
        for name in [
            "port",
            "conn",
            "payload",
            "challenge.reply.nonce",
            "request.tid",
        ] {
            assert!(is_reference(name), "{name}");
        }
        for name in [
            "a", "name", "a.b", "a.b.c.d", "print", "request.", "a.reply.",
        ] {
            assert!(!is_reference(name), "{name}");
        }
        assert_eq!(
            parts("a.b.reply.x.terminator"),
            Some(("a.b", Side::Reply, "x.terminator"))
        );
        assert_eq!(parts("request.tid"), Some(("", Side::Request, "tid")));
    }
}

//! `{lower.case}`: what may stand in braces, and where.

use crate::scenario::context::Context;
use crate::scenario::source::Span;

/// What stands for something in the arguments and environment of a started program.
pub(crate) const START: [&str; 3] = ["port", "host", "path"];

/// The names in braces of a text, with the offset of each brace: lower-case words with dots.
pub(crate) fn names(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices('{').filter_map(|(at, _)| {
        let rest = &text[at + 1..];
        let name = &rest[..rest.find('}')?];
        let fits = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_'));
        fits.then_some((at, name))
    })
}

/// True for what the language's description gives a meaning outside `start`.
fn is_reference(name: &str) -> bool {
    match name {
        "port" | "host" | "path" | "conn" | "payload" => true,
        _ => {
            let parts: Vec<&str> = name.split('.').collect();
            matches!(parts.as_slice(), ["request", _] | ["reply", _])
                || matches!(parts.as_slice(), [_, "reply" | "request", _])
        }
    }
}

/// Refuses a reference where none is understood yet. Other braces stand for themselves.
pub(crate) fn refuse_references(cx: &Context, text: &str, at: Span) -> Option<()> {
    let Some((_, name)) = names(text).find(|(_, name)| is_reference(name)) else {
        return Some(());
    };
    cx.error_help(
        at,
        format!("the reference `{{{name}}}` is not built yet"),
        "templates work in `start` only; give the bytes as `hex` if the braces are meant literally",
    );
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
                format!("the reference `{{{name}}}` is not built yet"),
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
        for name in ["a", "name", "a.b", "a.b.c.d", "print"] {
            assert!(!is_reference(name), "{name}");
        }
    }
}

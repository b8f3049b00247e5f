//! Kernel settings that a case rests on.

use crate::scenario::context::Context;
use crate::scenario::model::{Comparison, Op, Setting};
use crate::scenario::source::Span;
use crate::scenario::syntax::scalar::relation;

/// The setting that a text such as `net.ipv4.tcp_timestamps == 1` names.
pub(crate) fn setting(cx: &Context, text: &str, at: Span) -> Option<Setting> {
    let text = text.trim();
    let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let (op, value) = relation(rest);
    let value = value.parse::<u32>().ok();
    let named = name.contains('.') && !name.starts_with('.') && !name.ends_with('.');
    let (Some(value), true, true) = (value, named, op.is_some()) else {
        cx.error_help(
            at,
            format!("`{text}` is no kernel setting with a bound"),
            "write its sysctl(8) name, a relation and a whole number, as in `net.ipv4.tcp_timestamps == 1`",
        );
        return None;
    };
    Some(Setting {
        name: name.to_owned(),
        is: Comparison {
            op: op.unwrap_or(Op::Equal),
            value: value.into(),
        },
    })
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-')
}

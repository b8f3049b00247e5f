//! What a number in a frame means.

use harness_wire::IntRole;

use crate::scenario::context::Context;
use crate::scenario::lower::field::names;
use crate::scenario::lower::frame::{adjust, flag};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{Int, Item, RoleArgs};

/// The values that a number can have, and its word.
pub(super) struct Values {
    pub(super) word: String,
    pub(super) min: i128,
    pub(super) max: i128,
}

/// The role of a number. `None` where it had a mistake.
pub(super) fn role(
    cx: &Context,
    args: RoleArgs<'_>,
    values: &Values,
    known: &[&str],
) -> Option<IntRole> {
    let given: Vec<(&str, Span)> = [
        args.id.map(|i| ("id", i.span)),
        args.constant.map(|i| ("const", i.span)),
        args.size_of.map(|i| ("size_of", i.span)),
        args.count_of.map(|i| ("count_of", i.span)),
        args.default.map(|i| ("default", i.span)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let [(first, _), (second, at), ..] = given.as_slice() {
        cx.error_help(
            *at,
            format!("a field cannot have both `{first}` and `{second}`"),
            "keep one of them",
        );
        return None;
    }
    for (word, item) in [("adjust", args.adjust), ("absent", args.absent)] {
        if let (Some(item), None) = (item, args.size_of) {
            let what = format!("`{word}` belongs to `size_of`");
            cx.error_help(item.span, what, "add `size_of: [...]`");
            return None;
        }
    }
    let fits = |item: &Item<Int>| {
        let value = item.get()?.0;
        if (values.min..=values.max).contains(&value) {
            return Some(value);
        }
        cx.error_help(
            item.span,
            format!("{value} does not fit {}", values.word),
            format!("write a number from {} to {}", values.min, values.max),
        );
        None
    };
    if let Some(item) = args.constant {
        return Some(IntRole::Const(fits(item)?));
    }
    if let Some(item) = args.default {
        return Some(IntRole::Value {
            default: Some(fits(item)?),
        });
    }
    if let Some(item) = args.count_of {
        let name = item.get()?;
        if !known.contains(&name.as_str()) {
            cx.push(suggest::unknown_name(cx, "field", name, item.span, known));
            return None;
        }
        return Some(IntRole::CountOf(name.clone()));
    }
    if let Some(items) = args.size_of {
        return Some(IntRole::SizeOf {
            fields: names(cx, items, known)?,
            adjust: adjust(cx, args.adjust)?,
            absent: match args.absent {
                None => None,
                Some(item) => Some(fits(item)?),
            },
        });
    }
    if flag(args.id)? {
        return Some(IntRole::Id {});
    }
    Some(IntRole::Value { default: None })
}

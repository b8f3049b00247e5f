//! The reference server that a profile names.

use std::path::PathBuf;

use harness_net::Transport;
use harness_targets::{Service, find, services};

use crate::scenario::context::Context;
use crate::scenario::model::Builtin;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{BuiltinSyntax, Item};

/// The server, and what it speaks over. `wanted` is the profile's `transport:`.
pub(crate) fn builtin(
    cx: &Context,
    given: &BuiltinSyntax,
    at: Span,
    wanted: Option<(Transport, Span)>,
) -> Option<(Builtin, Transport)> {
    let (name, at, model, fault, root) = match given {
        BuiltinSyntax::Name(name) => (name, at, None, None, None),
        BuiltinSyntax::Map(map) => (
            map.server.get()?,
            map.server.span,
            map.model.as_ref(),
            map.fault.as_ref(),
            map.root.as_ref(),
        ),
    };
    let Ok(service) = find(name) else {
        let known: Vec<&str> = services().iter().map(|s| s.name).collect();
        cx.push(suggest::unknown_name(
            cx,
            "reference server",
            name,
            at,
            &known,
        ));
        return None;
    };
    let transport = match wanted {
        None => service
            .transports
            .first()
            .copied()
            .unwrap_or(Transport::Tcp),
        Some((transport, _)) if service.transports.contains(&transport) => transport,
        Some((transport, at)) => {
            let has: Vec<String> = service.transports.iter().map(ToString::to_string).collect();
            cx.error_help(
                at,
                format!("`{name}` does not speak over {transport}"),
                format!("it has {}", has.join(", ")),
            );
            return None;
        }
    };
    let model_known: Vec<&str> = service.models.iter().map(|m| m.name()).collect();
    let fault_known: Vec<&str> = service
        .faults
        .iter()
        .filter(|f| f.exists_over(transport))
        .map(|f| f.name)
        .collect();
    let model = one_of(cx, "model", model, &model_known);
    let fault = one_of(cx, "fault", fault, &fault_known);
    let root = self::root(cx, service, root);
    Some((
        Builtin {
            server: name.clone(),
            model: model?,
            fault: fault?,
            root: root?,
        },
        transport,
    ))
}

/// The folder that it serves. The outer `None` is a mistake.
fn root(cx: &Context, service: &Service, item: Option<&Item<String>>) -> Option<Option<PathBuf>> {
    let Some(item) = item else {
        return Some(None);
    };
    let given = item.get()?;
    let path = cx.path(given);
    if !service.serves_files() {
        cx.error_help(
            item.span,
            format!("`{}` serves no files", service.name),
            "leave `root` out",
        );
    } else if !path.is_dir() {
        cx.error_help(
            item.span,
            format!("there is no folder `{given}`"),
            format!(
                "it is looked for at {}, relative to this file",
                path.display()
            ),
        );
    } else {
        return Some(Some(path));
    }
    None
}

/// A name that must be one of those known. The outer `None` is a mistake.
fn one_of(
    cx: &Context,
    what: &str,
    item: Option<&Item<String>>,
    known: &[&str],
) -> Option<Option<String>> {
    let Some(item) = item else {
        return Some(None);
    };
    let name = item.get()?;
    if known.contains(&name.as_str()) {
        return Some(Some(name.clone()));
    }
    cx.push(suggest::unknown_name(cx, what, name, item.span, known));
    None
}

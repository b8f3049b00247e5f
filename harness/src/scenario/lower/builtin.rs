//! The reference server that a profile names.

use std::path::PathBuf;

use harness_net::Transport;
use harness_targets::{Digest, Service, find, services};

use crate::scenario::context::Context;
use crate::scenario::model::Builtin;
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{AlgorithmSyntax, BuiltinSyntax, Count, Item};

/// The server, and what it speaks over. `wanted` is the profile's `transport:`.
pub(crate) fn builtin(
    cx: &Context,
    given: &BuiltinSyntax,
    at: Span,
    wanted: Option<(Transport, Span)>,
) -> Option<(Builtin, Transport)> {
    let (name, at, map) = match given {
        BuiltinSyntax::Name(name) => (name, at, None),
        BuiltinSyntax::Map(map) => (map.server.get()?, map.server.span, Some(map)),
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
    let model = one_of(
        cx,
        "model",
        map.and_then(|m| m.model.as_ref()),
        &model_known,
    );
    let runs = service.model(model.as_ref().and_then(Option::as_deref));
    let fault_known: Vec<&str> = service
        .faults
        .iter()
        .filter(|f| f.exists_over(transport) && f.exists_under(runs))
        .map(|f| f.name)
        .collect();
    let fault = one_of(
        cx,
        "fault",
        map.and_then(|m| m.fault.as_ref()),
        &fault_known,
    );
    let digest = match map.and_then(|m| m.digest.as_ref()) {
        None => Digest::default(),
        Some(item) => digest(cx, item, service)?,
    };
    let descriptors = match map.and_then(|m| m.descriptors.as_ref()) {
        None => None,
        Some(item) => Some(descriptors(cx, item)?),
    };
    let root = root(cx, service, map.and_then(|m| m.root.as_ref()));
    Some((
        Builtin {
            server: name.clone(),
            model: model?,
            digest,
            descriptors,
            fault: fault?,
            root: root?,
        },
        transport,
    ))
}

fn digest(cx: &Context, item: &Item<AlgorithmSyntax>, service: &Service) -> Option<Digest> {
    if !service.authenticates {
        cx.error_help(
            item.span,
            format!("`{}` asks no client for a digest", service.name),
            "leave it out",
        );
        return None;
    }
    Some(match item.get()? {
        AlgorithmSyntax::Sha256 => Digest::Sha256,
        AlgorithmSyntax::Md5 => Digest::Md5,
    })
}

/// What a server needs for itself leaves it none for clients below this.
const FEWEST_DESCRIPTORS: u32 = 16;

fn descriptors(cx: &Context, item: &Item<Count>) -> Option<u64> {
    let most = item.get()?.0;
    if most < FEWEST_DESCRIPTORS {
        cx.error_help(
            item.span,
            format!("a server cannot start with {most} descriptors"),
            format!("write {FEWEST_DESCRIPTORS} or more"),
        );
        return None;
    }
    Some(u64::from(most))
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

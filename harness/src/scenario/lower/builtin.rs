//! The reference server or client that a profile names.

use std::path::PathBuf;

use harness_net::Transport;
use harness_targets::{Digest, Fault, Service, clients, find, find_client, services};

use crate::scenario::context::Context;
use crate::scenario::model::{Builtin, BuiltinClient, Origin};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::{AlgorithmSyntax, BuiltinMap, BuiltinSyntax, Count, Item};

/// The server or client, and what it speaks over. `wanted` is the profile's `transport:`.
pub(crate) fn builtin(
    cx: &Context,
    given: &BuiltinSyntax,
    at: Span,
    wanted: Option<(Transport, Span)>,
) -> Option<(Origin, Transport)> {
    let map = match given {
        BuiltinSyntax::Name(name) => return server(cx, name, at, None, wanted),
        BuiltinSyntax::Map(map) => map,
    };
    let misplaced = |key: &str, at: Span, whose: &str| {
        cx.error_help(
            at,
            format!("`{key}` is for a reference {whose}"),
            "leave it out",
        );
    };
    match (&map.server, &map.client) {
        (Some(server), Some(client)) => {
            let at = server.span.max(client.span);
            let help = "keep one of them: the profile is for one target";
            cx.error_help(at, "`builtin` has both `server` and `client`", help);
            None
        }
        (None, None) => {
            let help = "add `server: NAME` or `client: NAME`";
            cx.error_help(at, "`builtin` does not name a server or a client", help);
            None
        }
        (Some(item), None) => {
            if let Some(args) = &map.args {
                misplaced("args", args.span, "client");
            }
            server(cx, item.get()?, item.span, Some(map), wanted)
        }
        (None, Some(item)) => {
            if let Some(model) = &map.model {
                misplaced("model", model.span, "server");
            }
            if let Some(root) = &map.root {
                misplaced("root", root.span, "server");
            }
            if let Some(digest) = &map.digest {
                misplaced("digest", digest.span, "server");
            }
            if let Some(descriptors) = &map.descriptors {
                misplaced("descriptors", descriptors.span, "server");
            }
            client(cx, item.get()?, item.span, map, wanted)
        }
    }
}

fn server(
    cx: &Context,
    name: &str,
    at: Span,
    map: Option<&BuiltinMap>,
    wanted: Option<(Transport, Span)>,
) -> Option<(Origin, Transport)> {
    let Ok(service) = find(name) else {
        let known: Vec<&str> = services().iter().map(|s| s.name).collect();
        let what = "reference server";
        cx.push(suggest::unknown_name(cx, what, name, at, &known));
        return None;
    };
    let transport = transport(cx, name, service.transports, wanted)?;
    let models: Vec<&str> = service.models.iter().map(|m| m.name()).collect();
    let model = one_of(cx, "model", map.and_then(|m| m.model.as_ref()), &models);
    let runs = service.model(model.as_ref().and_then(Option::as_deref));
    let has = |f: &&Fault| f.exists_over(transport) && f.exists_under(runs);
    let fault = fault(cx, map, service.faults.iter().filter(has));
    let digest = match map.and_then(|m| m.digest.as_ref()) {
        None => Digest::default(),
        Some(item) => digest(cx, item, service)?,
    };
    let descriptors = match map.and_then(|m| m.descriptors.as_ref()) {
        None => None,
        Some(item) => Some(descriptors(cx, item)?),
    };
    let root = root(cx, service, map.and_then(|m| m.root.as_ref()));
    let origin = Origin::Builtin(Builtin {
        server: name.to_owned(),
        model: model?,
        digest,
        descriptors,
        fault: fault?,
        root: root?,
    });
    Some((origin, transport))
}

fn client(
    cx: &Context,
    name: &str,
    at: Span,
    map: &BuiltinMap,
    wanted: Option<(Transport, Span)>,
) -> Option<(Origin, Transport)> {
    let Ok(client) = find_client(name) else {
        let known: Vec<&str> = clients().iter().map(|c| c.name).collect();
        let what = "reference client";
        cx.push(suggest::unknown_name(cx, what, name, at, &known));
        return None;
    };
    let transport = transport(cx, name, client.transports, wanted)?;
    let has = |f: &&Fault| f.exists_over(transport);
    let fault = fault(cx, Some(map), client.faults.iter().filter(has));
    let args = match &map.args {
        None => Vec::new(),
        Some(item) => item
            .get()?
            .iter()
            .map(|arg| arg.get().map(|word| word.0.clone()))
            .collect::<Option<_>>()?,
    };
    let origin = Origin::Client(BuiltinClient {
        client: name.to_owned(),
        fault: fault?,
        args,
    });
    Some((origin, transport))
}

fn transport(
    cx: &Context,
    name: &str,
    has: &[Transport],
    wanted: Option<(Transport, Span)>,
) -> Option<Transport> {
    match wanted {
        None => Some(has.first().copied().unwrap_or(Transport::Tcp)),
        Some((transport, _)) if has.contains(&transport) => Some(transport),
        Some((transport, at)) => {
            let has: Vec<String> = has.iter().map(ToString::to_string).collect();
            cx.error_help(
                at,
                format!("`{name}` does not speak over {transport}"),
                format!("it has {}", has.join(", ")),
            );
            None
        }
    }
}

/// The planted fault. The outer `None` is a mistake.
fn fault<'f>(
    cx: &Context,
    map: Option<&BuiltinMap>,
    faults: impl Iterator<Item = &'f Fault>,
) -> Option<Option<String>> {
    let known: Vec<&str> = faults.map(|f| f.name).collect();
    one_of(cx, "fault", map.and_then(|m| m.fault.as_ref()), &known)
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

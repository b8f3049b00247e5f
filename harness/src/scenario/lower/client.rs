//! What only a client under test has: the harness is its server, starts it for each delivery, and
//! judges how it ends.

use crate::scenario::context::Context;
use crate::scenario::lower::Lowered;
use crate::scenario::lower::value;
use crate::scenario::model::{Ends, Exchange, ExitWant, Origin, Reply, Role};
use crate::scenario::source::Span;
use crate::scenario::syntax::{
    Bytes, EndsSyntax, ExitSyntax, Item, ProfileSyntax, ReadySyntax, ResetSyntax, RoleSyntax,
    StartSyntax,
};

/// The role that a profile has, or takes from the one that it builds on.
pub(crate) fn role(given: &ProfileSyntax, base: Option<&Lowered>) -> Role {
    match given.role.as_ref().and_then(Item::get) {
        Some(RoleSyntax::Client) => Role::Client,
        Some(RoleSyntax::Server) => Role::Server,
        None => base.map_or(Role::Server, |b| b.profile.role),
    }
}

/// How a client must end.
pub(crate) fn ends(
    cx: &Context,
    given: Option<&Item<EndsSyntax>>,
    role: Role,
    base: Option<&Lowered>,
) -> Option<Ends> {
    let Some(item) = given else {
        return Some(base.map(|b| b.profile.ends.clone()).unwrap_or_default());
    };
    if role == Role::Server {
        cx.error_help(
            item.span,
            "`ends` is about a client; this target is a server",
            "add `role: client` if it connects, or leave `ends` out",
        );
        return None;
    }
    let map = item.get()?;
    both_ends(cx, map.exit.as_ref(), map.stdout.as_ref())
}

/// An exit status and an output.
pub(crate) fn both_ends(
    cx: &Context,
    exit: Option<&Item<ExitSyntax>>,
    stdout: Option<&Item<Bytes>>,
) -> Option<Ends> {
    let exit: Option<Option<ExitWant>> = match exit {
        None => Some(None),
        Some(item) => item.get().map(|e| Some(e.0)),
    };
    let stdout = match stdout {
        None => Some(None),
        Some(item) => value::bytes(cx, item).map(Some),
    };
    Some(Ends {
        exit: exit?,
        stdout: stdout?,
    })
}

/// Refuses what makes no sense for the role.
pub(crate) fn check(cx: &Context, given: &ProfileSyntax, role: Role, origin: Option<&Origin>) {
    match (role, origin) {
        (Role::Server, Some(Origin::Client(client))) => cx.error_help(
            given.builtin.as_ref().map_or(Span::default(), |i| i.span),
            format!(
                "`{}` is a client, and the target is a server",
                client.client
            ),
            "add `role: client`",
        ),
        (Role::Client, Some(Origin::Builtin(server))) => cx.error_help(
            given.builtin.as_ref().map_or(Span::default(), |i| i.span),
            format!(
                "`{}` is a server, and the target is a client",
                server.server
            ),
            "write `builtin: {client: NAME}`; `harness client --list` shows them",
        ),
        _ => {}
    }
    if role == Role::Server {
        return;
    }
    if let Some(item) = &given.connect {
        cx.error_help(
            item.span,
            "nothing can be connected to: the target is a client",
            "use `start: [...]` with `\"{port}\"` where it expects its server's port",
        );
    }
    if let Some(StartSyntax::Map(map)) = given.start.as_ref().and_then(Item::get)
        && let Some(ready) = &map.ready
        && let Some(ReadySyntax::Word(_) | ReadySyntax::Form(_)) = ready.get()
    {
        cx.error_help(
            ready.span,
            "a client is not waited for: it connects when it is ready",
            "leave `ready` out; `within` is the time in which it must connect",
        );
    }
    if let Some(item) = &given.reset
        && let Some(ResetSyntax::Restart | ResetSyntax::Exchanges(_)) = item.get()
    {
        cx.error_help(
            item.span,
            "a client is started anew for each delivery anyway",
            "leave `reset` out",
        );
    }
    let of_replies = [
        given.volatile.as_ref().map(|i| ("volatile", i.span)),
        given.order.as_ref().map(|i| ("order", i.span)),
    ];
    for (key, at) in of_replies.into_iter().flatten() {
        cx.error_help(
            at,
            format!("`{key}` is about a server's replies; this target is a client"),
            "leave it out",
        );
    }
    let options = given.options.as_ref().and_then(Item::get);
    let bind = options.and_then(|o| o.bind.as_ref().map(|i| i.span));
    let bind_port = options.and_then(|o| o.bind_port.as_ref().map(|i| i.span));
    if let Some(at) = bind.or(bind_port) {
        cx.error_help(
            at,
            "a source has no effect here: the client connects",
            "`host` says where the harness listens",
        );
    }
}

/// The harness is the server: what it replies has to be said. `at` is where the profile stands, for
/// exchanges that come from another file.
pub(crate) fn replies_are_given(
    cx: &Context,
    given: &ProfileSyntax,
    exchanges: &[&[Exchange]],
    at: Span,
) {
    let own = [&given.opening, &given.exchanges, &given.closing];
    let own: Vec<_> = own
        .into_iter()
        .flatten()
        .filter_map(Item::get)
        .flatten()
        .filter_map(Item::get)
        .collect();
    for exchange in exchanges.iter().copied().flatten() {
        if matches!(exchange.reply, Reply::Learned { .. }) {
            let here = own.iter().find(|named| named.name == exchange.name);
            let from = match here {
                Some(_) => String::new(),
                None => format!(" in {}", exchange.at.file.display()),
            };
            cx.error_help(
                here.map_or(at, |named| named.name_span),
                format!(
                    "the exchange `{}` has no reply{from}: the harness is this client's server",
                    exchange.name
                ),
                "add `reply: {FRAME: VALUE}`; `reply: []` where it answers nothing",
            );
        }
        let given = match &exchange.reply {
            Reply::Given(messages) => messages.as_slice(),
            _ => &[],
        };
        let mut said = exchange.request.iter().chain(given);
        if said.any(|message| message.fixed().is_none()) {
            let here = own.iter().find(|named| named.name == exchange.name);
            cx.error_help(
                here.map_or(at, |named| named.name_span),
                format!(
                    "a message of the exchange `{}` follows from the conversation, which is not \
                     built yet for clients",
                    exchange.name
                ),
                "give its values; a frame with `id: true` needs one too",
            );
        }
    }
}

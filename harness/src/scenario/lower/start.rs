//! The program that a profile starts.

use std::collections::BTreeMap;
use std::time::Duration;

use harness_net::Transport;

use crate::scenario::context::Context;
use crate::scenario::lower::name::Unique;
use crate::scenario::lower::{positive, template};
use crate::scenario::model::{Ready, StartCommand};
use crate::scenario::source::Span;
use crate::scenario::syntax::{Item, ReadyForm, ReadySyntax, StartMap, StartSyntax, Word};

/// How long a program may take to be ready where the profile does not say.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(5);

/// The command. `transport` says which templates it needs, where that is known.
pub(crate) fn start(
    cx: &Context,
    given: &StartSyntax,
    at: Span,
    transport: Option<Transport>,
) -> Option<StartCommand> {
    let nothing = StartMap {
        argv: Item {
            value: None,
            span: at,
        },
        env: None,
        dir: None,
        ready: None,
        within: None,
        if_present: None,
    };
    let (argv, argv_span, rest) = match given {
        StartSyntax::Argv(argv) => (Some(argv), at, &nothing),
        StartSyntax::Map(map) => (map.argv.get(), map.argv.span, map),
    };
    let mut used = Vec::new();
    let argv = argv.and_then(|argv| words(cx, argv, argv_span, &mut used));
    let env = rest.env.as_ref().map(|env| environment(cx, env, &mut used));
    let within = match &rest.within {
        None => Some(READY_WITHIN),
        Some(item) => positive(cx, item),
    };
    let ready = match &rest.ready {
        None => Some(Ready::Listening),
        Some(item) => item.get().and_then(ready),
    };
    let dir = match &rest.dir {
        None => Some(None),
        Some(item) => item.get().map(|dir| Some(cx.path(dir))),
    };
    let if_present = rest.if_present.as_ref().map(|item| present(cx, item));
    let argv = argv?;
    let if_present = match if_present {
        None => None,
        Some(item) => match item? {
            Present::Itself => argv.first().cloned(),
            Present::Program(name) => Some(name),
            Present::Anyway => None,
        },
    };
    let command = StartCommand {
        argv,
        env: env.unwrap_or(Some(BTreeMap::new()))?,
        dir: dir?,
        ready: ready?,
        within: within?,
        if_present,
    };
    needs_template(cx, transport, &used, argv_span).then_some(command)
}

/// What must be installed, or else the cases are skipped.
enum Present {
    Itself,
    Program(String),
    Anyway,
}

fn present(cx: &Context, item: &Item<Word>) -> Option<Present> {
    match item.get()?.0.as_str() {
        "true" => Some(Present::Itself),
        "false" => Some(Present::Anyway),
        "" => {
            cx.error_help(
                item.span,
                "the program's name is empty",
                "write `true`, or name it",
            );
            None
        }
        name => Some(Present::Program(name.to_owned())),
    }
}

/// Without its port or path in it, a program could not know where to listen.
fn needs_template(cx: &Context, transport: Option<Transport>, used: &[&str], at: Span) -> bool {
    let Some(transport) = transport else {
        return true;
    };
    let (needed, what) = match transport {
        Transport::Unix | Transport::UnixDgram | Transport::UnixSeqpacket => {
            ("path", "the path of its socket")
        }
        Transport::Tcp | Transport::Udp => ("port", "its port"),
    };
    if used.contains(&needed) {
        return true;
    }
    cx.error_help(
        at,
        format!("the program is not told {what}"),
        format!("put `\"{{{needed}}}\"` where it expects that, in an argument or in `env`"),
    );
    false
}

fn words(
    cx: &Context,
    argv: &[Item<Word>],
    at: Span,
    used: &mut Vec<&'static str>,
) -> Option<Vec<String>> {
    if argv.is_empty() {
        cx.error_help(
            at,
            "there is no program to start",
            "name it first: `[./server, ...]`",
        );
        return None;
    }
    let all: Vec<Option<String>> = argv
        .iter()
        .map(|item| {
            let text = &item.get()?.0;
            text_for_process(cx, text, item.span)?;
            template::check_start(cx, text, item.span, used);
            Some(text.clone())
        })
        .collect();
    let all: Vec<String> = all.into_iter().collect::<Option<_>>()?;
    if all.first().is_some_and(String::is_empty) {
        cx.error(at, "the program's name is empty");
        return None;
    }
    Some(all)
}

/// execve(2) ends each string at its first NUL byte.
fn text_for_process(cx: &Context, text: &str, at: Span) -> Option<()> {
    if text.contains('\0') {
        cx.error(at, "a NUL byte cannot be passed to a program");
        return None;
    }
    Some(())
}

fn environment(
    cx: &Context,
    env: &Item<crate::scenario::syntax::Names<Word>>,
    used: &mut Vec<&'static str>,
) -> Option<BTreeMap<String, String>> {
    let mut unique = Unique::default();
    let all: Vec<Option<(String, String)>> = env
        .get()?
        .0
        .iter()
        .map(|named| {
            let name = &named.name;
            if name.contains(['=', '\0']) {
                cx.error(
                    named.name_span,
                    format!("`{name}` cannot be the name of an environment variable"),
                );
                return None;
            }
            unique
                .add(cx, "the variable", name, named.name_span)
                .then_some(())?;
            let text = &named.value.get()?.0;
            text_for_process(cx, text, named.value.span)?;
            template::check_start(cx, text, named.value.span, used);
            Some((name.clone(), text.clone()))
        })
        .collect();
    all.into_iter().collect()
}

fn ready(given: &ReadySyntax) -> Option<Ready> {
    match given {
        ReadySyntax::Word(_) => Some(Ready::Listening),
        ReadySyntax::Form(ReadyForm::Line(text)) => Some(Ready::Line(text.get()?.clone())),
    }
}

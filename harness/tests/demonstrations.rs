//! What the kernel does cannot be turned red by a server's fault. Each case that shows it is given a
//! wrong expectation here, and must fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use common::{cases, run, text};
use harness::run::Verdict;
use harness::scenario::model::{Origin, Profile};

/// A case, what it expects, and something else. Where the text stands in the case more than once,
/// its last occurrence is changed.
const WRONG: &[(&str, &str, &str)] = &[
    ("addresses.both_ends", "on: b, to: t", "on: b, to: s"),
    (
        "addresses.fixed_client_port",
        "error: EADDRINUSE",
        "error: EACCES",
    ),
    (
        "addresses.live_connection",
        "error: EADDRINUSE",
        "error: EACCES",
    ),
    (
        "addresses.not_local",
        "error: EADDRNOTAVAIL",
        "error: EADDRINUSE",
    ),
    ("addresses.other_address", "on: a, to: s", "on: a, to: a"),
    (
        "addresses.refused",
        "error: ECONNREFUSED",
        "error: ETIMEDOUT",
    ),
    (
        "addresses.reset_frees",
        "again, at: l",
        "again, at: l, error: EADDRINUSE",
    ),
    ("addresses.reuseport", "error: EADDRINUSE", "error: EACCES"),
    ("addresses.same", "error: EADDRINUSE", "error: EACCES"),
    ("addresses.self", "exact: hello", "exact: other"),
    ("addresses.time_wait", "error: EADDRINUSE", "error: EACCES"),
    (
        "addresses.time_wait_late",
        "error: EADDRINUSE",
        "error: EACCES",
    ),
    ("addresses.wildcard", "error: EADDRINUSE", "error: EACCES"),
    (
        "backlog.dropped_syn",
        "error: ETIMEDOUT",
        "error: ECONNREFUSED",
    ),
    ("backlog.five", "of: l, is: 6", "of: l, is: 5"),
    ("backlog.in_order", "exact: one", "exact: two"),
    ("backlog.listener_closes", "how: reset", "how: fin"),
    ("backlog.no_limit", "of: l, is: 0", "of: l, is: 3"),
    ("backlog.none", "of: l, is: 1", "of: l, is: 0"),
    ("backlog.one", "of: l, is: 2", "of: l, is: 1"),
    (
        "backlog.retry",
        "of: without_room, to: with_room",
        "of: with_room, to: without_room",
    ),
    ("disconnects.killed_clean", "closed: fin", "closed: reset"),
    ("disconnects.killed_queue", "how: reset", "how: fin"),
    ("disconnects.killed_unread", "closed: reset", "closed: fin"),
    (
        "lifecycle.client_first",
        "on: a, is: TIME_WAIT",
        "on: a, is: CLOSED",
    ),
    (
        "lifecycle.close_wait",
        "on: s, is: CLOSE_WAIT",
        "on: s, is: LAST_ACK",
    ),
    ("lifecycle.end_stays", "how: fin", "how: reset"),
    ("lifecycle.established", "exact: early", "exact: other"),
    ("lifecycle.four_segments", "on: a, is: 2", "on: a, is: 1"),
    (
        "lifecycle.gone_before_accept",
        "on: t, how: reset",
        "on: t, how: fin",
    ),
    ("lifecycle.half_close", "error: EPIPE", "error: ECONNRESET"),
    (
        "lifecycle.queued_data",
        "on: s, how: fin",
        "on: s, how: reset",
    ),
    ("lifecycle.reply_before_reset", "how: reset", "how: fin"),
    ("lifecycle.reset", "how: reset", "how: fin"),
    (
        "lifecycle.server_first",
        "on: s, is: TIME_WAIT",
        "on: s, is: CLOSED",
    ),
    (
        "lifecycle.simultaneous",
        "on: s, is: TIME_WAIT",
        "on: s, is: CLOSED",
    ),
    ("lifecycle.three_segments", "on: a, is: 1", "on: a, is: 2"),
    ("lifecycle.unread_input", "how: reset", "how: fin"),
    (
        "lifecycle.write_after_close",
        "error: EPIPE",
        "error: ECONNRESET",
    ),
    ("socket-calls.acknowledged", "exact: hello", "exact: other"),
    (
        "socket-calls.both_send_first",
        "text: s, size: 32KiB}}}\n\n",
        "text: x, size: 32KiB}}}\n\n",
    ),
    ("socket-calls.cork", "reads: [hello]", "reads: [h, ello]"),
    ("socket-calls.cork_ceiling", "on: a, is: 1", "on: a, is: 5"),
    ("socket-calls.deadlock", "error: EAGAIN", "error: EPIPE"),
    (
        "socket-calls.empty_send",
        "nothing: 30ms",
        "error: EPIPE, within: 30ms",
    ),
    (
        "socket-calls.empty_send_after_reset",
        "error: EPIPE",
        "error: ECONNRESET",
    ),
    ("socket-calls.inherited", "rcvbuf: 16KiB", "rcvbuf: 8KiB"),
    (
        "socket-calls.maxseg",
        "on: a, is: \">= 10\"",
        "on: a, is: 1",
    ),
    ("socket-calls.one_segment", "on: a, is: 1", "on: a, is: 10"),
    ("socket-calls.options", "sndbuf: 16KiB", "sndbuf: 8KiB"),
    (
        "socket-calls.user_timeout",
        "error: ETIMEDOUT",
        "error: EPIPE",
    ),
    (
        "socket-calls.zero_window",
        "on: a, is: 0}}\n",
        "on: a, is: 1}}\n",
    ),
    ("udp-delivery.joined", "exact: abc", "exact: a"),
    (
        "udp-delivery.last_binder",
        "on: second, exact",
        "on: first, within: 100ms, exact",
    ),
    (
        "udp-delivery.no_destination",
        "error: EDESTADDRREQ",
        "error: ECONNREFUSED",
    ),
    ("udp-delivery.order", "reads: [one, two", "reads: [two, one"),
    ("udp-delivery.overflow", "is: \">= 1\"", "is: 0"),
    (
        "udp-delivery.refused",
        "error: ECONNREFUSED",
        "error: EHOSTUNREACH",
    ),
    ("udp-delivery.stranger", "exact: intruder", "exact: answer"),
    (
        "udp-delivery.stranger_is_kept_out",
        "exact: answer",
        "exact: intruder",
    ),
    ("udp-delivery.taken", "error: EADDRINUSE", "error: EACCES"),
    (
        "udp-delivery.unconnected_is_not_told",
        "nothing: 50ms",
        "error: ECONNREFUSED, within: 50ms",
    ),
    (
        "udp-delivery.waits",
        "[one, two, \"\", four]}\n",
        "[onetwo, four]}\n",
    ),
];

/// The shipped scenarios that have such cases.
const FILES: [&str; 6] = [
    "addresses",
    "backlog",
    "disconnects",
    "lifecycle",
    "socket-calls",
    "udp-delivery",
];

/// The lines of one case in its file.
fn block<'a>(file: &'a str, id: &str) -> &'a str {
    let begin = file
        .find(&format!("  - id: {id}\n"))
        .unwrap_or_else(|| panic!("no {id}"));
    let rest = &file[begin + 1..];
    let end = rest
        .find("\n  - id: ")
        .map_or(file.len(), |at| begin + 1 + at + 1);
    &file[begin..end]
}

#[test]
fn each_demonstration_fails_where_it_expects_something_else() {
    let wrong: BTreeMap<&str, (&str, &str)> = WRONG
        .iter()
        .map(|(id, from, to)| (*id, (*from, *to)))
        .collect();
    let dir = tempfile::tempdir().unwrap();
    // Most of the time is spent waiting for what does not come.
    let changed: Vec<&str> = std::thread::scope(|scope| {
        let threads = FILES.map(|name| scope.spawn(|| falsify(name, &wrong, dir.path())));
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let left: Vec<_> = wrong.keys().filter(|id| !changed.contains(id)).collect();
    assert!(left.is_empty(), "in none of the files: {left:?}");
}

/// Runs the demonstrations of a scenario with wrong expectations, all of which must fail. Answers
/// their ids.
fn falsify<'a>(name: &str, wrong: &BTreeMap<&'a str, (&str, &str)>, folder: &Path) -> Vec<&'a str> {
    let file = common::root().join(format!("scenarios/{name}.yaml"));
    let document = harness::scenario::load(&file).unwrap();
    let mut changed = std::fs::read_to_string(&file).unwrap();
    let mut ids = Vec::new();
    for case in document.scenarios.iter().flat_map(|s| &s.cases) {
        let is_own_peer = |t: &Arc<Profile>| matches!(t.origin, Origin::None);
        let own = case.target.as_ref().is_some_and(is_own_peer);
        let Some((id, (from, to))) = wrong.get_key_value(case.id.as_str()) else {
            assert!(!own, "{} is not shown to be able to fail", case.id);
            continue;
        };
        assert!(case.tags.iter().any(|t| t == "demonstration"), "{id}");
        let was = block(&changed, id).to_owned();
        let at = was
            .rfind(from)
            .unwrap_or_else(|| panic!("{id} has no `{from}`"));
        let is = format!("{}{to}{}", &was[..at], &was[at + from.len()..]);
        changed = changed.replacen(&was, &is, 1);
        ids.push(*id);
    }
    let path = folder.join(format!("{name}.yaml"));
    std::fs::write(&path, changed).unwrap();
    let mut args = vec![path.to_str().unwrap()];
    args.extend(ids.iter().flat_map(|id| ["--filter", id]));
    let (output, result) = run(&args);
    let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    for case in cases(&result).filter(|c| c.verdict != Verdict::Skip) {
        assert_eq!(
            case.verdict,
            Verdict::Fail,
            "{}\n{}",
            case.id,
            text(&output)
        );
    }
    ids
}

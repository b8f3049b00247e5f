//! The registry holds what the folder holds, and every fault is shown.

use std::collections::BTreeSet;
use std::path::Path;

use super::{In, habits, transcript};
use crate::command::Runner;
use crate::{find, services};

/// The shipped scenarios that faults may name.
const SCENARIOS: [&str; 28] = [
    "backlog",
    "burst",
    "clients",
    "disconnects",
    "echo",
    "encodings",
    "exec-framing",
    "file-transfer",
    "hmac-auth",
    "http",
    "json-header",
    "load/churn",
    "load/echo",
    "load/exec",
    "load/split",
    "load/stages",
    "load/udp",
    "nagle",
    "reuseaddr",
    "server-models",
    "short-recv",
    "sticky",
    "udp-chat",
    "udp-oversize",
    "udp-time",
    "unframed",
    "unix",
    "unix-restart",
];

#[test]
fn every_file_is_registered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/services");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            path.file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .replace('_', "-")
        })
        .filter(|name| name != "mod")
        .collect();
    let names: BTreeSet<String> = services().iter().map(|s| s.name.to_owned()).collect();
    assert_eq!(files, names);
    assert_eq!(names.len(), services().len(), "names are unique");
}

#[test]
fn every_fault_is_named_told_and_traced() {
    for service in services() {
        let names: BTreeSet<_> = service.faults.iter().map(|f| f.name).collect();
        assert_eq!(names.len(), service.faults.len(), "{}", service.name);
        for fault in service.faults {
            let name = fault.name;
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
            assert!(
                fault.about.len() > 20 && !fault.about.ends_with('.'),
                "{name}"
            );
            assert!(!fault.seed.is_empty(), "{name}");
            for scenario in fault.caught_by {
                assert!(SCENARIOS.contains(scenario), "{name}: {scenario}");
            }
            assert_eq!(
                name.contains("two_writes"),
                !fault.sockets.nodelay,
                "{name}: two writes cost 40 ms under Nagle's algorithm only"
            );
        }
    }
    let faults: usize = services().iter().map(|s| s.faults.len()).sum();
    assert!(faults >= 45, "{faults}");
}

#[test]
fn every_fault_differs_from_the_correct_server() {
    for service in services() {
        let own: BTreeSet<_> = service.shown.iter().map(|s| s.fault).collect();
        let shared: BTreeSet<_> = habits::SHARED.iter().map(|(fault, _)| *fault).collect();
        for shown in service.shown {
            shown.check(service);
        }
        for fault in service.faults {
            let shown = [
                own.contains(fault.name),
                shared.contains(fault.name),
                habits::BY_SCENARIO.contains(&fault.name),
            ];
            assert_eq!(
                shown.iter().filter(|shown| **shown).count(),
                1,
                "`{}` of `{}` needs one counterexample in its service's `shown`",
                fault.name,
                service.name
            );
        }
        assert!(own.iter().all(|name| service.fault(name).is_some()));
    }
}

#[test]
fn habits_differ_at_the_end() {
    let echo = find("echo").unwrap();
    for (fault, events, right, wrong) in [
        (
            "spin_on_eof",
            &[In::Read(b"a"), In::End, In::End][..],
            "a continue; close",
            "a continue; spin; spin",
        ),
        ("dies_when_client_leaves", &[In::End], "close", "crash"),
        ("dies_on_reset", &[In::Broken], "close", "crash"),
        (
            "half_close_drops_reply",
            &[In::Read(b"a"), In::End],
            "a continue; close",
            "wait; close",
        ),
        (
            "half_close_drops_reply",
            &[
                In::Read(b"a"),
                In::Idle,
                In::Read(b"b"),
                In::Read(b"c"),
                In::Idle,
            ],
            "a continue; continue; b continue; c continue; continue",
            "wait; a continue; wait; b wait; c continue",
        ),
    ] {
        let planted = echo.fault(fault).unwrap();
        let run = |planted| transcript(echo, planted, events, Runner::for_tests());
        assert_eq!(run(None), right, "{fault}");
        assert_eq!(run(Some(planted)), wrong, "{fault}");
    }
}

#[test]
fn an_unknown_name_gets_suggestions() {
    let error = find("uper").unwrap_err();
    assert_eq!(error.suggestions.first(), Some(&"upper"));
    assert!(error.to_string().contains("did you mean upper"), "{error}");
    let error = find("zzz").unwrap_err().to_string();
    assert!(
        error.contains("`zzz`") && error.contains("they are echo, upper"),
        "{error}"
    );
}

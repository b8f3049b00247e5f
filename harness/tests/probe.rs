//! `harness probe`: what it finds in targets that nobody described, and what it refuses to judge.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::path::PathBuf;
use std::process::Output;

use common::{HARNESS, cases, harness, text};
use harness::run::{Run, Verdict};

/// A reference server as a command that the probe knows nothing of.
fn server(name: &str, fault: Option<&str>) -> String {
    let fault = fault.map_or_else(String::new, |f| format!(" --fault {f}"));
    format!("{HARNESS} serve {name} --listen tcp://127.0.0.1:{{port}}{fault}")
}

fn probe(start: &str, args: &[&str]) -> (Output, Option<Run>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("run.json");
    let report = format!("json={}", file.display());
    let mut all = vec!["probe", "--start", start, "--report", &report];
    all.extend(args);
    let output = harness(&all);
    (output, harness::report::read(&file).ok())
}

/// The ids of the cases with one of these verdicts.
fn with(run: &Run, verdicts: &[Verdict]) -> Vec<String> {
    cases(run)
        .filter(|c| verdicts.contains(&c.verdict))
        .map(|c| c.id.clone())
        .collect()
}

const RED: [Verdict; 2] = [Verdict::Fail, Verdict::Warn];
const LINES: [&str; 4] = ["--send", "grüße\\n", "--send", "second\\n"];

#[test]
fn a_right_server_passes_and_its_scenario_can_be_kept() {
    let dir = tempfile::tempdir().unwrap();
    let kept: PathBuf = dir.path().join("kept.yaml");
    let kept = kept.to_str().unwrap();
    let mut args = LINES.to_vec();
    args.extend(["--save", kept]);
    let (output, run) = probe(&server("upper", None), &args);
    let run = run.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let passed = with(&run, &[Verdict::Pass]);
    assert_eq!(passed.len(), cases(&run).count(), "{}", text(&output));
    assert!(cases(&run).all(|c| !c.unproved), "{}", text(&output));
    for args in [["check", kept], ["run", kept]] {
        let again = harness(&args);
        assert_eq!(again.status.code(), Some(0), "{}", text(&again));
    }
}

#[test]
fn each_fault_turns_the_cases_red_that_show_it() {
    for (service, fault, args, red) in [
        ("upper", "dies_on_cut_character", &LINES[..], "probe.cut"),
        ("upper", "overread_dropped", &LINES[..], "probe.merge"),
        (
            "upper",
            "half_close_drops_reply",
            &LINES[..],
            "probe.half_close",
        ),
        ("upper", "dies_on_reset", &LINES[..], "probe.reset_inside"),
        ("upper", "decoder_shared", &LINES[..], "probe.fin_inside"),
        (
            "upper",
            "one_client_at_a_time",
            &LINES[..],
            "probe.stops_inside",
        ),
        ("upper", "no_reuseaddr", &LINES[..], "probe.restart"),
        (
            "exec",
            "header_assumed_whole",
            &["--frame", "u32be", "--send", "echo a"][..],
            "probe.cut",
        ),
    ] {
        let (output, run) = probe(&server(service, Some(fault)), args);
        let run = run.unwrap_or_else(|| panic!("{service}:{fault}\n{}", text(&output)));
        let found = with(&run, &RED);
        assert!(
            found.iter().any(|id| id == red),
            "{service}:{fault}: {found:?}\n{}",
            text(&output)
        );
    }
}

#[test]
fn datagrams_are_probed_too() {
    let start =
        |fault: &str| format!("{HARNESS} serve udp-upper --listen udp://127.0.0.1:{{port}}{fault}");
    let args = ["--udp", "--send", "hello"];
    let (output, _) = probe(&start(""), &args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let (output, run) = probe(&start(" --fault empty_datagram_ends_loop"), &args);
    let run = run.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(with(&run, &RED), ["probe.empty"], "{}", text(&output));
}

#[test]
fn what_cannot_be_compared_is_not_judged() {
    let refused = |start: &str, args: &[&str], code: i32, says: &str| {
        let (output, run) = probe(start, args);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        assert!(run.is_none(), "something ran: {}", text(&output));
        assert!(text(&output).contains(says), "{says}: {}", text(&output));
    };
    let upper = server("upper", None);
    let quick = ["--timeout", "300ms", "--greeting", "1ms"];
    // The frame is not the target's: what it answers is none.
    refused(
        &server("reverse", None),
        &[&["--send", "a\\n", "--frame", "u32be"][..], &quick].concat(),
        2,
        "--frame does not describe this target",
    );
    // A line without its end gets no answer.
    refused(
        &upper,
        &[&["--send", "a"][..], &quick].concat(),
        3,
        "gets no answer",
    );
    refused(
        "no-such-program {port}",
        &["--send", "a"],
        3,
        "could not be started",
    );
    refused(&upper, &[], 2, "nothing is to be sent");
    refused(&upper, &["--send", "\\q"], 2, "`\\q` is not known");
    refused(&upper, &["--send-hex", "0"], 2, "not pairs");
    refused(
        &upper,
        &["--send", "a", "--frame", "u33be"],
        2,
        "--frame u33be",
    );
    refused("upper", &["--send", "a"], 2, "does not say where to listen");
}

/// A server that greets, wants a login first, and knows one client of a name at a time.
const LOGIN: &str = r#"
import socket, sys, threading
here = {}
def serve(c):
    c.sendall(b"welcome\n")
    buffer, name = b"", None
    while True:
        try: data = c.recv(4096)
        except OSError: return
        if not data: return c.close()
        buffer += data
        while b"\n" in buffer:
            line, buffer = buffer.split(b"\n", 1)
            if line.startswith(b"login "):
                if name: return c.close()
                name = line[6:]
                old, here[name] = here.get(name), c
                if old:
                    try: old.shutdown(socket.SHUT_RDWR)
                    except OSError: pass
                c.sendall(b"ok\n")
            elif name: c.sendall(b"you are " + name + b"\n")
            else: c.sendall(b"who are you\n")
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
s.listen(64)
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
"#;

#[test]
fn a_conversation_with_greeting_and_login_is_probed_in_its_order() {
    if !common::has_python("a server that wants a login") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("login.py");
    std::fs::write(&program, LOGIN).unwrap();
    let start = format!("python3 {} {{port}}", program.display());
    let args = [
        "--send",
        "login me\\n",
        "--send",
        "who\\n",
        "--greeting",
        "5s",
    ];
    let (output, run) = probe(&start, &args);
    let run = run.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(with(&run, &RED), [] as [&str; 0], "{}", text(&output));
    let ids: Vec<&str> = cases(&run).map(|c| c.id.as_str()).collect();
    for id in ["probe.cut_m1", "probe.cut_m2", "probe.merge_m2"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
    assert!(!ids.contains(&"probe.merge_m1"), "{ids:?}");
    assert!(text(&output).contains("a second client ends the first one's"));
}

//! Conversations whose messages follow from one another, against a server that checks them: random
//! challenges, computed proofs, ids, fields that change, replies in any order.
//!
//! The server is a Python program of its own, `hostile/speaker.py`, so that no error of the harness
//! cancels itself out. Where there is no `python3`, the tests say so and pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a helper that fails is a test that fails; a skipped test says so"
)]
#![allow(dead_code, reason = "the stage serves other tests too")]

mod common;
#[path = "hostile/stage.rs"]
mod stage;

use harness::run::Verdict;
use stage::{Done, Stage, python};

/// How the server speaks.
const SPEAKS: &str = "\
timeout: 3s
frames:
  challenge: [{nonce: {bytes: {size: 16}}}]
  response: [{proof: {bytes: {size: 32}}}]
  welcome: [{status: u8}, {proof: {text: {size: 32}}}]
  ask: [{tid: {u16be: {id: true}}}, {length: {u16be: {size_of: [body]}}}, {body: bytes}]
  answer:
    - tid: {u16be: {id: true}}
    - length: {u16be: {size_of: [body]}}
    - clock: {bytes: {size: 8}}
    - body: bytes
volatile: [challenge.nonce, answer.clock]
opening:
  - challenge: {reply: {challenge: learned}}
  - login:
      request: {response: {hmac: {algorithm: sha256, key: secret, of: [client, \"{challenge.reply.nonce}\"]}}}
      reply:
        welcome:
          status: 0
          proof: {hmac: {algorithm: md5, key: secret, of: [\"{challenge.reply.nonce}{request.proof}\"], as: hex}}
exchanges:
  - hello: {request: {ask: hello}, reply: {answer: learned}}
  - given: {request: {ask: abc}, reply: {answer: {clock: xxxxxxxx, body: ABC}}}
";

const WHOLE: &str = "  - {id: c, title: t}\n";
const MERGED: &str = "  - {id: c, title: t, deliver: [{merge: {messages: 3}}]}\n";

/// How the server that remembers speaks.
const NOTES: &str = "\
timeout: 3s
frames: {line: {delimiter: {bytes: \"\\n\"}}}
opening:
  - hello: {reply: {line: HELLO}}
  - login: {request: {line: LOGIN me}, reply: []}
exchanges:
  - add: {request: {line: ADD x}}
  - clear: {request: {line: CLEAR}, reply: {line: OK}}
";

/// A run against the server in this mode.
fn run(mode: &str, speaks: &str, cases: &str) -> Done {
    run_program(
        "speaker.py",
        include_str!("hostile/speaker.py"),
        mode,
        speaks,
        cases,
    )
}

/// The same against the server that remembers.
fn notes(mode: &str, speaks: &str, cases: &str) -> Done {
    run_program(
        "notebook.py",
        include_str!("hostile/notebook.py"),
        mode,
        speaks,
        cases,
    )
}

fn run_program(name: &str, text: &str, mode: &str, speaks: &str, cases: &str) -> Done {
    let argv = format!("[python3, ./{name}, {mode}, \"{{port}}\"]");
    let stage = Stage::new(
        &format!("start: {{argv: {argv}, within: 30s}}\n{speaks}"),
        cases,
    );
    std::fs::write(stage.path(name), text).unwrap();
    stage.run()
}

#[test]
fn a_right_server_passes_under_every_delivery() {
    if !python() {
        return;
    }
    let all = "  - {id: c, title: t, deliver: [whole, each_cut, field_pairs, each_byte, {merge: {messages: \"2..3\", plus: half}}]}\n";
    let done = run("right", SPEAKS, all);
    done.is(Verdict::Pass);
    let coverage = &done.case().coverage;
    assert_eq!(coverage.planned, coverage.delivered);
    assert_eq!(coverage.classes["each_cut"].planned, 8 + 6);
}

#[test]
fn a_digest_is_computed_from_what_was_said_and_compared_with_it() {
    if !python() {
        return;
    }
    // The proof of the client is refused: the first byte says so.
    let done = run("other_key", SPEAKS, WHOLE);
    done.is(Verdict::Fail)
        .kind("wrong answer")
        .says(&["exchange `login`"]);
    // The proof of the server does not cover the challenge.
    let done = run("proof_without_nonce", SPEAKS, WHOLE);
    done.is(Verdict::Fail)
        .kind("wrong answer")
        .says(&["exchange `login`"]);
}

#[test]
fn ids_are_repeated_by_replies() {
    if !python() {
        return;
    }
    for mode in ["wrong_id", "no_id"] {
        let done = run(mode, SPEAKS, WHOLE);
        done.is(Verdict::Fail).kind("wrong id").says(&[
            "exchange `hello`",
            "repeats its id",
            "which no request",
        ]);
    }
}

#[test]
fn a_field_that_changes_is_named_with_the_line_to_add() {
    if !python() {
        return;
    }
    let given = SPEAKS.find("  - given").unwrap();
    let silent = SPEAKS[..given].replace(", answer.clock]", "]");
    let done = run("right", &silent, WHOLE);
    done.is(Verdict::Inconclusive);
    let reason = done.case().reason.clone().unwrap();
    assert!(
        reason.contains("the field `clock` of the frame `answer`"),
        "{reason}"
    );
    assert!(
        reason.contains("add `volatile: [answer.clock]` to the profile `t`"),
        "{reason}"
    );
}

#[test]
fn replies_come_in_any_order_only_where_that_is_said() {
    if !python() {
        return;
    }
    let any = format!("order: any\n{SPEAKS}");
    run("right", &any, MERGED).is(Verdict::Pass);
    run("reversed", &any, MERGED).is(Verdict::Pass);
    let strict = run("reversed", SPEAKS, MERGED);
    strict
        .is(Verdict::Fail)
        .kind("reordered reply")
        .says(&["which was asked later"]);
}

#[test]
fn missing_duplicate_and_stray_replies_are_named() {
    if !python() {
        return;
    }
    let any = format!("order: any\n{SPEAKS}");
    let missing = run("missing", &any, MERGED);
    missing
        .is(Verdict::Fail)
        .kind("missing reply")
        .says(&["`hello` (request 1)"]);
    for speaks in [SPEAKS, &any] {
        run("duplicate", speaks, MERGED)
            .is(Verdict::Fail)
            .kind("duplicate reply")
            .says(&["has its reply already"]);
        run("stray", speaks, MERGED)
            .is(Verdict::Fail)
            .kind("wrong id")
            .says(&["which no request on this connection has"]);
    }
}

#[test]
fn a_request_of_unknown_length_is_cut_as_its_control_was_long() {
    if !python() {
        return;
    }
    // The text of `welcome` has a length of its own here, which the plan does not know.
    let speaks = SPEAKS
        .replace("{proof: {text: {size: 32}}}", "{proof: {text: {size: 31}}}, {last: {bytes: {size: 1}}}")
        .replace("reply:\n        welcome:\n          status: 0\n          proof: {hmac: {algorithm: md5, key: secret, of: [\"{challenge.reply.nonce}{request.proof}\"], as: hex}}", "reply: {welcome: learned}")
        .replace("answer.clock]", "answer.clock, welcome.proof, welcome.last]")
        .replace("{ask: abc}", "{ask: \"{port} abc\"}")
        .replace("body: ABC", "body: \"{port} ABC\"");
    let case = "  - {id: c, title: t, deliver: [each_cut]}\n";
    let done = run("right", &speaks, case);
    done.is(Verdict::Pass);
    let case = done.case();
    let port = case
        .target
        .address
        .as_ref()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .len();
    let planned = (4 + 5 - 1) + (4 + port + 4 - 1);
    assert_eq!(case.coverage.planned, planned as u64);
    assert_eq!(case.coverage.delivered, planned as u64);
    assert!(
        case.notes
            .iter()
            .any(|n| n.contains("its length is known only once it was said"))
    );
    let done = run(
        "one_read",
        &speaks,
        "  - {id: c, title: t, deliver: [each_cut]}\n",
    );
    done.is(Verdict::Fail);
}

#[test]
fn exchanges_bring_a_target_back_before_each_delivery() {
    if !python() {
        return;
    }
    let case = "  - {id: c, title: t, steps: [{play: {exchanges: [add]}}], deliver: [each_cut]}\n";
    let forgets = format!("reset: {{exchanges: [clear]}}\nidempotent: false\n{NOTES}");
    let done = notes("right", &forgets, case);
    done.is(Verdict::Pass);
    assert_eq!(done.case().coverage.delivered, 5);
    // What was said before counts: the order of the control is kept.
    let all = "  - {id: c, title: t, deliver: [each_cut, each_byte, {merge: {messages: \"2..\", plus: half}}]}\n";
    let three = format!("{forgets}  - again: {{request: {{line: ADD y}}}}\n");
    let done = notes("right", &three, all);
    done.is(Verdict::Pass);
    assert_eq!(done.case().coverage.classes["merge"].delivered, 2);
    // Without it, two controls differ already.
    notes("right", NOTES, case).is(Verdict::Inconclusive);
    let wrong = forgets.replace("reply: {line: OK}", "reply: {line: NOPE}");
    let done = notes("right", &wrong, case);
    done.is(Verdict::Inconclusive)
        .says(&["the exchanges of `reset`"]);
}

#[test]
fn a_request_may_follow_the_end_of_the_opening_at_once() {
    if !python() {
        return;
    }
    let case = "  - {id: c, title: t, deliver: [{merge: {messages: 2}}]}\n";
    let speaks = NOTES.replace("  - add: {request: {line: ADD x}}\n", "");
    let done = notes("right", &speaks, case);
    done.is(Verdict::Pass);
    assert_eq!(done.case().coverage.proved, 2);
    let done = notes("greedy", &speaks, case);
    done.is(Verdict::Fail)
        .says(&["the opening's last message (`login`) and request `clear` in one write"]);
    assert_eq!(done.case().coverage.failed, 1);
}

#[test]
fn steps_name_frames_and_what_was_said() {
    if !python() {
        return;
    }
    let steps = |steps: &str| format!("  - {{id: c, title: t, steps: [{steps}]}}\n");
    let said = "{play: {exchanges: [clear], on: a}}, {send: {message: {line: \"ADD {hello.reply.body}\"}}}, {recv: {message: {line: \"1\"}}}";
    notes("right", NOTES, &steps(said)).is(Verdict::Pass);
    let wrong = said.replace("line: \"1\"", "line: \"{login.request.body}\"");
    let done = notes("right", NOTES, &steps(&wrong));
    done.is(Verdict::Fail)
        .says(&["\"LOGIN me\\n\"", "\"1\\n\""]);
    let early = "{connect: a}, {send: \"{hello.reply.body}\"}";
    notes("right", NOTES, &steps(early))
        .is(Verdict::Inconclusive)
        .says(&["`{hello.reply.body}`", "was not seen on this"]);
}

#[test]
fn ids_and_references_hold_over_every_transport() {
    let speaks = "\
frames: {ask: [{tid: {u16be: {id: true}}}, {size: {u8: {size_of: [body]}}}, {body: bytes}]}
opening: [{first: {request: {ask: \"{conn}\"}}}]
volatile: [ask.body]
exchanges:
  - taught: {request: {ask: \"{first.reply.body}\"}}
  - given: {request: {ask: a}, reply: {ask: {tid: \"{request.tid}\", body: \"{request.body}\"}}}
";
    for (builtin, deliver) in [("echo", "[each_cut]"), ("udp-echo", "[whole]")] {
        let case = format!("  - {{id: c, title: t, deliver: {deliver}}}\n");
        let transport = if builtin == "udp-echo" {
            "transport: udp\n"
        } else {
            ""
        };
        let profile = format!("builtin: {builtin}\n{transport}{speaks}");
        Stage::new(&profile, &case).run().is(Verdict::Pass);
        let wrong = profile.replace("{request.tid}", "{first.request.tid}");
        Stage::new(&wrong, &case).run().is(Verdict::Fail);
    }
}

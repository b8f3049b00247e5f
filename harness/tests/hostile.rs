//! Targets that misbehave: the harness keeps its own bounds, says what happened, and leaves no
//! process behind.
//!
//! Most of them are modes of one Python program, `hostile/target.py`. Where there is no `python3`,
//! the tests that need it say so and pass.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a helper that fails is a test that fails; a skipped test says so"
)]

mod common;
#[path = "hostile/stage.rs"]
mod stage;

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::command;
use harness::run::Verdict;
use nix::sys::signal::{Signal, kill};
use stage::{PATIENCE, Stage, python};

/// What a target speaks: each line answered in capital letters.
const LINES: &str = "\
timeout: 2s
frames: {line: {delimiter: {bytes: \"\\n\"}}}
exchanges:
  - hello: {request: {line: hello}, reply: {line: HELLO}}
  - world: {request: {line: world}, reply: {line: WORLD}}
";

/// The same with answers that have to be learned.
const LEARNED: &str = "\
timeout: 2s
frames: {line: {delimiter: {bytes: \"\\n\"}}}
exchanges:
  - hello: {request: {line: hello}}
  - world: {request: {line: world}}
";

/// Answers without boundaries.
const RAW: &str = "\
timeout: 2s
frames: {any: raw}
exchanges:
  - hello: {request: {any: \"hello\\n\"}}
";

/// Records with a length of four bytes before each.
const RECORDS: &str = "\
timeout: 2s
frames: {rec: {length_prefix: {type: u32be, counts: body}}}
exchanges:
  - hello: {request: {rec: hello}}
";

const WHOLE: &str = "  - {id: c, title: t}\n";
const SWEEP: &str = "  - {id: c, title: t, deliver: [each_cut]}\n";

#[test]
fn one_that_never_listens_is_not_judged() {
    if !python() {
        return;
    }
    let done = Stage::python("never_listens", LINES, WHOLE).run();
    done.is(Verdict::Inconclusive).says(&[
        "python3",
        "never_listens",
        "300ms",
        "listens on tcp://127.0.0.1:",
    ]);
}

#[test]
fn what_a_target_said_before_it_failed_to_start_is_told() {
    if !python() {
        return;
    }
    let done = Stage::python("exits", LINES, WHOLE).run();
    done.is(Verdict::Inconclusive)
        .says(&["python3", "exit status 3", "no such key: colour"]);
    let done = Stage::python("escapes", LINES, WHOLE).run();
    done.is(Verdict::Inconclusive)
        .says(&["exit status 4", "red"]);
    assert!(
        done.stdout.len() < 10_000,
        "one line of 50,000 characters is cut"
    );
    let shell = "start: {argv: [sh, -c, \"echo thinking >&2; exec sleep 100\", \"{port}\"], within: 300ms}\n";
    let done = Stage::new(&format!("{shell}{LINES}"), WHOLE).run();
    done.is(Verdict::Inconclusive).says(&["thinking", "300ms"]);
}

#[test]
fn one_that_cannot_be_executed_is_named() {
    let stage = Stage::new(
        &format!("start: [./no-such-program, \"{{port}}\"]\n{LINES}"),
        WHOLE,
    );
    stage
        .run()
        .is(Verdict::Inconclusive)
        .says(&["./no-such-program", "ENOENT"]);
    let stage = Stage::new(
        &format!("start: [./data.txt, \"{{port}}\"]\n{LINES}"),
        WHOLE,
    );
    std::fs::write(stage.path("data.txt"), "no program").unwrap();
    stage
        .run()
        .is(Verdict::Inconclusive)
        .says(&["./data.txt", "EACCES"]);
}

#[test]
fn floods_are_cut_off() {
    if !python() {
        return;
    }
    for speaks in [LINES, LEARNED, RAW, RECORDS] {
        for mode in ["flood_unasked", "flood_answer", "dribble"] {
            let done = Stage::python(mode, speaks, SWEEP).run();
            // On a busy machine a pause may come, as after a whole answer; then another one.
            if mode == "dribble" && speaks == RAW && done.code == Some(3) {
                done.is(Verdict::Inconclusive).says(&["different answers"]);
            } else {
                done.is(Verdict::Fail);
            }
            done.within(40);
        }
    }
    let steps =
        "  - {id: c, title: t, steps: [{connect: a}, {send: \"x\\n\"}, {recv: {regex: \"^z\"}}]}\n";
    let done = Stage::python("flood_answer", LINES, steps).run();
    done.is(Verdict::Fail)
        .kind("endless answer")
        .says(&["cut off"]);
    // Deliveries that pass, until the sweep brings one that floods, in many of them.
    let done = Stage::python("flood_answer", LINES, "  - {id: c, title: t, steps: [{repeat: {times: 3, steps: [{connect: a}, {send: \"x\\n\"}, {recv: {size: 8MiB}}, {close: a}]}}]}\n").run();
    done.is(Verdict::Pass);
}

#[test]
fn lengths_that_are_lies_are_refused() {
    if !python() {
        return;
    }
    for mode in ["bomb_silent", "bomb_talking"] {
        let done = Stage::python(mode, RECORDS, SWEEP).run();
        done.is(Verdict::Fail)
            .kind("invalid frame")
            .says(&["2147483648"])
            .within(20);
    }
    Stage::python("garbage", RECORDS, WHOLE)
        .run()
        .is(Verdict::Fail)
        .kind("invalid frame");
    Stage::python("garbage", LINES, WHOLE)
        .run()
        .is(Verdict::Fail)
        .kind("wrong answer");
}

#[test]
fn broken_conversations_fail_by_name() {
    if !python() {
        return;
    }
    // What is closed with bytes unread goes out as RST, so that either may be seen.
    let broken = &["closed", "connection failed"][..];
    for (mode, speaks, kinds) in [
        ("close_at_once", LINES, broken),
        ("reset_mid_reply", LINES, broken),
        ("twice", LINES, &["wrong answer"]),
        // Whole requests get the right answers: only the cuts show it.
        ("early", LEARNED, &["wrong answer", "stray bytes"]),
        ("silent", LINES, &["hang"]),
        ("spins", LINES, &["hang"]),
    ] {
        let done = Stage::python(mode, speaks, SWEEP).run();
        done.is(Verdict::Fail).within(40);
        let found = done.case().failures.iter().map(|f| f.kind.as_str());
        let others: Vec<&str> = found.filter(|k| !kinds.contains(k)).collect();
        assert!(others.is_empty(), "{mode}: {others:?}\n{}", done.stdout);
        if mode == "early" {
            assert!(done.case().coverage.delivered > 1, "{}", done.stdout);
        }
    }
}

#[test]
fn one_that_is_slow_but_right_passes() {
    if !python() {
        return;
    }
    let done = Stage::python(
        "slow",
        LEARNED,
        "  - {id: c, title: t, deliver: [each_cut, each_byte]}\n",
    )
    .run();
    done.is(Verdict::Pass);
    assert_eq!(done.case().coverage.delivered, done.case().coverage.planned);
}

#[test]
fn one_that_never_reads_does_not_hold_a_write_up() {
    if !python() {
        return;
    }
    let speaks = LINES.replace("timeout: 2s", "timeout: 500ms");
    let steps = "  - {id: c, title: t, steps: [{connect: a}, {send: {whole: {fill: {byte: 0x61, size: 16MiB}}}}]}\n";
    let done = Stage::python("never_reads", &speaks, steps).run();
    done.is(Verdict::Fail)
        .says(&["send on a", "nothing more within"])
        .within(15);
}

#[test]
fn a_crash_in_mid_sweep_is_told_and_the_sweep_goes_on() {
    if !python() {
        return;
    }
    // Five cuts, whole, and the control: the fifth guest comes once, and with it the death.
    for cases in [
        SWEEP,
        "  - {id: c, title: t, deliver: [each_cut, each_byte, {random: {runs: 30}}]}\n",
    ] {
        let done = Stage::python("dies_on_fifth", LINES, cases).run();
        done.is(Verdict::Fail)
            .kind("crash")
            .says(&["exit status 7", "the fifth guest"]);
        assert!(done.case().coverage.delivered > 5, "{}", done.stdout);
    }
    let done = Stage::python("segfaults", LINES, SWEEP).run();
    done.is(Verdict::Fail)
        .kind("crash")
        .says(&["SIGSEGV", "a null pointer"]);
}

#[test]
fn a_target_that_a_delivery_broke_for_good_is_not_excused_by_the_control() {
    if !python() {
        return;
    }
    let done = Stage::python("breaks_for_good", LEARNED, SWEEP).run();
    done.is(Verdict::Fail)
        .kind("hang")
        .says(&["control exchange"]);
}

#[test]
fn whatever_a_target_leaves_behind_is_gone() {
    if !python() {
        return;
    }
    for mode in ["deaf", "children", "daemons", "respawns", "daemonises"] {
        let done = Stage::python(mode, LINES, SWEEP).run();
        done.is(Verdict::Pass).within(60);
        assert_eq!(done.case().coverage.delivered, done.case().coverage.planned);
    }
}

#[test]
fn what_loses_its_guard_is_ended_too() {
    if !python() {
        return;
    }
    let done = Stage::python("kills_its_guard", LINES, WHOLE).run();
    done.is(Verdict::Fail).within(60);
    assert!(done.stderr.contains("lost their guard"), "{}", done.stderr);
}

#[test]
fn one_that_serves_one_client_is_started_for_each() {
    if !python() {
        return;
    }
    // The control, sent before the sweep, is a client too.
    let speaks = format!("reset: restart\n{LEARNED}");
    let done = Stage::python("one_client", &speaks, SWEEP).run();
    done.is(Verdict::Pass);
    assert_eq!(done.case().coverage.delivered, done.case().coverage.planned);
}

#[test]
fn output_without_end_blocks_nobody() {
    if !python() {
        return;
    }
    let done = Stage::python("chatty", LINES, WHOLE).run();
    done.is(Verdict::Pass);
    let done = Stage::python("chatty", &LINES.replace("HELLO", "NOT THIS"), WHOLE).run();
    done.is(Verdict::Fail).says(&["that was all"]);
    assert!(
        done.stdout.len() < 40_000,
        "{} bytes of report",
        done.stdout.len()
    );
}

#[test]
fn datagrams_without_an_answer_fail() {
    if !python() {
        return;
    }
    let udp = "transport: udp\ntimeout: 500ms\nframes: {any: raw}\nexchanges:\n  - hello: {request: {any: hello}, reply: {any: HELLO}}\n";
    Stage::python("udp_silent", udp, WHOLE)
        .run()
        .is(Verdict::Fail)
        .kind("hang");
    let done = Stage::python("udp_dies", udp, WHOLE).run();
    done.is(Verdict::Fail)
        .kind("crash")
        .says(&["exit status 9", "a datagram killed me"]);
}

#[test]
fn an_address_where_nobody_is_cannot_be_judged() {
    // A port below ip_local_port_range, for which one has to be root: tcpmux, used by nobody.
    for url in ["tcp://127.0.0.1:1", "udp://127.0.0.1:1"] {
        let speaks = "timeout: 1s\nframes: {any: raw}\nexchanges:\n  - hello: {request: {any: hello}, reply: {any: HELLO}}\n";
        for case in [
            WHOLE,
            "  - {id: c, title: t, steps: [{connect: a}, {send: x}, {recv: y}]}\n",
        ] {
            let done = Stage::new(&format!("connect: {url}\n{speaks}"), case).run();
            done.is(Verdict::Inconclusive)
                .says(&["ECONNREFUSED", url])
                .within(10);
        }
    }
    let speaks =
        "frames: {any: raw}\nexchanges:\n  - hello: {request: {any: hello}, reply: {any: HELLO}}\n";
    let done = Stage::new(
        &format!("connect: \"unix:///no/such/socket\"\n{speaks}"),
        WHOLE,
    )
    .run();
    done.is(Verdict::Inconclusive)
        .says(&["ENOENT", "/no/such/socket"]);
}

#[test]
fn the_death_of_the_harness_takes_its_targets_along() {
    if !python() {
        return;
    }
    for mode in ["silent", "daemons", "deaf"] {
        let speaks = LINES.replace("timeout: 2s", "timeout: 60s");
        let stage = Stage::python(
            mode,
            &speaks,
            "  - {id: c, title: t, steps: [{connect: a}, {silence: 60s}]}\n",
        );
        let mut running = stage.start();
        running.await_target("target.py");
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        common::await_none_with(&running.marker, Duration::from_secs(60));
    }
}

#[test]
fn ctrl_c_while_a_target_starts_ends_the_run() {
    if !python() {
        return;
    }
    // As soon as there is a guard, and once the target itself is there.
    for early in [true, true, true, false] {
        let stage = Stage::python("never_listens", LINES, WHOLE);
        let yaml = std::fs::read_to_string(stage.path("case.yaml")).unwrap();
        std::fs::write(stage.path("case.yaml"), yaml.replace("300ms", "90s")).unwrap();
        let mut running = stage.start();
        if early {
            running.until("a guard", |marker| {
                common::processes_with(marker)
                    .iter()
                    .any(|l| l.contains("__guard"))
            });
        } else {
            running.await_target("target.py");
        }
        kill(running.pid(), Signal::SIGINT).unwrap();
        let asked = Instant::now();
        let code = running.end();
        assert!(asked.elapsed() < Duration::from_secs(20), "{asked:?}");
        let done = stage.done(running, code);
        assert_eq!(done.code, Some(130));
        assert!(done.run.partial);
        assert_eq!(
            done.case().verdict,
            Verdict::Inconclusive,
            "{}",
            done.stdout
        );
        done.says(&["interrupted"]);
    }
}

#[test]
fn ctrl_c_in_mid_sweep_accuses_nobody() {
    if !python() {
        return;
    }
    // Right, and so slow that the sweep is never through before the signal.
    let cases = "  - {id: c, title: t, deliver: [each_cut, each_byte, {random: {runs: 2000}}]}\n";
    let stage = Stage::python("slow", LINES, cases);
    let mut running = stage.start();
    running.await_target("target.py");
    // A third of a second is several deliveries. More or fewer are as good.
    let since = Instant::now();
    running.until("some deliveries", |_| {
        since.elapsed() > Duration::from_millis(300)
    });
    kill(running.pid(), Signal::SIGINT).unwrap();
    let code = running.end();
    let done = stage.done(running, code);
    assert_eq!(done.code, Some(130), "{}{}", done.stdout, done.stderr);
    assert!(done.run.partial);
    let case = done.case();
    assert_eq!(case.verdict, Verdict::Inconclusive, "{}", done.stdout);
    assert!(
        case.coverage.delivered < case.coverage.planned,
        "{}",
        done.stdout
    );
    done.says(&["interrupted"]);
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    if !python() {
        return;
    }
    // A target that ignores TERM: the first Ctrl-C waits until the step that stops it is over.
    let steps = "  - {id: c, title: t, steps: [{connect: a}, stop_target]}\n";
    let stage = Stage::python("deaf", LINES, steps);
    let mut running = stage.start();
    let termed = stage.path("target.py.termed");
    running.until("TERM", |_| std::path::Path::new(&termed).exists());
    let asked = Instant::now();
    // Two that come together are one (signal(7)): they are sent until it ends.
    while running.child.try_wait().unwrap().is_none() {
        kill(running.pid(), Signal::SIGINT).unwrap();
        assert!(asked.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(running.child.wait().unwrap().code(), Some(130));
    let results = stage.dir.path().join("out/run.json");
    assert!(!results.exists(), "the first one ended it, in good order");
    common::await_none_with(&running.marker, Duration::from_secs(60));
}

#[test]
fn a_report_that_cannot_be_written_is_known_before_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("no/such/folder.json");
    let report = format!("json={}", file.display());
    let output = common::harness(&["run", "scenarios/burst.yaml", "--report", &report]);
    assert_eq!(output.status.code(), Some(2), "{}", common::text(&output));
    assert!(output.stdout.is_empty());
    // A pipe gets the report, and nothing else.
    let fifo = dir.path().join("pipe");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let report = format!("tap={}", fifo.display());
    let mut child = command(&["run", "scenarios/burst.yaml", "--report", &report])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let lines: Vec<String> = BufReader::new(File::open(&fifo).unwrap())
        .lines()
        .map(Result::unwrap)
        .collect();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(
        lines.iter().any(|l| l.contains("burst.merged")),
        "{lines:?}"
    );
}

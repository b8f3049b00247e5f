//! The command line as a user meets it: exit codes, streams, and messages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use common::{command, harness, text};

fn code(args: &[&str]) -> Option<i32> {
    harness(args).status.code()
}

#[test]
fn usage_errors_exit_with_2_and_run_nothing() {
    for args in [
        &["run"][..],
        &["run", "no/such/file.yaml"],
        &["run", "scenarios/sticky.yaml", "--filter", "no.such.case"],
        &["run", "scenarios/sticky.yaml", "--delivery", "cut:hello@99"],
        &["run", "scenarios/sticky.yaml", "--fault", "no_such_fault"],
        &[
            "run",
            "scenarios/sticky.yaml",
            "--target",
            "tcp://192.0.2.1:7",
        ],
        &[
            "run",
            "scenarios/sticky.yaml",
            "--target",
            "http://127.0.0.1:7",
        ],
        &["run", "scenarios/sticky.yaml", "--report", "no-such-format"],
        &["serve", "no-such-server"],
        &["check", "scenarios/invalid/ten-mistakes.yaml"],
        &["explain", "no.such.case"],
        &["no-such-command"],
    ] {
        let output = harness(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output));
        assert!(output.stdout.is_empty(), "{args:?}: {}", text(&output));
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn every_command_without_side_effects_answers() {
    for (args, holds) in [
        (&["--help"][..], "harness run"),
        (&["run", "--help"], "--require-proof"),
        (&["list"], "sticky.merged"),
        (&["explain", "sticky.cut"], "RFC 9293"),
        (&["check"], "files are valid"),
        (&["schema"], "draft-07"),
        (&["schema", "--reference"], "exchanges"),
        (&["completions", "bash"], "harness"),
        (&["man"], ".TH harness"),
        (&["doctor"], "proof consumed"),
        (&["serve", "--list"], "header_assumed_whole"),
        (&["report", "x", "--format", "list"], "junit"),
    ] {
        let output = harness(args);
        let stdout = String::from_utf8_lossy(&output.stdout);
        let holds = if args == ["--help"] {
            "Run scenario files"
        } else {
            holds
        };
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output));
        assert!(stdout.contains(holds), "{args:?} lacks {holds}: {stdout}");
    }
}

#[test]
fn a_failure_names_what_to_run_again_and_that_fails_alike() {
    let output = harness(&[
        "run",
        "scenarios/exec-framing.yaml",
        "--fault",
        "header_assumed_whole",
        "--filter",
        "exec.cut",
    ]);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(stdout.contains("inside length"), "{stdout}");
    let rerun = stdout
        .lines()
        .find_map(|l| l.trim().split_once("harness run "))
        .map(|(_, rest)| rest.to_owned());
    let rerun = rerun.unwrap_or_else(|| panic!("no rerun command in {stdout}"));
    let args: Vec<String> = rerun
        .split_whitespace()
        .map(|w| w.trim_matches('\'').to_owned())
        .collect();
    let mut all = vec!["run"];
    all.extend(args.iter().map(String::as_str));
    let again = harness(&all);
    assert_eq!(again.status.code(), Some(1), "{all:?}: {}", text(&again));
    let again = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(
        again.contains("1 delivery") || again.contains("1 deliveries"),
        "{again}"
    );
}

#[test]
fn a_target_may_be_a_command_a_url_or_a_profile() {
    let mut server = command(&["serve", "upper", "--listen", "tcp://127.0.0.1:0"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let url = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|l| {
            l.split_whitespace()
                .find(|w| w.starts_with("tcp://"))
                .map(str::to_owned)
        })
        .expect("the server says where it listens");
    let by_url = harness(&[
        "run",
        "scenarios/sticky.yaml",
        "--filter",
        "sticky.cut",
        "--target",
        &url,
    ]);
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(by_url.status.code(), Some(0), "{}", text(&by_url));
    let serve = format!(
        "{} serve upper --listen tcp://127.0.0.1:{{port}}",
        common::HARNESS
    );
    let by_command = harness(&[
        "run",
        "scenarios/sticky.yaml",
        "--filter",
        "sticky.cut",
        "--target",
        &serve,
    ]);
    assert_eq!(by_command.status.code(), Some(0), "{}", text(&by_command));
    let faulty = format!("{serve} --fault one_read_one_message");
    let red = harness(&[
        "run",
        "scenarios/sticky.yaml",
        "--filter",
        "sticky.cut",
        "--target",
        &faulty,
    ]);
    assert_eq!(red.status.code(), Some(1), "{}", text(&red));
}

#[test]
fn results_are_on_stdout_and_reports_in_files() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    let output = harness(&["run", "scenarios/burst.yaml", "--seed", "7", "--out", out]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("seed"),
        "{}",
        text(&output)
    );
    let junit = std::fs::read_to_string(dir.path().join("junit.xml")).unwrap();
    assert!(junit.contains("burst.merged"), "{junit}");
    let json = dir.path().join("run.json");
    let rendered = harness(&["report", json.to_str().unwrap()]);
    assert_eq!(rendered.status.code(), Some(0), "{}", text(&rendered));
    assert!(String::from_utf8_lossy(&rendered.stdout).contains("burst.merged"));
    let run = harness::report::read(&json).unwrap();
    assert_eq!(run.seed, 7);
}

#[test]
fn exit_code_is_3_where_a_target_does_not_start() {
    for target in [
        "false {port}",
        "sleep 1000 {port}",
        "/no/such/program {port}",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let profile = dir.path().join("target.yaml");
        let argv: Vec<String> = target.split(' ').map(|w| format!("{w:?}")).collect();
        let yaml = format!(
            "target: t\nstart: {{argv: [{}], within: 300ms}}\nframes: {{any: raw}}\nexchanges:\n  - a: {{request: {{any: a}}, reply: {{any: a}}}}\n---\nscenario: s\ntarget: t\ncases:\n  - {{id: c, title: t}}\n",
            argv.join(", ")
        );
        std::fs::write(&profile, yaml).unwrap();
        let output = harness(&["run", profile.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(3), "{target}: {}", text(&output));
        let program = target.split(' ').next().unwrap();
        assert!(
            String::from_utf8_lossy(&output.stdout).contains(program),
            "{}",
            text(&output)
        );
    }
}

#[test]
fn ctrl_c_writes_what_was_known_and_leaves_no_process() {
    let dir = tempfile::tempdir().unwrap();
    let profile = dir.path().join("slow.yaml");
    std::fs::write(
        &profile,
        "target: t\nbuiltin: echo\n---\nscenario: slow\ntarget: t\ncases:\n  - id: first\n    title: quick\n    steps: [{connect: a}]\n  - id: second\n    title: waits for a minute\n    steps: [{connect: a}, {silence: 60s}]\n",
    )
    .unwrap();
    let out = dir.path().join("out");
    let marker = dir.path().display().to_string();
    let mut child = command(&[
        "run",
        profile.to_str().unwrap(),
        "--verbose",
        "--out",
        out.to_str().unwrap(),
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("first") {
        line.clear();
        assert!(
            stderr.read_line(&mut line).unwrap() > 0,
            "the run ended before its first case"
        );
    }
    let pid = i32::try_from(child.id()).unwrap();
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(pid),
        nix::sys::signal::Signal::SIGINT,
    )
    .unwrap();
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut stdout)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stdout}");
    let run = harness::report::read(&out.join("run.json")).unwrap();
    assert!(run.partial);
    assert!(common::cases(&run).any(|c| c.id == "first"));
    assert!(out.join("junit.xml").exists());
    assert_eq!(common::processes_with(&marker), Vec::<String>::new());
}

#[test]
fn a_filter_takes_ids_and_tags() {
    assert_eq!(
        code(&["run", "scenarios/burst.yaml", "--filter", "burst.bytes"]),
        Some(0)
    );
    assert_eq!(
        code(&["run", "scenarios/sticky.yaml", "--filter", "demonstration"]),
        Some(0)
    );
}

#[test]
fn every_invalid_sample_is_refused_by_the_program_too() {
    let mut samples = 0;
    for entry in std::fs::read_dir(common::root().join("scenarios/invalid")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        samples += 1;
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let output = harness(&["check", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{name}: {}", text(&output));
        assert!(output.stdout.is_empty(), "{name}: {}", text(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        // A file that uses a broken one has its mistakes told where they stand.
        let named = stderr.contains(&name) || name.starts_with("use-");
        assert!(named && stderr.contains(".yaml"), "{name}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
    assert!(samples > 100, "{samples} samples were found");
}

#[test]
fn folders_are_searched_without_what_is_meant_to_be_invalid() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let valid = |name: &str| {
        format!(
            "target: t\nbuiltin: echo\n---\nscenario: {name}\ntarget: t\ncases:\n  - {{id: {name}, title: t, steps: [{{connect: a}}]}}\n"
        )
    };
    std::fs::create_dir_all(dir.path().join("below/invalid")).unwrap();
    std::fs::create_dir_all(dir.path().join("invalid")).unwrap();
    std::fs::write(at("one.yaml"), valid("one")).unwrap();
    std::fs::write(at("below/two.yaml"), valid("two")).unwrap();
    std::fs::write(at("invalid/three.yaml"), "cases: nonsense\n").unwrap();
    std::fs::write(at("below/invalid/four.yaml"), "{{{{").unwrap();
    for command in ["check", "list", "run"] {
        let output = harness(&[command, &at("")]);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command}: {}",
            text(&output)
        );
    }
    let listed = text(&harness(&["list", &at("")]));
    assert!(listed.contains("one") && listed.contains("two"), "{listed}");
    assert_eq!(code(&["check", &at("invalid")]), Some(2));
    assert_eq!(code(&["check", &at("below/invalid/four.yaml")]), Some(2));
    // One bad file among good ones: nothing is run.
    std::fs::write(at("five.yaml"), "cases: nonsense\n").unwrap();
    let output = harness(&["run", &at("")]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(output.stdout.is_empty(), "{}", text(&output));
}

#[test]
fn a_hundred_files_are_checked_in_one_go() {
    let dir = tempfile::tempdir().unwrap();
    for n in 0..100 {
        let exchanges: String = (0..10)
            .map(|i| {
                format!(
                    "  - e{i}: {{request: {{line: \"msg {i}\"}}, reply: {{line: \"MSG {i}\"}}}}\n"
                )
            })
            .collect();
        let cases: String = (0..10)
            .map(|i| format!("  - id: f{n}.c{i}\n    title: case {i}\n    cite: [RFC 9293 section 3.7]\n    deliver: [each_cut, {{random: {{runs: 20}}}}]\n"))
            .collect();
        let text = format!(
            "target: t\nbuiltin: echo\nframes: {{line: {{delimiter: {{bytes: \"\\n\"}}}}}}\nexchanges:\n{exchanges}---\nscenario: s{n}\ntarget: t\ncases:\n{cases}"
        );
        std::fs::write(dir.path().join(format!("{n}.yaml")), text).unwrap();
    }
    let output = harness(&["check", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(
        text(&output).contains("100 files are valid: 100 scenarios with 1000 cases"),
        "{}",
        text(&output)
    );
}

#[test]
fn bombs_are_refused_soon_and_in_little_memory() {
    let dir = tempfile::tempdir().unwrap();
    let mut bomb = String::from("target: &l0 lol\n");
    for level in 1..10 {
        let before = vec![format!("*l{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("k{level}: &l{level} [{before}]\n"));
    }
    let deep = format!("target: {}x{}\n", "[".repeat(20_000), "]".repeat(20_000));
    let stairs: String = (0..2000)
        .map(|n| format!("{}a:\n", " ".repeat(n)))
        .collect();
    let many = format!("target: [{}]\n", "a, ".repeat(1_000_000));
    std::fs::write(dir.path().join("bomb.yaml"), bomb).unwrap();
    std::fs::write(dir.path().join("deep.yaml"), deep).unwrap();
    std::fs::write(dir.path().join("stairs.yaml"), stairs).unwrap();
    std::fs::write(dir.path().join("many.yaml"), many).unwrap();
    let huge = std::fs::File::create(dir.path().join("huge.yaml")).unwrap();
    huge.set_len(100_000_000).unwrap();
    for (file, says) in [
        ("bomb.yaml", "20000 values"),
        ("deep.yaml", "recursion limit"),
        ("stairs.yaml", "recursion limit"),
        ("many.yaml", "20000 values"),
        ("huge.yaml", "4 MiB"),
    ] {
        let path = dir.path().join(file);
        for command_word in ["check", "run"] {
            let began = std::time::Instant::now();
            let status = command(&[command_word, path.to_str().unwrap()])
                .stdout(Stdio::null())
                .stderr(std::fs::File::create(dir.path().join("stderr")).unwrap())
                .status()
                .unwrap();
            let stderr = std::fs::read_to_string(dir.path().join("stderr")).unwrap();
            assert_eq!(status.code(), Some(2), "{file}: {stderr}");
            assert!(stderr.contains(says), "{file} lacks {says}: {stderr}");
            assert!(
                stderr.len() < 100_000,
                "{file}: {} bytes of errors",
                stderr.len()
            );
            // Unoptimised, on a busy machine; what it guards against takes minutes and gigabytes.
            assert!(
                began.elapsed().as_secs() < 20,
                "{file}: {:?}",
                began.elapsed()
            );
            let peak = common::peak_kib();
            assert!(peak < 150 << 10, "{file}: {peak} KiB");
        }
    }
}

#[test]
fn a_budget_ends_the_run_and_what_is_left_is_not_judged() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("long.yaml");
    let case = |id: &str| {
        format!("  - {{id: {id}, title: t, steps: [{{connect: a}}, {{silence: 60s}}]}}\n")
    };
    let cases: String = ["first", "second"].map(case).concat();
    let text_of_file =
        format!("target: t\nbuiltin: echo\n---\nscenario: s\ntarget: t\ncases:\n{cases}");
    std::fs::write(&file, text_of_file).unwrap();
    let (output, result) = common::run(&[file.to_str().unwrap(), "--budget", "300ms"]);
    let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(!result.partial, "nobody interrupted it");
    let reasons: Vec<String> = common::cases(&result)
        .map(|c| c.reason.clone().unwrap())
        .collect();
    assert_eq!(reasons.len(), 2);
    assert!(reasons.iter().all(|r| r.contains("budget")), "{reasons:?}");
    let wrong = harness(&["run", file.to_str().unwrap(), "--budget", "soon"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
}

#[test]
fn clients_have_an_exit_status_for_each_kind_of_failure() {
    let code = |args: &[&str]| harness(args).status.code();
    assert_eq!(code(&["client", "--list"]), Some(0));
    let nobody = "tcp://127.0.0.1:1";
    assert_eq!(code(&["client", "exec", "--connect", nobody, "a"]), Some(4));
    assert_eq!(code(&["client", "exec", "--connect", nobody]), Some(2));
    assert_eq!(code(&["client", "exek", "--connect", nobody, "a"]), Some(2));
    assert_eq!(code(&["client", "exec"]), Some(2));
    // Its queue takes the connection; nobody answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("tcp://{}", listener.local_addr().unwrap());
    let asks = [
        "client",
        "exec",
        "--connect",
        &silent,
        "--timeout",
        "50ms",
        "a",
    ];
    assert_eq!(code(&asks), Some(3));
}

#[test]
fn a_client_cannot_be_tested_at_an_address() {
    let output = harness(&[
        "run",
        "scenarios/clients.yaml",
        "--target",
        "tcp://127.0.0.1:1",
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(
        text(&output).contains("which is a client"),
        "{}",
        text(&output)
    );
}

#[test]
fn a_key_comes_from_a_file_or_the_environment() {
    let serve = |key: Option<&str>, more: &[&str]| {
        let mut command = common::command(&["serve", "hmac"]);
        command.args(more).env_remove("HARNESS_HMAC_KEY");
        if let Some(key) = key {
            command.env("HARNESS_HMAC_KEY", key);
        }
        common::text(&command.output().unwrap())
    };
    let without = serve(None, &[]);
    assert!(
        without.contains("give --key-file, or set HARNESS_HMAC_KEY"),
        "{without}"
    );
    let odd = serve(Some("hex:abc"), &[]);
    assert!(odd.contains("pairs of digits"), "{odd}");
    let absent = serve(None, &["--key-file", "no/such/file"]);
    assert!(absent.contains("no/such/file cannot be read"), "{absent}");
    // Both are keys: what is refused is the address.
    let file = common::root().join("LICENSE-MIT");
    let elsewhere = [
        "--listen",
        "tcp://192.0.2.1:9",
        "--key-file",
        file.to_str().unwrap(),
    ];
    for text in [
        serve(None, &elsewhere),
        serve(Some("hex:00ff"), &elsewhere[..2]),
    ] {
        assert!(
            text.contains("cannot listen on tcp://192.0.2.1:9"),
            "{text}"
        );
    }
}

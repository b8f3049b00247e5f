//! Nothing survives: whatever a program under test does, no process of it is left.
//!
//! This test has a `main` of its own, because `Process` starts `LAUNCHER __guard ...`, and the
//! launcher must be this executable: inside this crate there is no harness binary. The same
//! executable also plays the programs under test (`__target`), and a harness that is killed
//! (`__middle`). Each program carries a marker in its arguments, by which /proc is searched for
//! what is left of it.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::zombie_processes,
    reason = "a test outside of the test harness, whose allowances do not reach it"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use harness_net::{
    Endpoint, Exit, Launch, Process, ProcessError, Signal, guard_main, listening, threads_blocked,
};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("__guard") => guard_main(std::env::args_os().skip(2)),
        Some("__target") => target(&args[2], &args[3], args.get(4).map_or("", String::as_str)),
        Some("__middle") => middle(&args[2]),
        filter => run_tests(filter.filter(|f| !f.starts_with('-')).unwrap_or("")),
    }
}

const TESTS: &[(&str, fn())] = &[
    ("ends_at_once", ends_at_once),
    ("ends_by_a_signal", ends_by_a_signal),
    ("cannot_be_executed", cannot_be_executed),
    ("launcher_is_no_guard", launcher_is_no_guard),
    ("gets_what_was_ordered", gets_what_was_ordered),
    ("inherits_nothing_else", inherits_nothing_else),
    ("ignores_sigterm", ignores_sigterm),
    ("obeys_sigterm", obeys_sigterm),
    ("daemons_are_found", daemons_are_found),
    ("daemons_of_a_dead_target", daemons_of_a_dead_target),
    ("forks_all_the_time", forks_all_the_time),
    ("harness_is_killed", harness_is_killed),
    ("guard_is_killed", guard_is_killed),
    (
        "guard_takes_no_terminal_signals",
        guard_takes_no_terminal_signals,
    ),
    (
        "output_is_drained_and_bounded",
        output_is_drained_and_bounded,
    ),
    ("a_line_is_awaited", a_line_is_awaited),
    ("paused_and_resumed", paused_and_resumed),
    ("stopped_while_paused", stopped_while_paused),
    ("figures_are_of_the_tree", figures_are_of_the_tree),
    ("idle_is_seen", idle_is_seen),
    ("readiness_is_seen", readiness_is_seen),
    (
        "another_process_does_not_count",
        another_process_does_not_count,
    ),
];

fn run_tests(filter: &str) -> ExitCode {
    let (mut ran, mut failed) = (0, 0);
    for (name, test) in TESTS.iter().filter(|(name, _)| name.contains(filter)) {
        let began = Instant::now();
        ran += 1;
        let result = std::panic::catch_unwind(test);
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("test {name} ... {verdict} ({:.0?})", began.elapsed());
        failed += u8::from(result.is_err());
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out",
        ran - usize::from(failed),
        TESTS.len() - ran
    );
    ExitCode::from(failed)
}

// ---- what is started

/// A program under test.
fn target(what: &str, marker: &str, more: &str) -> ExitCode {
    let again = |what: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["__target", what, marker])
            .stdin(Stdio::null());
        command
    };
    match what {
        "exit" => return ExitCode::from(more.parse::<u8>().unwrap()),
        "sleep" => {}
        "kill" => {
            let own = nix::unistd::getpid();
            nix::sys::signal::kill(own, nix::sys::signal::Signal::SIGKILL).unwrap();
        }
        // A child that leads a session of its own, and whose child is an orphan.
        "daemons" => {
            again("daemon").spawn().unwrap().wait().unwrap();
            println!("daemons run");
        }
        "daemon" => {
            nix::unistd::setsid().unwrap();
            let mut orphan = again("sleep");
            orphan
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            return ExitCode::SUCCESS;
        }
        "daemons_and_exit" => {
            again("daemon").spawn().unwrap().wait().unwrap();
            return ExitCode::SUCCESS;
        }
        // Each child forks the next and ends: a tree that is never where it was.
        "fork" => {
            let left: u32 = more.parse().unwrap();
            if left > 0 {
                let mut next = again("fork");
                next.arg((left - 1).to_string()).spawn().unwrap();
                again("sleep").spawn().unwrap();
            }
            return ExitCode::SUCCESS;
        }
        "write" => {
            let bytes = vec![b'.'; 1 << 20];
            std::io::stdout().write_all(&bytes).unwrap();
            std::io::stdout().write_all(b"the end\n").unwrap();
            std::io::stderr().write_all(&bytes).unwrap();
            return ExitCode::SUCCESS;
        }
        "say" => {
            println!("args {more}");
            println!("dir {}", std::env::current_dir().unwrap().display());
            println!("env {:?}", std::env::var("GIVEN"));
            let mut input = Vec::new();
            std::io::stdin().read_to_end(&mut input).unwrap();
            println!("stdin {}", input.len());
            return ExitCode::SUCCESS;
        }
        "spin" => loop {
            std::hint::spin_loop();
        },
        "threads" => {
            for _ in 0..3 {
                std::thread::spawn(sleep_long);
            }
            println!("threads run");
        }
        "tcp" => {
            let listener = TcpListener::bind(more).unwrap();
            println!("{}", listener.local_addr().unwrap());
            sleep_long();
        }
        "udp" => {
            let socket = UdpSocket::bind(more).unwrap();
            println!("{}", socket.local_addr().unwrap());
            sleep_long();
        }
        "unix" => {
            let _listener = UnixListener::bind(more).unwrap();
            println!("bound");
            sleep_long();
        }
        other => panic!("no target `{other}`"),
    }
    sleep_long();
    ExitCode::SUCCESS
}

/// A bound for the case that everything else fails.
fn sleep_long() {
    std::thread::sleep(Duration::from_secs(120));
}

/// A harness that has started a program with daemons, and waits to be killed.
fn middle(marker: &str) -> ExitCode {
    let process = start("daemons", marker, "");
    process
        .stdout_line_matching(|l| l == "daemons run", late())
        .unwrap();
    println!("ready");
    sleep_long();
    ExitCode::SUCCESS
}

// ---- tools

fn late() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn marker() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("marker-{}-{count}-", std::process::id())
}

fn launch(argv: &[&str]) -> Launch {
    let launcher = std::env::current_exe().unwrap();
    Launch::new(launcher, argv.iter().map(ToString::to_string).collect())
}

fn start(what: &str, marker: &str, more: &str) -> Process {
    let own: PathBuf = std::env::current_exe().unwrap();
    Process::start(&launch(&[
        own.to_str().unwrap(),
        "__target",
        what,
        marker,
        more,
    ]))
    .unwrap()
}

/// The live processes with the marker in their arguments: the guard too.
fn marked(marker: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let Ok(args) = std::fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        if String::from_utf8_lossy(&args).contains(marker) {
            found.push(pid);
        }
    }
    found
}

fn assert_none_left(marker: &str) {
    assert_eq!(marked(marker), Vec::<u32>::new(), "left over");
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let late = late();
    while !so() {
        assert!(Instant::now() < late, "{what}");
        std::thread::yield_now();
    }
}

const GRACE: Duration = Duration::from_secs(10);

// ---- the tests

fn ends_at_once() {
    let marker = marker();
    let mut process = start("exit", &marker, "3");
    assert_eq!(process.wait(late()), Some(Exit::Code(3)));
    let stopped = process.stop(GRACE);
    assert_eq!(stopped.exit, Some(Exit::Code(3)));
    assert!(
        !stopped.forced && stopped.leftovers.is_empty(),
        "{stopped:?}"
    );
    assert_eq!(process.stop(GRACE), stopped);
    assert_none_left(&marker);
}

fn ends_by_a_signal() {
    let marker = marker();
    let process = start("kill", &marker, "");
    assert_eq!(process.wait(late()), Some(Exit::Signal(9)));
    // Nobody is hit any more.
    process.signal(Signal::Term).unwrap();
    drop(process);
    assert_none_left(&marker);
}

fn cannot_be_executed() {
    let refused = |argv: &[&str]| Process::start(&launch(argv)).unwrap_err().to_string();
    for (argv, says) in [
        (
            &["./no such program"][..],
            "there is no file `./no such program`",
        ),
        (&["no-such-program-anywhere"], "no directory of PATH has it"),
        (&["/proc/self/environ"], "no execute permission"),
        (&["/"], "it is a directory"),
        (&[], "`argv` is empty"),
    ] {
        let error = refused(argv);
        assert!(error.contains(says), "{argv:?}: {error}");
        if let Some(program) = argv.first() {
            assert!(
                error.starts_with(&format!("`{program}` cannot be executed: ")),
                "{error}"
            );
        }
    }
    let mut nowhere = launch(&["true"]);
    nowhere.dir = Some("/no/such/folder".into());
    let error = Process::start(&nowhere).unwrap_err();
    assert!(matches!(&error, ProcessError::Execute { error, .. } if error.is("ENOENT")));
    assert!(
        error
            .to_string()
            .contains("working directory `/no/such/folder`"),
        "{error}"
    );

    let script = std::env::temp_dir().join(format!("harness-net-script-{}", std::process::id()));
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let mode = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o700);
    std::fs::set_permissions(&script, mode).unwrap();
    let error = refused(&[script.to_str().unwrap()]);
    std::fs::remove_file(&script).unwrap();
    assert!(error.contains("the interpreter that it names"), "{error}");
}

fn launcher_is_no_guard() {
    let with = |launcher: &str| {
        let mut launch = launch(&["true"]);
        launch.launcher = launcher.into();
        Process::start(&launch).unwrap_err().to_string()
    };
    assert!(with("/no/such/harness").contains("`/no/such/harness` failed: it cannot be executed"));
    assert!(with("true").contains("did not start the program"));
    assert!(
        with("echo").contains("is no message of the guard")
            || with("echo").contains("did not start")
    );
    assert!(with("ls").contains("it said: "));
}

fn gets_what_was_ordered() {
    let marker = marker();
    let own = std::env::current_exe().unwrap();
    let mut launch = launch(&[
        own.to_str().unwrap(),
        "__target",
        "say",
        &marker,
        "a b --dir * $X",
    ]);
    launch.dir = Some("/proc".into());
    launch.env = vec![("GIVEN".to_owned(), "x=y z".to_owned())];
    let mut process = Process::start(&launch).unwrap();
    assert_eq!(process.wait(late()), Some(Exit::Code(0)));
    process.stop(GRACE);
    let said = String::from_utf8(process.output().stdout).unwrap();
    assert_eq!(
        said,
        "args a b --dir * $X\ndir /proc\nenv Ok(\"x=y z\")\nstdin 0\n"
    );
}

fn inherits_nothing_else() {
    let marker = marker();
    let process = start("sleep", &marker, "");
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
    for line in status
        .lines()
        .filter(|l| l.starts_with("SigBlk") || l.starts_with("SigIgn"))
    {
        // Of signals 1 to 31, only SIGPIPE, which Rust programs ignore by themselves.
        let mask = u64::from_str_radix(line.split_once(':').unwrap().1.trim(), 16).unwrap();
        assert_eq!(mask & 0x7fff_ffff & !(1 << 12), 0, "{line}");
    }
    // The loader has libraries open at first.
    until("it has its three streams only", || process.fds() == Some(3));
}

fn ignores_sigterm() {
    let marker = marker();
    let script = "trap '' TERM; echo set; while :; do sleep 0.05; done";
    let mut process = Process::start(&launch(&["sh", "-c", script, &marker])).unwrap();
    process
        .stdout_line_matching(|l| l == "set", late())
        .unwrap();
    let stopped = process.stop(Duration::from_millis(200));
    assert!(stopped.forced, "{stopped:?}");
    assert_eq!(stopped.exit, Some(Exit::Signal(9)));
    assert_none_left(&marker);
}

fn obeys_sigterm() {
    let marker = marker();
    let mut process = start("sleep", &marker, "");
    let stopped = process.stop(GRACE);
    assert!(!stopped.forced, "{stopped:?}");
    assert_eq!(stopped.exit, Some(Exit::Signal(15)));
    assert_none_left(&marker);
}

fn daemons_are_found() {
    let marker = marker();
    let mut process = start("daemons", &marker, "");
    process
        .stdout_line_matching(|l| l == "daemons run", late())
        .unwrap();
    let tree = process.tree();
    assert_eq!(tree.len(), 2, "{tree:?}");
    assert!(tree.contains(&process.pid()));
    let stopped = process.stop(GRACE);
    assert_eq!(stopped.leftovers.len(), 1, "{stopped:?}");
    assert!(tree.contains(&stopped.leftovers[0]));
    assert_none_left(&marker);
}

fn daemons_of_a_dead_target() {
    let marker = marker();
    let mut process = start("daemons_and_exit", &marker, "");
    assert_eq!(process.wait(late()), Some(Exit::Code(0)));
    assert_eq!(process.tree().len(), 1);
    let stopped = process.stop(GRACE);
    assert!(!stopped.forced);
    assert_eq!(stopped.leftovers.len(), 1, "{stopped:?}");
    assert_none_left(&marker);
}

fn forks_all_the_time() {
    let marker = marker();
    let mut process = start("fork", &marker, "150");
    until("it forks", || process.tree().len() > 30);
    let stopped = process.stop(Duration::ZERO);
    assert!(stopped.leftovers.len() > 10, "{stopped:?}");
    assert_none_left(&marker);
}

fn harness_is_killed() {
    let marker = marker();
    let mut harness = Command::new(std::env::current_exe().unwrap())
        .args(["__middle", &marker])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(harness.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    // The arguments of a process show a moment after it was executed.
    until("harness, guard, target and orphan run", || {
        marked(&marker).len() == 4
    });
    harness.kill().unwrap();
    harness.wait().unwrap();
    until("all are gone", || marked(&marker).is_empty());
}

fn guard_is_killed() {
    let marker = marker();
    let mut process = start("sleep", &marker, "");
    let guard = guard_of(&process, &marker);
    send(guard, nix::sys::signal::Signal::SIGKILL);
    until("the target goes with it", || {
        !marked(&marker).contains(&process.pid())
    });
    assert_eq!(process.wait(late()), None);
    let stopped = process.stop(GRACE);
    assert_eq!(stopped.exit, None);
    assert_none_left(&marker);
}

fn guard_takes_no_terminal_signals() {
    use nix::sys::signal::Signal as S;
    let marker = marker();
    let mut process = start("sleep", &marker, "");
    let guard = guard_of(&process, &marker);
    for signal in [S::SIGINT, S::SIGTERM, S::SIGHUP, S::SIGQUIT] {
        send(guard, signal);
    }
    // It is in none of our groups, so that a terminal would not even send them.
    let group = |pid: u32| {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
        nix::unistd::getpgid(Some(pid)).unwrap()
    };
    assert_ne!(group(guard), nix::unistd::getpgrp());
    assert_ne!(group(process.pid()), nix::unistd::getpgrp());
    assert_eq!(
        process.wait(Instant::now() + Duration::from_millis(100)),
        None
    );
    assert!(marked(&marker).contains(&guard));
    assert_eq!(process.stop(GRACE).exit, Some(Exit::Signal(15)));
    assert_none_left(&marker);
}

fn guard_of(process: &Process, marker: &str) -> u32 {
    let others: Vec<u32> = marked(marker)
        .into_iter()
        .filter(|p| *p != process.pid())
        .collect();
    assert_eq!(others.len(), 1);
    others[0]
}

fn send(pid: u32, signal: nix::sys::signal::Signal) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
    nix::sys::signal::kill(pid, signal).unwrap();
}

fn output_is_drained_and_bounded() {
    let mut process = start("write", &marker(), "");
    assert_eq!(process.wait(late()), Some(Exit::Code(0)));
    process.stop(GRACE);
    let output = process.output();
    assert_eq!(output.stdout_bytes, (1 << 20) + 8);
    assert_eq!(output.stderr_bytes, 1 << 20);
    assert_eq!(output.stdout.len(), 64 * 1024);
    assert_eq!(output.stderr.len(), 64 * 1024);
    assert!(output.stdout.ends_with(b"the end\n"));
}

fn a_line_is_awaited() {
    let process = start("tcp", &marker(), "127.0.0.1:0");
    let line = process.stdout_line_matching(|l| l.starts_with("127.0.0.1:"), late());
    assert!(line.is_some());
    let none = process.stdout_line_matching(|_| false, Instant::now() + Duration::from_millis(20));
    assert_eq!(none, None);
}

fn paused_and_resumed() {
    let marker = marker();
    let process = start("daemons", &marker, "");
    process
        .stdout_line_matching(|l| l == "daemons run", late())
        .unwrap();
    process.pause(late()).unwrap();
    for pid in process.tree() {
        assert_eq!(state(pid), 'T');
    }
    process.resume().unwrap();
    until("all go on", || {
        process.tree().iter().all(|pid| state(*pid) == 'S')
    });
}

fn state(pid: u32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat[stat.rfind(')').unwrap()..].chars().nth(2).unwrap()
}

fn stopped_while_paused() {
    let marker = marker();
    let mut process = start("sleep", &marker, "");
    process.pause(late()).unwrap();
    let stopped = process.stop(GRACE);
    assert!(!stopped.forced, "{stopped:?}");
    assert_none_left(&marker);
}

fn figures_are_of_the_tree() {
    let process = start("spin", &marker(), "");
    until("it has used 50 ms", || {
        process.cpu_time().unwrap() >= Duration::from_millis(50)
    });
    assert!(process.rss_bytes().unwrap() > 100_000);
    let idle = start("sleep", &marker(), "");
    assert!(idle.cpu_time().unwrap() < Duration::from_secs(5));
    let mut ended = start("exit", &marker(), "0");
    ended.wait(late()).unwrap();
    assert_eq!(ended.tree(), Vec::<u32>::new());
    ended.stop(GRACE);
    assert_eq!(ended.cpu_time(), None);
}

fn idle_is_seen() {
    let busy = start("spin", &marker(), "");
    for _ in 0..20 {
        assert!(!threads_blocked(&busy.tree()).unwrap());
    }
    let idle = start("threads", &marker(), "");
    idle.stdout_line_matching(|l| l == "threads run", late())
        .unwrap();
    until("all threads sleep", || {
        threads_blocked(&idle.tree()).unwrap()
    });
    // A stopped thread is not idle: it has work that it was kept from.
    idle.pause(late()).unwrap();
    assert!(!threads_blocked(&idle.tree()).unwrap());
}

fn readiness_is_seen() {
    let named = |what: &str, bind: &str| {
        let process = start(what, &marker(), bind);
        let line = process.stdout_line_matching(|l| l.contains(':') || l == "bound", late());
        (process, line.unwrap())
    };
    for bind in ["127.0.0.1:0", "0.0.0.0:0", "[::]:0", "[::1]:0"] {
        for what in ["tcp", "udp"] {
            let (process, addr) = named(what, bind);
            let port = addr.rsplit_once(':').unwrap().1;
            let host = if bind == "[::1]:0" {
                "[::1]"
            } else {
                "127.0.0.1"
            };
            let endpoint: Endpoint = format!("{what}://{host}:{port}").parse().unwrap();
            assert!(listening(&process, &endpoint).unwrap(), "{what} {bind}");
            let other = endpoint.with_port(endpoint.port().unwrap() ^ 1);
            assert!(!listening(&process, &other).unwrap(), "{what} {bind}");
        }
    }
    let path = std::env::temp_dir().join(format!("harness-net-ready-{}", std::process::id()));
    let endpoint: Endpoint = format!("unix://{}", path.display()).parse().unwrap();
    let early = start("sleep", &marker(), "");
    assert!(!listening(&early, &endpoint).unwrap());
    let (process, _) = named("unix", path.to_str().unwrap());
    assert!(listening(&process, &endpoint).unwrap());
    assert!(
        !listening(&early, &endpoint).unwrap(),
        "another process's socket"
    );
    std::fs::remove_file(&path).unwrap();
    assert!(
        !listening(&process, &endpoint).unwrap(),
        "nobody can connect any more"
    );
}

fn another_process_does_not_count() {
    let process = start("sleep", &marker(), "");
    let own = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint: Endpoint = format!("tcp://{}", own.local_addr().unwrap())
        .parse()
        .unwrap();
    assert!(!listening(&process, &endpoint).unwrap());
}

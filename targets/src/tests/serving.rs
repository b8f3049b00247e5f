//! What starts, what is refused, and how a server in the foreground ends.

use std::io::Write;

use harness_net::Transport;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::sockets::{config, run};
use crate::{Model, ServeError, serve, start};

#[test]
fn what_cannot_be_served_is_refused_with_what_can() {
    for (name, endpoint, change, expected) in [
        (
            "echo",
            "udp://127.0.0.1:0",
            None,
            "listen on tcp or unix or unix-seqpacket",
        ),
        (
            "udp-echo",
            "tcp://127.0.0.1:0",
            None,
            "on udp or unix-dgram",
        ),
        ("exec", "tcp://0.0.0.0:0", None, "use tcp://127.0.0.1:0"),
        ("exec-json", "tcp://[::]:0", None, "use tcp://127.0.0.1:0"),
        ("exec", "tcp://192.0.2.1:9", None, "use tcp://127.0.0.1:9"),
        (
            "file",
            "tcp://0.0.0.0:0",
            None,
            "`file` reads and writes files",
        ),
        (
            "echo",
            "tcp://127.0.0.1:0",
            Some("no_such"),
            "has no fault `no_such`; it has nul_ends",
        ),
        (
            "echo",
            "tcp://127.0.0.1:0",
            Some("spin_on_eoff"),
            "did you mean spin_on_eof?",
        ),
        (
            "echo",
            "unix://@harness-x",
            Some("no_reuseaddr"),
            "listen on tcp",
        ),
    ] {
        let mut config = config(endpoint);
        config.fault = change.map(str::to_owned);
        let error = start(name, &config, &mut |_| {})
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{name} {endpoint}: {error}");
    }
    let mut config = config("udp://127.0.0.1:0");
    config.model = Some(Model::Thread);
    let error = start("udp-echo", &config, &mut |_| {})
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("leave the model out"), "{error}");
}

#[test]
fn a_root_is_for_services_of_files() {
    let mut config = config("tcp://127.0.0.1:0");
    config.root = Some("/no/such/folder".into());
    for (name, expected) in [
        ("echo", "root is given, but `echo` serves no files"),
        ("file", "cannot serve the folder /no/such/folder: "),
    ] {
        let error = start(name, &config, &mut |_| {}).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let mut lines = Vec::new();
    config.root = None;
    let running = start("file", &config, &mut |line| lines.push(line.to_owned())).unwrap();
    let (_, folder) = lines[1].split_once("the files of ").unwrap();
    assert!(std::path::Path::new(folder).join("hello.txt").exists());
    running.stop();
    assert!(!std::path::Path::new(folder).exists(), "{folder}");
}

#[test]
fn the_announcement_says_where_what_and_how_wrong() {
    let mut lines = Vec::new();
    let mut config = config("tcp://127.0.0.1:0");
    config.fault = Some("exit_status_lost".to_owned());
    let running = start("exec", &config, &mut |line| lines.push(line.to_owned())).unwrap();
    assert_eq!(
        lines[0],
        format!("exec listens on {} (model: thread)", running.addr())
    );
    assert!(lines[1].starts_with("planted fault exit_status_lost: answers with status 0"));
    assert!(
        lines[2].contains("without a shell") && lines[2].contains("10s"),
        "{}",
        lines[2]
    );
    assert_ne!(running.addr().port(), Some(0));
    assert_eq!(running.addr().transport(), Transport::Tcp);
}

#[test]
fn serving_ends_with_a_signal_and_with_the_planted_death() {
    // One test, because a signal reaches every server of this process.
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut lines = 0;
        serve("echo", &config("tcp://127.0.0.1:0"), &mut |_| {
            lines += 1;
            kill(Pid::this(), signal).unwrap();
        })
        .unwrap();
        assert_eq!(lines, 1);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let mut config = config(&format!("unix://{}", path.display()));
    config.fault = Some("quit_stops_server".to_owned());
    let mut client = None;
    let died = serve("reverse", &config, &mut |_| {
        if client.is_none() {
            let mut stream = std::os::unix::net::UnixStream::connect(&path).unwrap();
            stream.write_all(b"quit\n").unwrap();
            client = Some(stream);
        }
    });
    assert!(matches!(died, Err(ServeError::Died { how }) if how == "a client quit"));
    assert!(!path.exists());
}

#[test]
fn a_second_instance_is_refused_while_the_first_runs() {
    let first = run("echo", &config("tcp://127.0.0.1:0"));
    let mut config = config("tcp://127.0.0.1:0");
    config.listen = first.addr().clone();
    let error = start("echo", &config, &mut |_| {}).map(|_| ()).unwrap_err();
    let expected = format!("cannot listen on {}: Address already in use", first.addr());
    assert!(error.to_string().starts_with(&expected), "{error}");
}

//! Servers on real sockets: every service under every model and transport.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use harness_net::{Endpoint, Transport, UnixAddr};
use socket2::{Domain, SockAddr, Socket, Type};

use super::sessions::{CONVERSATIONS, UNFRAMED};
use crate::{Config, Model, Running, ServeError, Service, find, services, start};

/// A wait that ends here has failed.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

pub(super) fn config(endpoint: &str) -> Config {
    Config::new(endpoint.parse().unwrap())
}

pub(super) fn run(name: &str, config: &Config) -> Running {
    start(name, config, &mut |_| {}).unwrap()
}

/// A client's socket whose reads do not wait for ever.
pub(super) struct Client(pub(super) Socket);

impl Client {
    pub(super) fn connect(running: &Running) -> Self {
        Self::with(running, |_| {})
    }

    pub(super) fn with(running: &Running, prepare: impl FnOnce(&Socket)) -> Self {
        let (domain, addr) = match running.addr() {
            Endpoint::Tcp(addr) => (Domain::for_address(*addr), (*addr).into()),
            Endpoint::Unix(name) | Endpoint::UnixSeqpacket(name) => {
                (Domain::UNIX, unix_address(name))
            }
            Endpoint::Udp(_) | Endpoint::UnixDgram(_) => panic!("datagrams have no connections"),
        };
        let kind = match running.addr().transport() {
            Transport::UnixSeqpacket => Type::SEQPACKET,
            _ => Type::STREAM,
        };
        let socket = Socket::new(domain, kind, None).unwrap();
        prepare(&socket);
        socket.connect(&addr).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        Self(socket)
    }

    pub(super) fn send(&self, bytes: &[u8]) {
        (&self.0).write_all(bytes).unwrap();
    }

    pub(super) fn finish(&self) {
        self.0.shutdown(Shutdown::Write).unwrap();
    }

    /// What comes until the server closes.
    pub(super) fn rest(&self) -> Vec<u8> {
        let mut all = Vec::new();
        (&self.0).read_to_end(&mut all).unwrap();
        all
    }

    /// The next bytes, as many as these; they must be these.
    pub(super) fn expect(&self, reply: &[u8]) {
        let mut is = vec![0; reply.len()];
        (&self.0).read_exact(&mut is).unwrap();
        assert_eq!(
            is.escape_ascii().to_string(),
            reply.escape_ascii().to_string()
        );
    }

    /// Nothing may come in this time: no data, no end, no error.
    pub(super) fn expect_silence(&self, time: Duration) {
        self.0.set_read_timeout(Some(time)).unwrap();
        let mut byte = [0];
        loop {
            match (&self.0).read(&mut byte) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                // A read with a timeout does not resume after SIGCONT (signal(7)).
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => panic!("expected silence, but read {other:?} {byte:?}"),
            }
        }
        self.0.set_read_timeout(Some(DEADLINE)).unwrap();
    }

    pub(super) fn reset(self) {
        self.0.set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// The name as the kernel takes it.
pub(super) fn unix_address(name: &UnixAddr) -> SockAddr {
    match name {
        UnixAddr::Path(path) => SockAddr::unix(path),
        UnixAddr::Abstract(name) => SockAddr::unix(format!("\0{name}")),
    }
    .unwrap()
}

/// The models that need no other program. Workers are tested where there is one.
pub(super) fn models(name: &str) -> impl Iterator<Item = Model> {
    let all = find(name).unwrap().models.iter().copied();
    all.filter(|m| *m != Model::Process)
}

/// Waits for what other threads bring about.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::yield_now();
    }
}

/// A service's conversation and its answer, as bytes.
pub(super) fn conversation(name: &str) -> (Vec<u8>, Vec<u8>) {
    if name == "exec-unframed" {
        return (UNFRAMED.0.to_vec(), UNFRAMED.1.to_vec());
    }
    let (_, request, _, reply) = CONVERSATIONS.iter().find(|c| c.0 == name).unwrap();
    (request.bytes(), unescape(reply))
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'x') => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            other => other.unwrap(),
        });
    }
    bytes
}

fn streams() -> impl Iterator<Item = &'static Service> {
    services()
        .iter()
        .filter(|s| !s.models.is_empty() && !s.authenticates)
}

#[test]
fn every_stream_service_under_every_model_and_transport() {
    let folder = tempfile::tempdir().unwrap();
    for service in streams() {
        for model in models(service.name) {
            let path = folder.path().join(format!("{}-{model}", service.name));
            for endpoint in [
                "tcp://127.0.0.1:0".to_owned(),
                "tcp://[::1]:0".to_owned(),
                format!("unix://{}", path.display()),
                format!(
                    "unix://@harness-test-{}-{model}-{}",
                    service.name,
                    std::process::id()
                ),
            ] {
                let mut config = config(&endpoint);
                config.model = Some(model);
                let running = run(service.name, &config);
                let (request, reply) = match service.name {
                    "reads" => (b"abc".to_vec(), b"3\n".to_vec()),
                    name => conversation(name),
                };
                // Twice, so that the server lives on after its first client.
                for _ in 0..2 {
                    let client = Client::connect(&running);
                    client.send(&request);
                    client.finish();
                    let is = client.rest();
                    assert_eq!(
                        is.escape_ascii().to_string(),
                        reply.escape_ascii().to_string(),
                        "{} {model} {endpoint}",
                        service.name
                    );
                }
                running.stop();
                assert!(!path.exists(), "{}", path.display());
            }
        }
    }
}

#[test]
fn large_amounts_come_back_whole() {
    for model in models("echo") {
        let mut config = config("tcp://127.0.0.1:0");
        config.model = Some(model);
        let running = run("echo", &config);
        let client = Client::connect(&running);
        let data: Vec<u8> = (0..=u8::MAX).cycle().take(20 << 20).collect();
        let back = std::thread::scope(|scope| {
            scope.spawn(|| {
                client.send(&data);
                client.finish();
            });
            client.rest()
        });
        assert!(back == data, "{model}: {} bytes", back.len());
    }
}

#[test]
fn commands_run_under_every_model() {
    let folder = tempfile::tempdir().unwrap();
    for model in models("exec") {
        let mut config = config("tcp://127.0.0.1:0");
        config.model = Some(model);
        let running = run("exec", &config);
        let client = Client::connect(&running);
        client.send(b"\0\0\0\x0fsh -c 'exit 40'\0\0\0\x04true");
        client.expect(b"\0\0\0\x01(\0\0\0\x01\0");
        // Stopped in the middle of a command: it has its group, and ends with its server.
        let begun = folder.path().join(model.name());
        let command = format!("sh -c 'echo > {}; sleep 1000'", begun.display());
        client.send(&u32::try_from(command.len()).unwrap().to_be_bytes());
        client.send(command.as_bytes());
        until("the command", || begun.exists());
        running.stop();
        client.rest();
    }
}

#[test]
fn a_shell_only_if_asked_for() {
    let request = b"\0\0\0\x0eecho a; echo b";
    for (allow_shell, reply) in [
        (false, &b"\0\0\0\x0b\0a; echo b\n"[..]),
        (true, b"\0\0\0\x05\0a\nb\n"),
    ] {
        let mut config = config("tcp://127.0.0.1:0");
        config.allow_shell = allow_shell;
        let running = run("exec", &config);
        let client = Client::connect(&running);
        client.send(request);
        client.expect(reply);
    }
}

#[test]
fn concurrent_models_answer_a_second_client() {
    for service in streams().filter(|s| s.name != "reads") {
        for model in models(service.name) {
            let mut config = config("tcp://127.0.0.1:0");
            config.model = Some(model);
            let running = run(service.name, &config);
            let (request, reply) = conversation(service.name);
            let first = Client::connect(&running);
            first.send(&request);
            first.expect(&reply);
            let second = Client::connect(&running);
            second.send(&request);
            if !model.is_concurrent() {
                second.expect_silence(Duration::from_millis(50));
                drop(first);
            }
            second.expect(&reply);
        }
    }
}

#[test]
fn resets_harm_no_other_client() {
    for model in models("upper") {
        let mut config = config("tcp://127.0.0.1:0");
        config.model = Some(model);
        let running = run("upper", &config);
        for _ in 0..20 {
            let client = Client::connect(&running);
            client.send(b"hello\nhal");
            client.reset();
        }
        let client = Client::connect(&running);
        client.send(b"hello\n");
        client.expect(b"HELLO\n");
        assert_eq!(running.died(), None);
    }
}

#[test]
fn the_last_reply_survives_data_that_nobody_reads() {
    for model in models("exec") {
        let mut config = config("tcp://127.0.0.1:0");
        config.model = Some(model);
        let running = run("exec", &config);
        let client = Client::connect(&running);
        client.send(b"\xff\xff\xff\xff");
        client.send(&[b'a'; 300_000]);
        client.finish();
        let reply = client.rest();
        assert!(
            reply.ends_with(b"at most 65536 are allowed\n"),
            "{}",
            reply.escape_ascii()
        );
    }
}

#[test]
fn stopping_closes_idle_connections() {
    for model in models("echo") {
        let mut config = config("tcp://127.0.0.1:0");
        config.model = Some(model);
        let running = run("echo", &config);
        let client = Client::connect(&running);
        client.send(b"a");
        client.expect(b"a");
        let endpoint = running.addr().socket_addr().unwrap();
        running.stop();
        assert_eq!(client.rest(), b"");
        let again = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        assert_eq!(
            again.connect(&endpoint.into()).unwrap_err().kind(),
            io::ErrorKind::ConnectionRefused
        );
    }
}

#[test]
fn a_stale_file_is_replaced_and_a_live_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let config = config(&format!("unix://{}", path.display()));
    let running = run("echo", &config);
    let second = start("echo", &config, &mut |_| {}).map(|_| ()).unwrap_err();
    assert!(matches!(second, ServeError::Listen { .. }), "{second}");
    let client = Client::connect(&running);
    client.send(b"a");
    client.expect(b"a");
    running.stop();
    std::fs::write(&path, "a file of another kind").unwrap();
    assert!(start("echo", &config, &mut |_| {}).is_err());
    assert!(path.exists());
}

/// `reuseaddr_shares_port` and `reuseport_shares_port`.
pub(crate) fn second_instance_starts(service: &'static Service, fault: &'static str) {
    for planted in [None, Some(fault.to_owned())] {
        let faulty = planted.is_some();
        let mut config = config(&format!("{}://127.0.0.1:0", service.transports[0]));
        config.fault = planted;
        let running = run(service.name, &config);
        config.listen = running.addr().clone();
        let second = start(service.name, &config, &mut |_| {});
        match second {
            Ok(_) => assert!(faulty),
            Err(ServeError::Listen { source, .. }) => {
                assert!(!faulty);
                assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
            }
            Err(other) => panic!("{other}"),
        }
    }
}

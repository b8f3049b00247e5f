//! Unix sockets that keep message boundaries.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use harness_net::UnixAddr;

use super::sockets::{Client, DEADLINE, config, models, run, until};
use crate::{Running, Service};

fn datagram_client(running: &Running, folder: &tempfile::TempDir) -> UnixDatagram {
    let client = UnixDatagram::bind(folder.path().join("client")).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client.connect(path(running)).unwrap();
    client
}

fn path(running: &Running) -> &std::path::Path {
    match running.addr().unix_addr() {
        Some(UnixAddr::Path(path)) => path,
        other => panic!("{other:?} is no path"),
    }
}

fn started(service: &str, kind: &str, fault: Option<&str>) -> (Running, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&format!("{kind}://{}/server", folder.path().display()));
    config.fault = fault.map(str::to_owned);
    (run(service, &config), folder)
}

fn receive(client: &UnixDatagram) -> Vec<u8> {
    let mut buffer = vec![0; 1 << 20];
    let size = client.recv(&mut buffer).unwrap();
    buffer.truncate(size);
    buffer
}

#[test]
fn datagrams_are_answered_more_than_the_clients_queue_holds() {
    for (service, reply) in [("udp-echo", &b"ab"[..]), ("udp-upper", b"AB")] {
        let (running, folder) = started(service, "unix-dgram", None);
        let client = datagram_client(&running, &folder);
        let large = vec![b'+'; 200_000];
        for (datagram, reply) in [(&b"ab"[..], reply), (b"", b""), (&large, &large)] {
            client.send(datagram).unwrap();
            assert!(receive(&client) == reply, "{service}: {}", datagram.len());
        }
        std::thread::scope(|scope| {
            scope.spawn(|| (0..100).for_each(|_| assert_eq!(client.send(b"ab").unwrap(), 2)));
            (0..100).for_each(|n| assert_eq!(receive(&client), reply, "{service} {n}"));
        });
        // A client that nobody can answer, and one that has gone.
        let nameless = UnixDatagram::unbound().unwrap();
        nameless.send_to(b"x", path(&running)).unwrap();
        client.send(b"ab").unwrap();
        assert_eq!(receive(&client), reply);
        let file = path(&running).to_owned();
        running.stop();
        assert!(!file.exists());
    }
}

/// `dies_on_unnamed_client`.
pub(crate) fn an_unnamed_client_ends_it(service: &'static Service, fault: &'static str) {
    let (running, _folder) = started(service.name, "unix-dgram", Some(fault));
    let nameless = UnixDatagram::unbound().unwrap();
    nameless.send_to(b"x", path(&running)).unwrap();
    until("the death", || running.died().is_some());
}

#[test]
fn seqpacket_messages_keep_their_bounds_under_every_model() {
    for (service, reply) in [("echo", &b"ab"[..]), ("upper", b"AB")] {
        for model in models(service).filter(|m| *m != crate::Model::Async) {
            let folder = tempfile::tempdir().unwrap();
            let mut config = config(&format!(
                "unix-seqpacket://{}/server",
                folder.path().display()
            ));
            config.model = Some(model);
            let running = run(service, &config);
            let client = Client::connect(&running);
            let large = vec![b'+'; 200_000];
            let sent = [
                (&b"ab"[..], reply),
                (b"", b""),
                (&large, &large),
                (b"ab", reply),
            ];
            for (message, _) in sent {
                client.0.send(message).unwrap();
            }
            client.finish();
            for (_, reply) in sent {
                assert!(message(&client) == reply, "{service} {model}");
            }
            assert_eq!(client.rest(), b"", "{service} {model}");
        }
    }
}

/// The next message, or an empty one for the end.
fn message(client: &Client) -> Vec<u8> {
    let mut buffer = vec![0; 1 << 20];
    let size = std::io::Read::read(&mut &client.0, &mut buffer).unwrap();
    buffer.truncate(size);
    buffer
}

#[test]
fn tasks_do_not_serve_seqpacket() {
    let mut config = config("unix-seqpacket://@harness-test-tasks");
    config.model = Some(crate::Model::Async);
    let error = crate::start("echo", &config, &mut |_| {})
        .map(|_| ())
        .unwrap_err();
    let expected = "it has thread, iterative, process";
    assert!(error.to_string().contains(expected), "{error}");
}

/// `message_buffer_1024`.
pub(crate) fn long_messages_are_cut(service: &'static Service, fault: &'static str) {
    for (fault, size) in [(None, 1025), (Some(fault), 1024)] {
        let (running, _folder) = started(service.name, "unix-seqpacket", fault);
        let client = Client::connect(&running);
        client.0.send(&[b'a'; 1025]).unwrap();
        assert_eq!(message(&client).len(), size);
    }
}

/// `empty_message_ends`.
pub(crate) fn an_empty_message_ends_it(service: &'static Service, fault: &'static str) {
    for fault in [None, Some(fault)] {
        let (running, _folder) = started(service.name, "unix-seqpacket", fault);
        let client = Client::connect(&running);
        client.0.send(b"").unwrap();
        // An empty message, or the end: only what follows tells.
        assert_eq!(message(&client), b"");
        match fault {
            None => {
                client.0.send(b"a").unwrap();
                assert_eq!(message(&client), b"a");
                client.expect_silence(Duration::from_millis(20));
            }
            Some(_) => assert_eq!(message(&client), b""),
        }
    }
}

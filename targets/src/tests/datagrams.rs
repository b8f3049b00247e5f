//! Datagram servers on real sockets.

use std::net::UdpSocket;

use super::sockets::{DEADLINE, config, run, until};
use crate::{Running, Service};

fn datagram_client(running: &Running) -> (UdpSocket, std::net::SocketAddr) {
    let server = running.addr().socket_addr().unwrap();
    let client = UdpSocket::bind((server.ip(), 0)).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    (client, server)
}

#[test]
fn datagrams_keep_their_bounds() {
    for (name, reply) in [("udp-echo", &b"ab"[..]), ("udp-upper", b"AB")] {
        for endpoint in ["udp://127.0.0.1:0", "udp://[::1]:0"] {
            let running = run(name, &config(endpoint));
            let (client, server) = datagram_client(&running);
            let mut buffer = vec![0; 65_536];
            for (datagram, reply) in [
                (&b"ab"[..], reply),
                (b"", b""),
                (&[b'+'; 65_507], &[b'+'; 65_507]),
                (b"ab", reply),
            ] {
                client.send_to(datagram, server).unwrap();
                let (size, from) = client.recv_from(&mut buffer).unwrap();
                assert!(&buffer[..size] == reply, "{name}: {size} bytes");
                assert_eq!(from, server);
            }
            running.stop();
        }
    }
}

#[test]
fn upper_case_that_would_not_fit_keeps_its_size() {
    let running = run("udp-upper", &config("udp://127.0.0.1:0"));
    let (client, server) = datagram_client(&running);
    // Its upper case has three characters of two bytes each.
    let datagram = "a\u{390}".repeat(20_000).into_bytes();
    client.send_to(&datagram, server).unwrap();
    let mut buffer = vec![0; 65_536];
    let size = client.recv(&mut buffer).unwrap();
    assert_eq!(size, datagram.len());
    assert!(buffer.starts_with("A\u{390}A".as_bytes()));
}

#[test]
fn a_wildcard_server_answers_from_the_address_that_was_asked() {
    let running = run("udp-echo", &config("udp://0.0.0.0:0"));
    let port = running.addr().port().unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    client.send_to(b"a", ("127.0.0.5", port)).unwrap();
    let (_, from) = client.recv_from(&mut [0; 8]).unwrap();
    assert_eq!(from.to_string(), format!("127.0.0.5:{port}"));
}

#[test]
fn a_crash_ends_the_server() {
    for (name, fault) in [
        ("udp-upper", "dies_on_bad_datagram"),
        ("udp-echo", "empty_datagram_ends_loop"),
    ] {
        let mut config = config("udp://127.0.0.1:0");
        config.fault = Some(fault.to_owned());
        let running = run(name, &config);
        let (client, server) = datagram_client(&running);
        let bad: &[u8] = if name == "udp-echo" { b"" } else { b"\xff" };
        client.send_to(bad, server).unwrap();
        until("the death", || running.died().is_some());
    }
}

/// The correct server and the faulty one, each with a client.
fn each(
    service: &'static Service,
    fault: &'static str,
    test: impl Fn(&UdpSocket, std::net::SocketAddr, bool),
) {
    for planted in [None, Some(fault.to_owned())] {
        let faulty = planted.is_some();
        let mut config = config("udp://127.0.0.1:0");
        config.fault = planted;
        let running = run(service.name, &config);
        let (client, server) = datagram_client(&running);
        test(&client, server, faulty);
    }
}

/// `replies_from_other_port`.
pub(crate) fn replies_come_from_elsewhere(service: &'static Service, fault: &'static str) {
    each(service, fault, |client, server, faulty| {
        client.send_to(b"a", server).unwrap();
        let (_, from) = client.recv_from(&mut [0; 8]).unwrap();
        assert_eq!(from != server, faulty);
    });
}

/// `empty_format_not_answered`.
pub(crate) fn an_empty_format_has_its_answer(service: &'static Service, fault: &'static str) {
    each(service, fault, |client, server, faulty| {
        for format in [&b""[..], b"mark"] {
            client.send_to(format, server).unwrap();
        }
        let mut buffer = [0; 64];
        let (size, _) = client.recv_from(&mut buffer).unwrap();
        let first = str::from_utf8(&buffer[..size]).unwrap();
        assert_eq!(first == "mark", faulty);
        assert_eq!(first.len() == "2026-01-01 00:00:00".len(), !faulty);
    });
}

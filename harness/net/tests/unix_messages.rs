//! Unix datagram and seqpacket sockets, seen through this crate: boundaries, names, ends, proofs.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "the tools of the tests stand outside of #[test]"
)]

use std::io::Read as _;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::UnixDatagram;

use harness_net::{
    Datagram, Endpoint, PeerWatch, Received, SocketOptions, Transport, UnixAddr, unix_listening,
};
use socket2::{Domain, SockAddr, Socket, Type};

fn name(what: &str) -> String {
    format!("harness-net-{what}-{}", std::process::id())
}

fn connect(to: &Endpoint) -> Datagram {
    Datagram::connect(to, &SocketOptions::default()).unwrap()
}

fn got(socket: &Datagram, size: usize) -> (Vec<u8>, Received) {
    let mut buf = vec![0; size];
    let received = socket.recv(&mut buf).unwrap().unwrap();
    buf.truncate(received.len);
    (buf, received)
}

/// A datagram server, its name and its endpoint.
fn datagrams(what: &str) -> (UnixDatagram, Endpoint) {
    let name = name(what);
    let addr = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let server = UnixDatagram::bind_addr(&addr).unwrap();
    (server, format!("unix-dgram://@{name}").parse().unwrap())
}

fn seqpackets(what: &str) -> (Socket, Endpoint) {
    let name = name(what);
    let listener = Socket::new(Domain::UNIX, Type::SEQPACKET, None).unwrap();
    listener
        .bind(&SockAddr::unix(format!("\0{name}")).unwrap())
        .unwrap();
    listener.listen(8).unwrap();
    (
        listener,
        format!("unix-seqpacket://@{name}").parse().unwrap(),
    )
}

#[test]
fn answers_come_back_because_the_client_names_itself() {
    let (server, to) = datagrams("named");
    let client = connect(&to);
    assert_eq!(client.send(b"hi"), Ok(2));
    let mut buf = [0; 16];
    let (len, from) = server.recv_from(&mut buf).unwrap();
    assert_eq!(len, 2);
    assert!(from.as_abstract_name().is_some_and(|n| n.len() == 5));
    for message in [&b"hello"[..], b"", b"world!"] {
        server.send_to_addr(message, &from).unwrap();
    }
    let (bytes, seen) = got(&client, 16);
    assert_eq!(
        (&bytes[..], seen.truncated, seen.end),
        (&b"hello"[..], false, false)
    );
    let (bytes, seen) = got(&client, 16);
    assert_eq!((bytes.len(), seen.full_len, seen.end), (0, 0, false));
    let (bytes, seen) = got(&client, 1);
    assert_eq!(
        (&bytes[..], seen.full_len, seen.truncated),
        (&b"w"[..], 6, true)
    );
    assert_eq!(client.recv(&mut buf).unwrap(), None, "the rest is lost");
}

#[test]
fn a_client_without_a_name_cannot_be_answered() {
    let (server, to) = datagrams("unnamed");
    let options = SocketOptions {
        autobind: Some(false),
        ..SocketOptions::default()
    };
    let client = Datagram::connect(&to, &options).unwrap();
    client.send(b"hi").unwrap();
    let (_, from) = server.recv_from(&mut [0; 2]).unwrap();
    assert!(from.is_unnamed());
    let error = client.set(&options).unwrap_err().to_string();
    assert!(
        error.contains("only where the connection is made"),
        "{error}"
    );
    let udp = "udp://127.0.0.1:9".parse().unwrap();
    let error = Datagram::connect(&udp, &options).unwrap_err().to_string();
    assert!(error.contains("on Unix datagram sockets only"), "{error}");
}

#[test]
fn a_full_queue_pushes_back_and_a_dead_peer_refuses() {
    let (server, to) = datagrams("full");
    let client = connect(&to);
    let mut taken = 0;
    let error = loop {
        match client.send(&[0; 1000]) {
            Ok(_) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is("EAGAIN") && taken > 0, "{taken}: {error}");
    drop(server);
    let error = client.send(b"x").unwrap_err();
    assert!(error.is("ECONNREFUSED"), "{error}");
}

#[test]
fn an_empty_message_is_not_the_end_of_a_seqpacket_connection() {
    let (listener, to) = seqpackets("end");
    let client = connect(&to);
    assert_eq!(client.peer_cred().map(|c| c.pid), Some(std::process::id()));
    let (server, _) = listener.accept().unwrap();
    for message in [&b"hello"[..], b"", b"w"] {
        server.send(message).unwrap();
    }
    drop(server);
    assert_eq!(got(&client, 2).1.full_len, 5);
    let (_, empty) = got(&client, 2);
    assert_eq!((empty.len, empty.end), (0, false));
    assert_eq!(got(&client, 2).0, b"w");
    assert!(got(&client, 2).1.end);
    assert!(client.send(b"x").unwrap_err().is("EPIPE"));
}

#[test]
fn a_half_close_is_seen_behind_the_messages() {
    let (listener, to) = seqpackets("half");
    let client = connect(&to);
    let (mut server, _) = listener.accept().unwrap();
    client.send(b"last").unwrap();
    client.shutdown_write().unwrap();
    let mut buf = [0; 8];
    assert_eq!(server.read(&mut buf).unwrap(), 4);
    assert_eq!(server.read(&mut buf).unwrap(), 0);
    server.send(b"still there").unwrap();
    assert_eq!(got(&client, 16).0, b"still there");
}

#[test]
fn each_kind_has_abstract_names_of_its_own() {
    let (_server, to) = datagrams("table");
    let UnixAddr::Abstract(name) = to.unix_addr().unwrap() else {
        panic!("{to} is not abstract");
    };
    let name = UnixAddr::Abstract(name.clone());
    assert!(
        unix_listening(Transport::UnixDgram, &name)
            .unwrap()
            .is_some()
    );
    for other in [Transport::Unix, Transport::UnixSeqpacket] {
        assert_eq!(unix_listening(other, &name).unwrap(), None);
    }
    let (listener, to) = seqpackets("table");
    let found = |to: &Endpoint| unix_listening(to.transport(), to.unix_addr().unwrap()).unwrap();
    assert!(found(&to).is_some());
    drop(listener);
    assert_eq!(found(&to), None);
}

#[test]
fn what_the_peer_read_is_proved_also_for_empty_messages() {
    let (server, to) = datagrams("proof");
    let (listener, seqpacket) = seqpackets("proof");
    let mut buf = [0; 8];
    for message in [&b"one"[..], b""] {
        let client = connect(&to);
        let mut watch = PeerWatch::of_messages(&client).unwrap();
        client.send(message).unwrap();
        assert_eq!(watch.consumed(0), Ok(false));
        server.recv(&mut buf).unwrap();
        assert_eq!(watch.consumed(0), Ok(true));

        let client = connect(&seqpacket);
        let (mut accepted, _) = listener.accept().unwrap();
        let mut watch = PeerWatch::of_messages(&client).unwrap();
        client.send(message).unwrap();
        assert_eq!(watch.consumed(0), Ok(false));
        let _ = accepted.read(&mut buf).unwrap();
        assert_eq!(watch.consumed(0), Ok(true));
    }
    let udp = connect(&"udp://127.0.0.1:9".parse().unwrap());
    let error = PeerWatch::of_messages(&udp).unwrap_err().to_string();
    assert!(error.contains("does not say what it read"), "{error}");
}

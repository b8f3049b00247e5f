//! Sockets that others connect and send to, and connections that are begun and awaited later.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "the tools of the tests stand outside of #[test]"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use harness_net::{Datagram, Endpoint, Listener, PortLease, Read, SocketOptions, Stream, TcpState};

fn late() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn plain() -> SocketOptions {
    SocketOptions::default()
}

/// A free address that stays claimed with the lease.
fn address() -> (PortLease, SocketAddr) {
    let lease = PortLease::take().unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, lease.port()));
    (lease, address)
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let late = late();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < late, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_listener_has_the_options_that_were_given_and_no_others() {
    let (_lease, at) = address();
    let first = Listener::bind(at, &plain(), 5).unwrap();
    let reuse = SocketOptions {
        reuseaddr: Some(true),
        ..plain()
    };
    let refused = Listener::bind(at, &reuse, 5).unwrap_err();
    assert!(refused.is("EADDRINUSE"), "{refused}");
    drop(first);
    Listener::bind(at, &plain(), 5).unwrap();
}

#[test]
fn accept_does_not_wait_and_names_both_ends() {
    let (_lease, at) = address();
    let listener = Listener::bind(at, &plain(), 5).unwrap();
    assert!(listener.accept().unwrap().is_none());
    assert_eq!(listener.queued(), Some(0));
    let client = Stream::connect(listener.endpoint(), &plain(), late()).unwrap();
    let queued = until("a connection waits", || {
        listener.queued().filter(|n| *n > 0)
    });
    assert_eq!(queued, 1);
    let server = listener.accept().unwrap().unwrap();
    assert_eq!(server.peer(), client.local());
    assert_eq!(server.local(), client.peer());
    drop(client);
    let mut byte = [0];
    until("the end", || {
        (server.read(&mut byte).unwrap() == Read::End).then_some(())
    });
}

#[test]
fn a_begun_connection_is_awaited_later() {
    let (_lease, at) = address();
    let to = Endpoint::Tcp(at);
    let refused = Stream::begin(&to, &plain()).unwrap();
    let refused = refused.await_connected(late()).unwrap_err();
    assert!(refused.is("ECONNREFUSED"), "{refused}");
    let listener = Listener::bind(at, &plain(), 0).unwrap();
    let first = Stream::begin(&to, &plain()).unwrap();
    first.await_connected(late()).unwrap();
    // The queue of listen(0) holds one: the next SYN is dropped.
    let second = Stream::begin(&to, &plain()).unwrap();
    assert_eq!(second.tcp_info().unwrap().state, TcpState::SynSent);
    let mut byte = [0];
    assert_eq!(second.read(&mut byte).unwrap(), Read::Nothing);
    let soon = Instant::now() + Duration::from_millis(10);
    let own = second.await_connected(soon).unwrap_err();
    assert!(own.is("ETIMEDOUT") && own.to_string().contains("own deadline"));
    assert!(listener.accept().unwrap().is_some());
    second.await_connected(late()).unwrap();
    let datagrams = Endpoint::Udp(at);
    assert!(
        Stream::begin(&datagrams, &plain())
            .unwrap_err()
            .is("EPROTOTYPE")
    );
}

#[test]
fn a_bound_socket_receives_from_anybody_and_counts_what_it_drops() {
    let (_lease, at) = address();
    let small = SocketOptions {
        rcvbuf: Some(4096),
        ..plain()
    };
    let receiver = Datagram::bound(at, &small).unwrap();
    assert!(receiver.send(b"x").unwrap_err().is("EDESTADDRREQ"));
    assert_eq!(receiver.dropped(), Some(0));
    let sender = Datagram::connect(&Endpoint::Udp(at), &plain()).unwrap();
    sender.send_more(b"a").unwrap();
    sender.send_more(b"b").unwrap();
    sender.send(b"c").unwrap();
    let mut buffer = [0; 64];
    let got = until("a datagram", || receiver.recv(&mut buffer).unwrap());
    assert_eq!(
        (&buffer[..got.len], got.from),
        (&b"abc"[..], local(&sender))
    );
    for _ in 0..100 {
        sender.send(&[0; 1000]).unwrap();
    }
    until("drops", || receiver.dropped().filter(|n| *n > 0));
}

fn local(socket: &Datagram) -> Option<SocketAddr> {
    match socket.local() {
        Endpoint::Udp(address) => Some(*address),
        _ => None,
    }
}

//! What sockets may legally do, seen through this crate as the catalogue of cases tells it.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "the tools of the tests stand outside of #[test]"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use harness_net::{
    Accepted, Await, ClientPort, Datagram, Endpoint, Filter, Interest, NetError, PeerWatch, Read,
    SocketOptions, Stream, TcpState, Transport, Write, poll, port_states, tcp_sockets, udp_sockets,
    unix_listening,
};

fn late() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn endpoint(url: impl std::fmt::Display) -> Endpoint {
    url.to_string().parse().unwrap()
}

fn listener() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = endpoint(format_args!("tcp://{}", listener.local_addr().unwrap()));
    (listener, to)
}

fn pair_with(options: &SocketOptions) -> (Stream, TcpStream) {
    let (listener, to) = listener();
    let stream = Stream::connect(&to, options, late()).unwrap();
    (stream, listener.accept().unwrap().0)
}

fn pair() -> (Stream, TcpStream) {
    pair_with(&SocketOptions::default())
}

fn wait_readable(stream: &Stream) -> harness_net::Ready {
    let interest = [Interest {
        fd: stream.as_fd(),
        read: true,
        write: false,
    }];
    poll(&interest, Duration::from_secs(20)).unwrap()[0]
}

fn until(what: &str, mut so: impl FnMut() -> bool) {
    let late = late();
    while !so() {
        assert!(Instant::now() < late, "{what}");
        std::thread::yield_now();
    }
}

fn read(stream: &Stream) -> Result<Read, NetError> {
    wait_readable(stream);
    stream.read(&mut [0; 100])
}

#[test]
fn fin_is_the_end_again_and_again() {
    let (stream, peer) = pair();
    drop(peer);
    for _ in 0..3 {
        assert_eq!(read(&stream), Ok(Read::End));
    }
    assert_eq!(stream.tcp_info().unwrap().state, TcpState::CloseWait);
}

#[test]
fn nothing_is_not_the_end() {
    let (stream, _peer) = pair();
    assert_eq!(stream.read(&mut [0; 10]), Ok(Read::Nothing));
    assert!(!stream.has_input());
    assert_eq!(stream.read(&mut []), Ok(Read::Nothing));
}

#[test]
fn rst_is_econnreset() {
    let (stream, mut peer) = pair();
    assert_eq!(stream.write(b"unread"), Ok(Write::Took(6)));
    let mut byte = [0];
    peer.read_exact(&mut byte).unwrap();
    drop(peer);
    let ready = wait_readable(&stream);
    assert!(ready.hangup && ready.error);
    let error = stream.read(&mut [0; 10]).unwrap_err();
    assert!(error.is("ECONNRESET"), "{error}");
    assert_eq!(error.call, "recv");
    assert!(
        error
            .to_string()
            .contains("ECONNRESET (Connection reset by peer)"),
        "{error}"
    );
    let error = stream.write(b"x").unwrap_err();
    assert_eq!(error.name(), "EPIPE");
}

#[test]
fn our_reset_is_seen_as_such_and_leaves_no_time_wait() {
    let (stream, mut peer) = pair();
    let port = stream.local().port().unwrap();
    stream.reset().unwrap();
    let error = peer.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    // The port may have served another connection before, which is none of this one's.
    let states = port_states(port).unwrap();
    let remote = peer.local_addr().unwrap();
    assert!(states.iter().all(|s| s.2 != remote), "{states:?}");
}

#[test]
fn a_half_close_lets_the_answer_through() {
    let (stream, mut peer) = pair();
    assert_eq!(stream.write(b"req"), Ok(Write::Took(3)));
    stream.shutdown_write().unwrap();
    let mut request = Vec::new();
    peer.read_to_end(&mut request).unwrap();
    assert_eq!(request, b"req");
    until("FIN_WAIT2", || {
        stream.tcp_info().unwrap().state == TcpState::FinWait2
    });
    peer.write_all(b"resp").unwrap();
    assert_eq!(read(&stream), Ok(Read::Got(4)));
    assert!(stream.write(b"x").unwrap_err().is("EPIPE"));
}

#[test]
fn who_closes_first_has_time_wait() {
    let (listener, to) = listener();
    let stream = Stream::connect(&to, &SocketOptions::default(), late()).unwrap();
    let mut peer = listener.accept().unwrap().0;
    let local = stream.local().socket_addr().unwrap();
    let remote = to.socket_addr().unwrap();
    stream.close();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    drop(peer);
    let wanted = (TcpState::TimeWait, local, remote);
    // Other connections from the same port to other places may be in TIME_WAIT too.
    until("TIME_WAIT", || {
        port_states(local.port()).unwrap().contains(&wanted)
    });
    let filter = Filter {
        remote_port: Some(remote.port()),
        ..Filter::default()
    };
    let found = tcp_sockets(filter.state(TcpState::TimeWait)).unwrap();
    let mine = |e: &harness_net::Entry| e.local == local && e.remote == remote;
    assert!(found.iter().any(mine), "{found:?}");
    let other = Filter::port(local.port()).state(TcpState::Established);
    assert!(!tcp_sockets(other).unwrap().iter().any(mine));
}

#[test]
fn three_nodelay_sends_are_three_segments() {
    let options = SocketOptions {
        nodelay: Some(true),
        ..SocketOptions::default()
    };
    let (stream, _peer) = pair_with(&options);
    let segments = || stream.tcp_info().unwrap().data_segs_out.unwrap();
    let before = segments();
    for message in ["hello", "hai", "hahaha"] {
        stream.write(message.as_bytes()).unwrap();
    }
    until("three segments", || segments() == before + 3);
    stream.write_vectored(&[b"one", b" ", b"segment"]).unwrap();
    until("one more", || segments() == before + 4);
}

#[test]
fn more_to_come_is_held_back() {
    let (stream, mut peer) = pair();
    assert_eq!(stream.write_more(b"HDR:"), Ok(Write::Took(4)));
    assert_eq!(stream.tcp_info().unwrap().data_segs_out, Some(0));
    assert_eq!(stream.queues().unwrap().unsent, 4);
    stream.write(b"body").unwrap();
    let mut both = [0; 100];
    assert_eq!(peer.read(&mut both).unwrap(), 8);
    assert_eq!(stream.tcp_info().unwrap().data_segs_out, Some(1));
}

#[test]
fn a_cork_holds_everything_until_it_is_pulled() {
    let (stream, mut peer) = pair();
    stream
        .set(&SocketOptions {
            cork: Some(true),
            ..SocketOptions::default()
        })
        .unwrap();
    for _ in 0..100 {
        stream.write(b"x").unwrap();
    }
    assert_eq!(stream.tcp_info().unwrap().data_segs_out, Some(0));
    stream
        .set(&SocketOptions {
            cork: Some(false),
            ..SocketOptions::default()
        })
        .unwrap();
    assert_eq!(peer.read(&mut [0; 200]).unwrap(), 100);
    assert_eq!(stream.tcp_info().unwrap().data_segs_out, Some(1));
}

#[test]
fn a_full_peer_closes_its_window() {
    let listener =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.set_recv_buffer_size(4096).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(1).unwrap();
    let addr = listener.local_addr().unwrap().as_socket().unwrap();
    let stream = Stream::connect(
        &endpoint(format_args!("tcp://{addr}")),
        &SocketOptions {
            nodelay: Some(true),
            ..SocketOptions::default()
        },
        late(),
    )
    .unwrap();
    let _peer = listener.accept().unwrap();
    let mut took = 0;
    until("the window is 0", || {
        if let Ok(Write::Took(n)) = stream.write(&[0; 1000]) {
            took += n;
        }
        stream.tcp_info().unwrap().snd_wnd == Some(0)
    });
    let late = late();
    while let Write::Took(n) = stream.write(&[0; 60_000]).unwrap() {
        took += n;
        assert!(Instant::now() < late);
    }
    assert_eq!(stream.written(), took as u64);
    let queues = stream.queues().unwrap();
    assert!(
        queues.unsent > 0 && queues.unacked >= queues.unsent,
        "{queues:?}"
    );
}

#[test]
fn queues_tell_unread_bytes() {
    let (stream, mut peer) = pair();
    peer.write_all(b"12345").unwrap();
    wait_readable(&stream);
    assert_eq!(stream.queues().unwrap().unread, 5);
    assert_eq!(stream.read(&mut [0; 3]), Ok(Read::Got(3)));
    assert_eq!(stream.queues().unwrap().unread, 2);
}

#[test]
fn refused_and_wrong_endpoints_say_so() {
    let (listener, to) = listener();
    drop(listener);
    let connect =
        |to: &Endpoint| Stream::connect(to, &SocketOptions::default(), late()).unwrap_err();
    let error = connect(&to);
    assert!(error.is("ECONNREFUSED"));
    assert_eq!(
        error.to_string(),
        format!("connect to {to}: ECONNREFUSED (Connection refused)")
    );
    assert!(connect(&endpoint("unix:///no/such/socket")).is("ENOENT"));
    assert!(connect(&endpoint("unix://@no such name of ours")).is("ECONNREFUSED"));
    let error = connect(&endpoint("udp://127.0.0.1:1"));
    assert!(
        error
            .to_string()
            .contains("a stream needs a tcp:// or unix:// endpoint"),
        "{error}"
    );
    let error = Datagram::connect(&to, &SocketOptions::default()).unwrap_err();
    assert!(
        error.to_string().contains("datagrams need a udp://"),
        "{error}"
    );
}

#[test]
fn a_dropped_syn_ends_at_the_deadline() {
    let listener =
        socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let any: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let addr = listener.local_addr().unwrap().as_socket().unwrap();
    let to = endpoint(format_args!("tcp://{addr}"));
    let _fills = Stream::connect(&to, &SocketOptions::default(), late()).unwrap();
    let begun = Instant::now();
    let error = Stream::connect(
        &to,
        &SocketOptions::default(),
        begun + Duration::from_millis(50),
    )
    .unwrap_err();
    assert!(error.is("ETIMEDOUT"), "{error}");
    assert!(error.to_string().contains("own deadline passed"), "{error}");
    assert!(begun.elapsed() >= Duration::from_millis(50));
}

#[test]
fn a_full_unix_backlog_is_waited_for() {
    let path = std::env::temp_dir().join(format!("harness-net-backlog-{}", std::process::id()));
    let listener =
        socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    listener
        .bind(&socket2::SockAddr::unix(&path).unwrap())
        .unwrap();
    listener.listen(0).unwrap();
    let to = endpoint(format_args!("unix://{}", path.display()));
    let connect = |ms| {
        let deadline = Instant::now() + Duration::from_millis(ms);
        Stream::connect(&to, &SocketOptions::default(), deadline)
    };
    let first = connect(10_000).unwrap();
    assert_eq!(first.peer_cred().map(|c| c.pid), Some(std::process::id()));
    let error = connect(50).unwrap_err();
    assert!(error.is("EAGAIN"), "{error}");
    assert!(
        error
            .to_string()
            .contains("the backlog of the listener was full"),
        "{error}"
    );
    std::thread::scope(|s| {
        let waiting = s.spawn(|| connect(20_000));
        listener.accept().unwrap();
        let stream = waiting.join().unwrap().unwrap();
        assert_eq!(
            stream.read(&mut [0; 1]),
            Ok(Read::Nothing),
            "it is nonblocking again"
        );
    });
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn options_are_set_before_connect_and_read_back() {
    let options = SocketOptions {
        nodelay: Some(true),
        sndbuf: Some(8192),
        rcvbuf: Some(8192),
        linger: Some(Duration::from_secs(3)),
        keepalive: Some(true),
        user_timeout: Some(Duration::from_millis(1500)),
        maxseg: Some(536),
        reuseaddr: Some(true),
        bind: Some("127.0.0.9".parse().unwrap()),
        ..SocketOptions::default()
    };
    let (stream, peer) = pair_with(&options);
    assert_eq!(peer.peer_addr().unwrap().ip().to_string(), "127.0.0.9");
    let read = stream.effective();
    assert_eq!(read.sndbuf, Some(16384), "doubled, socket(7)");
    assert_eq!(read.rcvbuf, Some(16384));
    assert_eq!(
        (read.nodelay, read.keepalive, read.cork),
        (Some(true), Some(true), Some(false))
    );
    assert_eq!(read.linger, Some(Duration::from_secs(3)));
    assert_eq!(read.user_timeout, Some(Duration::from_millis(1500)));
    assert_eq!(read.maxseg, Some(524), "less 12 bytes of timestamps");
    assert_eq!(stream.tcp_info().unwrap().snd_mss, 524);
    let pairs = read.as_pairs();
    assert!(
        pairs.contains(&("sndbuf", "16384 bytes".to_owned())),
        "{pairs:?}"
    );
    assert!(
        pairs.contains(&("bind", "127.0.0.9".to_owned())),
        "{pairs:?}"
    );
    let later = SocketOptions {
        nodelay: Some(false),
        ..SocketOptions::default()
    };
    stream.set(&later).unwrap();
    assert_eq!(stream.effective().nodelay, Some(false));
    assert_eq!(options.merged(&later).nodelay, Some(false));
    assert_eq!(options.merged(&later).maxseg, Some(536));
}

#[test]
fn options_that_cannot_be_are_named_with_what_is_allowed() {
    let (_listener, to) = listener();
    let none = SocketOptions::default;
    let text = |options: &SocketOptions, to: &Endpoint| {
        Stream::connect(to, options, late())
            .unwrap_err()
            .to_string()
    };
    for (options, says) in [
        (
            SocketOptions {
                maxseg: Some(87),
                ..none()
            },
            "setsockopt maxseg=87: EINVAL (Invalid argument); allowed: 88 to 32767 bytes",
        ),
        (
            SocketOptions {
                linger: Some(Duration::from_millis(500)),
                ..none()
            },
            "linger=500ms: EINVAL (Invalid argument); allowed: whole seconds",
        ),
        (
            SocketOptions {
                user_timeout: Some(Duration::from_micros(5)),
                ..none()
            },
            "user_timeout=5",
        ),
        (
            SocketOptions {
                bind: Some("192.0.2.1".parse().unwrap()),
                ..none()
            },
            "bind bind=192.0.2.1:0: EADDRNOTAVAIL",
        ),
        (
            SocketOptions {
                bind: Some("::1".parse().unwrap()),
                ..none()
            },
            "EAFNOSUPPORT",
        ),
        (
            SocketOptions {
                bind_port: to.port(),
                ..none()
            },
            "EADDRINUSE",
        ),
    ] {
        let text = text(&options, &to);
        assert!(text.contains(says), "{text}");
    }
    let error = text(
        &SocketOptions {
            nodelay: Some(true),
            ..none()
        },
        &endpoint("unix:///tmp/x"),
    );
    assert!(
        error.contains("nodelay=true: EOPNOTSUPP") && error.contains("on TCP sockets only"),
        "{error}"
    );
    let (stream, _peer) = pair();
    let late = SocketOptions {
        bind_port: Some(1),
        ..none()
    };
    assert!(
        stream
            .set(&late)
            .unwrap_err()
            .to_string()
            .contains("only where the connection is made")
    );
}

#[test]
fn the_table_tells_listeners_of_all_kinds() {
    let (_listener, to) = listener();
    let filter = Filter::port(to.port().unwrap()).state(TcpState::Listen);
    let found = tcp_sockets(filter).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(Some(found[0].local), to.socket_addr());
    assert_ne!(found[0].inode, 0);

    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = udp.local_addr().unwrap();
    assert_eq!(udp_sockets(addr.port()).unwrap()[0].local, addr);

    let path = std::env::temp_dir().join(format!("harness-net-table-{}", std::process::id()));
    let Endpoint::Unix(name) = endpoint(format_args!("unix://{}", path.display())) else {
        panic!("not a Unix endpoint");
    };
    assert_eq!(unix_listening(Transport::Unix, &name).unwrap(), None);
    let first = UnixListener::bind(&path).unwrap();
    let inode = unix_listening(Transport::Unix, &name).unwrap();
    assert!(inode.is_some());
    // Bound again over the live one: the new one is told.
    std::fs::remove_file(&path).unwrap();
    let _second = UnixListener::bind(&path).unwrap();
    let now = unix_listening(Transport::Unix, &name).unwrap();
    assert!(now.is_some() && now != inode);
    drop(first);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(unix_listening(Transport::Unix, &name).unwrap(), None);
}

#[test]
fn datagrams_keep_their_bounds() {
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = peer.local_addr().unwrap();
    let socket = Datagram::connect(
        &endpoint(format_args!("udp://{addr}")),
        &SocketOptions::default(),
    )
    .unwrap();
    assert_eq!(socket.recv(&mut [0; 10]).unwrap(), None);
    assert_eq!(socket.send(b"hi"), Ok(2));
    let mut buf = [0; 10];
    let (len, client) = peer.recv_from(&mut buf).unwrap();
    assert_eq!(len, 2);
    for message in [&b"hello"[..], b"", b"world!"] {
        peer.send_to(message, client).unwrap();
    }
    assert_eq!(socket.queues().unwrap().unread, 5, "of the first one only");
    let got = socket.recv(&mut buf).unwrap().unwrap();
    assert_eq!((got.len, got.full_len, got.truncated), (5, 5, false));
    let got = socket.recv(&mut buf).unwrap().unwrap();
    assert_eq!((got.len, got.full_len, got.truncated), (0, 0, false));
    let got = socket.recv(&mut buf[..1]).unwrap().unwrap();
    assert_eq!(
        (got.len, got.full_len, got.truncated, got.from),
        (1, 6, true, Some(addr))
    );
    assert_eq!(socket.recv(&mut buf).unwrap(), None, "the rest is lost");
    assert!(socket.send(&vec![0; 65_508]).unwrap_err().is("EMSGSIZE"));
    assert_eq!(socket.send(&vec![0; 65_507]), Ok(65_507));
}

#[test]
fn only_connected_datagrams_learn_that_nobody_listens() {
    let gone = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let to = endpoint(format_args!("udp://{gone}"));
    let connected = Datagram::connect(&to, &SocketOptions::default()).unwrap();
    connected.send(b"x").unwrap();
    assert!(connected.recv(&mut [0; 1]).unwrap_err().is("ECONNREFUSED"));
    let open = Datagram::unconnected(&to, &SocketOptions::default()).unwrap();
    open.send(b"x").unwrap();
    assert_eq!(open.recv(&mut [0; 1]).unwrap(), None);
}

#[test]
fn only_unconnected_datagrams_see_an_intruder() {
    let asked = UdpSocket::bind("127.0.0.1:0").unwrap();
    let intruder = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = endpoint(format_args!("udp://{}", asked.local_addr().unwrap()));
    for connected in [true, false] {
        let socket = if connected {
            Datagram::connect(&to, &SocketOptions::default()).unwrap()
        } else {
            Datagram::unconnected(&to, &SocketOptions::default()).unwrap()
        };
        socket.send(b"question").unwrap();
        let (_, client) = asked.recv_from(&mut [0; 100]).unwrap();
        intruder.send_to(b"lie", client).unwrap();
        let got = socket.recv(&mut [0; 100]).unwrap();
        if connected {
            assert_eq!(got, None);
        } else {
            assert_eq!(got.unwrap().from, Some(intruder.local_addr().unwrap()));
        }
    }
}

#[test]
fn a_port_accepts_a_client_whose_reads_can_be_proved() {
    let lease = harness_net::PortLease::take().unwrap();
    let at = endpoint(format_args!("tcp://127.0.0.1:{}", lease.port()));
    let options = SocketOptions {
        nodelay: Some(true),
        ..SocketOptions::default()
    };
    // Again at once: what the first connection left in TIME_WAIT does not hold the port.
    for _ in 0..2 {
        let port = ClientPort::bind(&at, &options).unwrap();
        assert!(port.accept(&options).unwrap().is_none());
        let mut client = TcpStream::connect(("127.0.0.1", lease.port())).unwrap();
        let Some(Accepted::Stream(stream)) = port.accept(&options).unwrap() else {
            panic!("a connection is there")
        };
        let peer = endpoint(format_args!("tcp://{}", client.local_addr().unwrap()));
        assert_eq!((stream.peer(), stream.local()), (&peer, &at));
        assert_eq!(stream.write(b"ab").unwrap(), Write::Took(2));
        let mut watch = PeerWatch::new(&stream).unwrap();
        until("the bytes wait", || watch.look().unwrap().unread == 2);
        client.read_exact(&mut [0; 2]).unwrap();
        let awaited = watch.await_consumed(&stream, 2, late(), &mut || false);
        assert_eq!(awaited.unwrap(), Await::Consumed);
        stream.close();
        assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    }
}

#[test]
fn a_datagram_is_accepted_and_then_received() {
    let lease = harness_net::PortLease::take().unwrap();
    let at = endpoint(format_args!("udp://127.0.0.1:{}", lease.port()));
    let port = ClientPort::bind(&at, &SocketOptions::default()).unwrap();
    assert!(port.accept(&SocketOptions::default()).unwrap().is_none());
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client
        .send_to(b"hello", ("127.0.0.1", lease.port()))
        .unwrap();
    let Some(Accepted::Datagram(datagram)) = port.accept(&SocketOptions::default()).unwrap() else {
        panic!("a datagram is there")
    };
    let mut buffer = [0; 8];
    let got = datagram.recv(&mut buffer).unwrap().unwrap();
    assert_eq!(&buffer[..got.len], b"hello");
    datagram.send(b"HELLO").unwrap();
    let (n, from) = client.recv_from(&mut buffer).unwrap();
    assert_eq!((&buffer[..n], from.port()), (&b"HELLO"[..], lease.port()));
}

//! The central promise: each piece that is proved consumed was a read of its own.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "the tools of the tests stand outside of #[test]"
)]

use std::io::{Read, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use harness_net::{
    Await, Endpoint, PeerWatch, Proof, SocketOptions, Stream, TcpState, WatchError, Write, owner,
};

fn late() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(30)
}

/// What a listener gives: something to read and write.
trait Connection: Read + std::io::Write + Send {}
impl<T: Read + std::io::Write + Send> Connection for T {}

/// A connection, and its other end as soon as it is accepted.
fn pair(kind: &str) -> (Stream, Box<dyn Connection>) {
    let connect = |url: String| {
        let options = SocketOptions {
            nodelay: url.starts_with("tcp").then_some(true),
            ..SocketOptions::default()
        };
        Stream::connect(&url.parse().unwrap(), &options, late()).unwrap()
    };
    match kind {
        "unix" => {
            let path = std::env::temp_dir().join(format!(
                "harness-net-proofs-{}-{:?}",
                std::process::id(),
                std::thread::current().id()
            ));
            let listener = UnixListener::bind(&path).unwrap();
            let stream = connect(format!("unix://{}", path.display()));
            std::fs::remove_file(&path).unwrap();
            (stream, Box::new(listener.accept().unwrap().0))
        }
        bind => {
            // `[::]` is dual-stack, and is reached over IPv4: the peer's socket is an IPv6 one with
            // mapped addresses.
            let (bind, host) = match bind {
                "dual" => ("[::]:0", "127.0.0.1"),
                "v6" => ("[::1]:0", "[::1]"),
                "mapped" => ("127.0.0.1:0", "[::ffff:127.0.0.1]"),
                _ => ("127.0.0.1:0", "127.0.0.1"),
            };
            let listener = TcpListener::bind(bind).unwrap();
            let port = listener.local_addr().unwrap().port();
            let stream = connect(format!("tcp://{host}:{port}"));
            (stream, Box::new(listener.accept().unwrap().0))
        }
    }
}

/// Reads until the end, and returns the sizes of the reads.
fn reader(mut connection: Box<dyn Connection>) -> JoinHandle<Vec<usize>> {
    std::thread::spawn(move || {
        let mut buf = vec![0; 1 << 20];
        let mut sizes = Vec::new();
        loop {
            match connection.read(&mut buf).unwrap() {
                0 => return sizes,
                n => sizes.push(n),
            }
        }
    })
}

fn write_all(stream: &Stream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match stream.write(bytes).unwrap() {
            Write::Took(n) => bytes = &bytes[n..],
            Write::Full => {
                let interest = [harness_net::Interest {
                    fd: std::os::fd::AsFd::as_fd(stream),
                    read: false,
                    write: true,
                }];
                harness_net::poll(&interest, Duration::from_secs(10)).unwrap();
            }
        }
    }
}

/// Sends pieces, each proved consumed before the next. Returns the sizes of the peer's reads.
fn deliver(kind: &str, pieces: &[usize]) -> Vec<usize> {
    let (stream, connection) = pair(kind);
    let reader = reader(connection);
    let mut watch = PeerWatch::new(&stream).unwrap();
    let bytes = vec![b'x'; pieces.iter().copied().max().unwrap()];
    for piece in pieces {
        write_all(&stream, &bytes[..*piece]);
        let sent = stream.written();
        let got = watch.await_consumed(&stream, sent, late(), &mut || stream.has_input());
        assert_eq!(got, Ok(Await::Consumed), "{kind} after {sent} bytes");
    }
    stream.close();
    reader.join().unwrap()
}

/// A small generator of our own (xorshift), so that a failure comes again.
fn random_sizes(count: usize, most: u64) -> Vec<usize> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(1 + state % most).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

/// A piece may take several reads, but no read may cross the end of a piece.
fn assert_no_read_crosses(pieces: &[usize], reads: &[usize]) {
    let mut ends = reads.iter().scan(0, |sum, n| {
        *sum += n;
        Some(*sum)
    });
    let mut end = 0;
    for (i, piece) in pieces.iter().enumerate() {
        end += piece;
        assert!(
            ends.any(|e| e == end),
            "piece {i} was read together with the next"
        );
    }
}

#[test]
fn one_byte_pieces_are_one_read_each() {
    for kind in ["v4", "v6", "dual", "mapped", "unix"] {
        let count = if kind == "v4" || kind == "unix" {
            10_000
        } else {
            1_000
        };
        let reads = deliver(kind, &vec![1; count]);
        assert_eq!(reads, vec![1; count], "{kind}");
    }
}

#[test]
fn large_and_random_pieces_never_run_together() {
    for kind in ["v4", "unix"] {
        for pieces in [vec![64 * 1024; 300], random_sizes(2_000, 5_000)] {
            let reads = deliver(kind, &pieces);
            assert_eq!(reads.iter().sum::<usize>(), pieces.iter().sum::<usize>());
            assert_no_read_crosses(&pieces, &reads);
        }
    }
}

#[test]
fn it_holds_while_all_processors_are_busy() {
    static OVER: AtomicBool = AtomicBool::new(false);
    let cpus = std::thread::available_parallelism().unwrap().get();
    let spinners: Vec<_> = (0..cpus)
        .map(|_| {
            std::thread::spawn(|| {
                while !OVER.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let results = ["v4", "unix"].map(|kind| deliver(kind, &vec![1; 1_000]));
    OVER.store(true, Ordering::Relaxed);
    for spinner in spinners {
        spinner.join().unwrap();
    }
    for reads in results {
        assert_eq!(reads, vec![1; 1_000]);
    }
}

#[test]
fn many_threads_each_prove_their_own() {
    let lanes: Vec<_> = (0..8)
        .map(|i| {
            std::thread::spawn(move || deliver(if i % 2 == 0 { "v4" } else { "unix" }, &[1; 500]))
        })
        .collect();
    for lane in lanes {
        assert_eq!(lane.join().unwrap(), vec![1; 500]);
    }
}

/// The counter-proof: without waiting, the same reader sees the pieces run together.
#[test]
fn without_proof_pieces_run_together() {
    for kind in ["v4", "unix"] {
        let (stream, connection) = pair(kind);
        for _ in 0..100 {
            write_all(&stream, b"x");
        }
        stream.close();
        let reads = reader(connection).join().unwrap();
        assert_eq!(reads.iter().sum::<usize>(), 100);
        assert!(reads.len() < 50, "{kind}: {reads:?}");
    }
}

#[test]
fn what_is_not_read_is_not_consumed() {
    for kind in ["v4", "dual", "unix"] {
        let (stream, mut connection) = pair(kind);
        let mut watch = PeerWatch::new(&stream).unwrap();
        write_all(&stream, b"hello");
        for _ in 0..100 {
            assert_eq!(watch.consumed(5), Ok(false), "{kind}");
        }
        assert_eq!(
            watch.await_consumed(&stream, 5, soon(), &mut || false),
            Ok(Await::Timeout)
        );
        assert_eq!(watch.queued(5), Ok(true), "{kind}");
        assert_eq!(watch.queued(6), Ok(false), "{kind}");
        let seen = watch.look().unwrap();
        assert_eq!((seen.received, seen.unread), (5, 5), "{kind}");
        assert_eq!(seen.state, TcpState::Established);
        assert_eq!(
            owner(seen.inode, &[std::process::id()]),
            Some(std::process::id())
        );
        connection.read_exact(&mut [0; 4]).unwrap();
        assert_eq!(
            watch.await_consumed(&stream, 5, soon(), &mut || false),
            Ok(Await::Timeout)
        );
        assert_eq!(watch.look().unwrap().unread, 1, "{kind}");
        connection.read_exact(&mut [0; 1]).unwrap();
        assert_eq!(
            watch.await_consumed(&stream, 5, late(), &mut || false),
            Ok(Await::Consumed)
        );
        // Bytes that were not sent yet are not consumed either. (A Unix socket cannot tell.)
        if kind != "unix" {
            assert_eq!(
                watch.await_consumed(&stream, 6, soon(), &mut || false),
                Ok(Await::Timeout)
            );
        }
    }
}

#[test]
fn the_other_direction_ends_the_wait() {
    for kind in ["v4", "unix"] {
        let (stream, mut connection) = pair(kind);
        let mut watch = PeerWatch::new(&stream).unwrap();
        write_all(&stream, b"question");
        let (tell, told) = mpsc::channel();
        let server = std::thread::spawn(move || {
            told.recv().unwrap();
            connection.write_all(b"early answer").unwrap();
            connection
        });
        let got = watch.await_consumed(&stream, 8, late(), &mut || {
            let _ = tell.send(());
            stream.has_input()
        });
        assert_eq!(got, Ok(Await::Interrupted), "{kind}");
        // Who leaves input alone on purpose can wait on, and the wait stays cheap.
        let mut asked = 0_u32;
        let got = watch.await_consumed(&stream, 8, soon(), &mut || {
            asked += 1;
            false
        });
        assert_eq!(got, Ok(Await::Timeout), "{kind}");
        assert!(asked < 1_000, "{asked} looks in 30 ms are a spin");
        drop(server.join().unwrap());
    }
}

#[test]
fn a_peer_that_left_is_told_from_one_that_cannot_be_seen() {
    for kind in ["v4", "unix"] {
        let (stream, connection) = pair(kind);
        let mut watch = PeerWatch::new(&stream).unwrap();
        write_all(&stream, b"never read");
        // Unread input: RST (TCP), ECONNRESET (Unix).
        drop(connection);
        let got = watch.await_consumed(&stream, 10, late(), &mut || false);
        assert_eq!(got, Ok(Await::PeerGone), "{kind}");
        assert_eq!(watch.look(), Err(WatchError::Gone), "{kind}");
    }
    for kind in ["v4", "unix"] {
        let (stream, connection) = pair(kind);
        let mut watch = PeerWatch::new(&stream).unwrap();
        drop(connection);
        // A write may still succeed; nobody reads it.
        let _ = stream.write(b"x");
        let got = watch.await_consumed(&stream, 1, late(), &mut || false);
        assert_eq!(got, Ok(Await::PeerGone), "{kind}");
    }
}

#[test]
fn an_accept_queue_does_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let to: Endpoint = format!("tcp://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let stream = Stream::connect(&to, &SocketOptions::default(), late()).unwrap();
    let mut watch = PeerWatch::new(&stream).unwrap();
    write_all(&stream, b"early");
    assert_eq!(
        watch.await_consumed(&stream, 5, soon(), &mut || false),
        Ok(Await::Timeout)
    );
    let seen = watch.look().unwrap();
    assert_eq!((seen.unread, seen.inode), (5, 0));
    let mut connection = listener.accept().unwrap().0;
    assert_ne!(watch.look().unwrap().inode, 0);
    connection.read_exact(&mut [0; 5]).unwrap();
    assert_eq!(
        watch.await_consumed(&stream, 5, late(), &mut || false),
        Ok(Await::Consumed)
    );
}

#[test]
fn a_half_close_changes_nothing() {
    for kind in ["v4", "unix"] {
        let (stream, mut connection) = pair(kind);
        let mut watch = PeerWatch::new(&stream).unwrap();
        write_all(&stream, b"last");
        stream.shutdown_write().unwrap();
        let got = watch.await_consumed(&stream, 4, soon(), &mut || false);
        assert_eq!(got, Ok(Await::Timeout), "{kind}");
        connection.read_exact(&mut [0; 4]).unwrap();
        let got = watch.await_consumed(&stream, 4, late(), &mut || false);
        assert_eq!(got, Ok(Await::Consumed), "{kind}");
    }
}

#[test]
fn one_watch_serves_many_connections() {
    let (first, _end) = pair("v4");
    let mut watch = PeerWatch::new(&first).unwrap();
    for kind in ["v4", "unix", "v6", "unix"] {
        let (stream, mut connection) = pair(kind);
        watch.rebind(&stream).unwrap();
        write_all(&stream, b"x");
        assert_eq!(watch.consumed(1), Ok(false));
        connection.read_exact(&mut [0; 1]).unwrap();
        assert_eq!(
            watch.await_consumed(&stream, 1, late(), &mut || false),
            Ok(Await::Consumed)
        );
        // The watch keeps nothing open: the peer sees the end at once.
        stream.close();
        assert_eq!(connection.read(&mut [0; 1]).unwrap(), 0, "{kind}");
        if kind == "unix" {
            assert_eq!(watch.consumed(1), Err(WatchError::Gone));
        }
    }
}

#[test]
fn proofs_are_ordered_and_named() {
    assert!(Proof::Idle > Proof::Consumed && Proof::Consumed > Proof::Paced);
    for proof in Proof::ALL {
        assert_eq!(proof.to_string().parse(), Ok(proof));
    }
    assert!(!Proof::Paced.is_proof() && Proof::QueuedTogether.is_proof());
}

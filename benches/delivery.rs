//! Proved deliveries against the recording and the echoing reference server, each in a process of
//! its own: how many cuts and how many pieces a second.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that cannot go on has nothing better to do than to stop"
)]

use std::io::BufRead as _;
use std::os::fd::AsFd as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group};
use harness_net::{Await, Endpoint, Interest, PeerWatch, Read, SocketOptions, Stream, poll};

/// A reference server in a child process: this program, run again.
struct Server {
    child: Child,
    endpoint: Endpoint,
}

impl Server {
    fn start(name: &str) -> Self {
        let me = std::env::current_exe().unwrap();
        let mut child = Command::new(me)
            .arg("__serve")
            .arg(name)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = std::io::BufReader::new(child.stdout.take().unwrap());
        let url = stdout
            .lines()
            .map_while(Result::ok)
            .find_map(|l| {
                l.split_whitespace()
                    .find(|w| w.starts_with("tcp://"))
                    .map(str::to_owned)
            })
            .expect("the server says where it listens");
        Self {
            child,
            endpoint: url.parse().unwrap(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(name: &str) {
    let config = harness_targets::Config::new("tcp://127.0.0.1:0".parse().unwrap());
    harness_targets::serve(name, &config, &mut |line| println!("{line}")).unwrap();
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

fn connect(to: &Endpoint) -> Stream {
    Stream::connect(to, &SocketOptions::default(), deadline()).unwrap()
}

fn prove(watch: &mut PeerWatch, stream: &Stream, sent: u64) {
    let awaited = watch
        .await_consumed(stream, sent, deadline(), &mut || false)
        .unwrap();
    assert_eq!(awaited, Await::Consumed);
}

fn read_all(stream: &Stream, want: usize) {
    let mut buffer = [0; 256];
    let mut got = 0;
    while got < want {
        match stream.read(&mut buffer).unwrap() {
            Read::Got(n) => got += n,
            Read::Nothing => wait(stream),
            Read::End => panic!("the server closed"),
        }
    }
}

/// Waits for input: a spin would take the processor from the server.
fn wait(stream: &Stream) {
    let interest = Interest {
        fd: stream.as_fd(),
        read: true,
        write: false,
    };
    poll(&[interest], Duration::from_secs(5)).unwrap();
}

/// Single cuts of a 64-byte request, each on a connection of its own, with the answer read; on two
/// threads, as a sweep runs them on two cores.
fn cuts(c: &mut Criterion) {
    let server = Server::start("echo");
    let mut group = c.benchmark_group("proved");
    group.throughput(Throughput::Elements(1));
    group.bench_function("cut_of_64_bytes_on_its_own_connection", |b| {
        b.iter_custom(|rounds| {
            let began = Instant::now();
            std::thread::scope(|scope| {
                for n in 0..THREADS {
                    let share = (rounds + n) / THREADS;
                    let to = &server.endpoint;
                    scope.spawn(move || cut_in_turn(to, share));
                }
            });
            began.elapsed()
        });
    });
    group.finish();
}

const THREADS: u64 = 2;

fn cut_in_turn(to: &Endpoint, rounds: u64) {
    let mut watch: Option<PeerWatch> = None;
    let request = [b'x'; 64];
    for round in 0..rounds {
        let cut = (round % 63 + 1) as usize;
        let stream = connect(to);
        let watch = match &mut watch {
            Some(watch) => {
                watch.rebind(&stream).unwrap();
                watch
            }
            none => none.insert(PeerWatch::new(&stream).unwrap()),
        };
        stream.write(&request[..cut]).unwrap();
        prove(watch, &stream, cut as u64);
        stream.write(&request[cut..]).unwrap();
        read_all(&stream, 64);
        stream.close();
    }
}

/// One-byte pieces, one after the other, on one connection.
fn pieces(c: &mut Criterion) {
    let server = Server::start("reads");
    let mut group = c.benchmark_group("proved");
    group.throughput(Throughput::Elements(1));
    let stream = connect(&server.endpoint);
    let mut watch = PeerWatch::new(&stream).unwrap();
    let mut sent = 0;
    group.bench_function("one_byte_piece", |b| {
        b.iter(|| {
            stream.write(b"x").unwrap();
            sent += 1;
            prove(&mut watch, &stream, sent);
        });
    });
    group.finish();
}

criterion_group!(benches, cuts, pieces);

fn main() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("__serve") {
        return serve(&args.next().expect("a server's name"));
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}

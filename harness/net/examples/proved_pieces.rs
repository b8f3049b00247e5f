//! Measures how many pieces a second can be proved consumed, and checks that each was one read.
//!
//! `cargo run --release -p harness-net --example proved_pieces -- [tcp|tcp6|unix] [PIECES] [SIZE]`
//!
//! The reader is another process: this program, run again.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement for people, which stops at the first thing that is wrong"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness_net::{Await, Endpoint, PeerWatch, SocketOptions, Stream, Write as Wrote};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let kind = args.first().map_or("tcp", String::as_str);
    if kind == "read" {
        return read(&args[1]);
    }
    let pieces: u64 = args.get(1).map_or(100_000, |n| n.parse().unwrap());
    let size: usize = args.get(2).map_or(1, |n| n.parse().unwrap());
    let at = match kind {
        "tcp" => "tcp://127.0.0.1:0".to_owned(),
        "tcp6" => "tcp://[::1]:0".to_owned(),
        "unix" => format!("unix:///tmp/proved-pieces-{}", std::process::id()),
        other => panic!("`{other}` is not tcp, tcp6 or unix"),
    };
    let mut reader = Command::new(std::env::current_exe().unwrap())
        .args(["read", &at])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = reader.stdout.take().unwrap();
    let endpoint: Endpoint = line(&mut told).parse().unwrap();

    let options = SocketOptions {
        nodelay: (kind != "unix").then_some(true),
        ..SocketOptions::default()
    };
    let late = Instant::now() + Duration::from_secs(600);
    let stream = Stream::connect(&endpoint, &options, late).unwrap();
    let mut watch = PeerWatch::new(&stream).unwrap();
    let piece = vec![b'x'; size];
    let mut latencies: Vec<u32> = Vec::with_capacity(usize::try_from(pieces).unwrap());
    let begun = Instant::now();
    for _ in 0..pieces {
        let wrote = Instant::now();
        assert_eq!(stream.write(&piece).unwrap(), Wrote::Took(size));
        let got = watch.await_consumed(&stream, stream.written(), late, &mut || stream.has_input());
        assert_eq!(got, Ok(Await::Consumed));
        latencies.push(u32::try_from(wrote.elapsed().as_nanos()).unwrap_or(u32::MAX));
    }
    let took = begun.elapsed().as_secs_f64();
    let looks = watch.looks();
    stream.close();
    let reads = line(&mut told);
    reader.wait().unwrap();
    latencies.sort_unstable();
    let at = |q: f64| f64::from(latencies[(latencies.len() as f64 * q) as usize]) / 1000.0;
    println!(
        "{kind}: {pieces} pieces of {size} B, {reads} reads; {:.0} pieces/s, {:.1} looks a piece, \
         {:.0} looks/s; p50 {:.1} us, p90 {:.1} us, p99 {:.1} us",
        pieces as f64 / took,
        looks as f64 / pieces as f64,
        looks as f64 / took,
        at(0.5),
        at(0.9),
        at(0.99),
    );
}

/// Accepts one connection, and counts its reads.
fn read(at: &str) {
    let mut out = std::io::stdout();
    let mut connection: Box<dyn Read> = if let Some(path) = at.strip_prefix("unix://") {
        let listener = UnixListener::bind(path).unwrap();
        writeln!(out, "{at}").unwrap();
        let connection = listener.accept().unwrap().0;
        std::fs::remove_file(path).unwrap();
        Box::new(connection)
    } else {
        let listener = TcpListener::bind(at.strip_prefix("tcp://").unwrap()).unwrap();
        writeln!(out, "tcp://{}", listener.local_addr().unwrap()).unwrap();
        Box::new(listener.accept().unwrap().0)
    };
    let mut buf = vec![0; 1 << 20];
    let mut reads = 0_u64;
    while connection.read(&mut buf).unwrap() > 0 {
        reads += 1;
    }
    writeln!(out, "{reads}").unwrap();
}

fn line(from: &mut impl Read) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while from.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    String::from_utf8(line).unwrap()
}

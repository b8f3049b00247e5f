//! The yardstick: what the load engine costs beside a client that is nothing but system calls, in
//! interleaved rounds against the same echo server.
//!
//! `cargo bench --bench yardstick -- [--rounds N] [--seconds N] [--json FILE] [NAME...]`. The server
//! runs on the first core, the clients on the second; absolute figures are the machine's, only the
//! ratios carry over. Medians and the spread of the rounds are printed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that cannot go on has nothing better to do than to stop"
)]

mod floor;

use std::io::BufRead as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use harness::load::{self, Job, Turn, Watch};
use harness::scenario::model::{Arrivals, End, Load, LoadModel, Stage};
use harness_net::{Endpoint, SocketOptions};
use hdrhistogram::Histogram;

use floor::{MESSAGE, Measured, Spec};

/// The bounds that the engine has, too.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap()
}

/// One comparison.
struct Case {
    name: &'static str,
    connections: usize,
    depth: usize,
    rate: Option<f64>,
    udp: bool,
    churn: bool,
    spins: bool,
    /// Client and server on one core.
    one_core: bool,
}

const PLAIN: Case = Case {
    name: "",
    connections: 64,
    depth: 1,
    rate: None,
    udp: false,
    churn: false,
    spins: false,
    one_core: false,
};

const CASES: [Case; 8] = [
    Case {
        name: "one-core",
        connections: 1,
        one_core: true,
        ..PLAIN
    },
    Case {
        name: "one-spinning",
        connections: 1,
        spins: true,
        ..PLAIN
    },
    Case {
        name: "closed-64",
        ..PLAIN
    },
    Case {
        name: "closed-64x32",
        depth: 32,
        ..PLAIN
    },
    Case {
        name: "open-20k",
        rate: Some(20_000.0),
        ..PLAIN
    },
    Case {
        name: "open-100k",
        rate: Some(100_000.0),
        ..PLAIN
    },
    Case {
        name: "churn",
        churn: true,
        ..PLAIN
    },
    Case {
        name: "udp-64",
        udp: true,
        ..PLAIN
    },
];

/// The echo server in a process of its own: this program, run again.
struct Server {
    child: Child,
    address: SocketAddrV4,
}

impl Server {
    fn start(udp: bool, core: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "__serve",
                if udp { "udp" } else { "tcp" },
                &core.to_string(),
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().expect("the server tells its port");
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The load engine, as a scenario would ask for it.
fn engine(case: &Case, server: SocketAddrV4, time: Duration) -> Measured {
    let message = vec![b'x'; MESSAGE];
    let endpoint = match case.udp {
        true => Endpoint::Udp(server.into()),
        false => Endpoint::Tcp(server.into()),
    };
    let model = match case.rate {
        None => LoadModel::Closed,
        Some(rate) => LoadModel::Open {
            stages: vec![Stage {
                from: rate,
                to: rate,
                time,
            }],
            arrivals: Arrivals::Constant,
        },
    };
    let job = Job {
        endpoint,
        options: SocketOptions::default(),
        turns: vec![Turn {
            name: "record".to_owned(),
            request: message.clone(),
            reply: message,
        }],
        opening: 0,
        closing: 0,
        shares: vec![1.0],
        timeout: Duration::from_secs(5),
        seed: 1,
        load: Load {
            model,
            connections: case.connections,
            pipeline_depth: case.depth,
            threads: 1,
            warmup: Duration::ZERO,
            end: End::After(time),
            churn: case.churn.then_some(1),
            think_time: Duration::ZERO,
            timeout: None,
            exchanges: Vec::new(),
            delivery: Vec::new(),
            busy_poll: case.spins,
            sources: if case.churn { 256 } else { 0 },
            lag_limit: Duration::from_millis(10),
        },
    };
    let watch = Watch {
        interrupted: &|| false,
        target_ended: &|| false,
        usage: &|| (None, None),
        progress: &|_| {},
    };
    let outcome = load::run(&Arc::new(job), &watch);
    let counts = &outcome.counts;
    assert_eq!(outcome.not_begun, None);
    assert!(counts.add_up() && counts.corrupt == 0, "{counts:?}");
    Measured {
        messages: counts.answered,
        seconds: outcome.measured.as_secs_f64(),
        cpu: outcome.generator_cpu.unwrap_or_default(),
        latency: outcome.response,
    }
}

/// What is compared of one run.
#[derive(Clone, Copy, Debug, serde::Serialize)]
struct Figures {
    per_second: f64,
    cpu_ns: f64,
    p50_us: f64,
    p99_us: f64,
}

impl Figures {
    fn of(m: &Measured) -> Self {
        let us = |q| m.latency.value_at_quantile(q) as f64 / 1e3;
        Self {
            per_second: m.messages as f64 / m.seconds,
            cpu_ns: m.cpu.as_nanos() as f64 / m.messages.max(1) as f64,
            p50_us: us(0.5),
            p99_us: us(0.99),
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// The rounds of one case: the floor's figures and the engine's, in pairs.
fn compare(case: &Case, rounds: usize, time: Duration) -> Vec<(Figures, Figures)> {
    let server = Server::start(case.udp, usize::from(case.one_core));
    let spec = Spec {
        server: server.address,
        connections: case.connections,
        depth: case.depth,
        udp: case.udp,
        churn: case.churn,
        spins: case.spins,
        rate: case.rate,
        time,
    };
    let mut pairs = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let floor = || Figures::of(&floor::run(&spec));
        let engine = || Figures::of(&engine(case, server.address, time));
        // Who goes first changes: what a round leaves behind must not favour one.
        pairs.push(if round % 2 == 0 {
            let first = floor();
            (first, engine())
        } else {
            let first = engine();
            (floor(), first)
        });
    }
    pairs
}

/// What is read of a run's figures.
type Column = (&'static str, fn(&Figures) -> f64);

fn show(name: &str, pairs: &[(Figures, Figures)]) {
    const COLUMNS: [Column; 4] = [
        ("messages/s", |f| f.per_second),
        ("CPU ns", |f| f.cpu_ns),
        ("p50 us", |f| f.p50_us),
        ("p99 us", |f| f.p99_us),
    ];
    println!("{name}");
    for (title, of) in COLUMNS {
        let floor = median(pairs.iter().map(|(f, _)| of(f)).collect());
        let engine = median(pairs.iter().map(|(_, e)| of(e)).collect());
        let ratios: Vec<f64> = pairs.iter().map(|(f, e)| of(e) / of(f)).collect();
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let most = ratios.iter().copied().fold(0.0, f64::max);
        println!(
            "  {title:<11} floor {floor:>12.1}  engine {engine:>12.1}  ratio {:.3}  ({least:.3} to {most:.3})",
            median(ratios)
        );
    }
}

struct Options {
    rounds: usize,
    time: Duration,
    json: Option<String>,
    names: Vec<String>,
}

fn options() -> Options {
    let mut options = Options {
        rounds: 5,
        time: Duration::from_secs(2),
        json: None,
        names: Vec::new(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().unwrap_or_else(|| panic!("{arg} needs a value"));
        match arg.as_str() {
            "--rounds" => options.rounds = value().parse().expect("a number of rounds"),
            "--seconds" => {
                options.time = Duration::from_secs_f64(value().parse().expect("seconds"));
            }
            "--json" => options.json = Some(value()),
            // What cargo adds.
            "--bench" => {}
            name => options.names.push(name.to_owned()),
        }
    }
    options
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, command, kind, core] = args.as_slice()
        && command == "__serve"
    {
        floor::pin(core.parse().unwrap());
        floor::serve(kind == "udp", |port| println!("{port}"));
    }
    let options = options();
    floor::pin(1);
    let mut all = serde_json::Map::new();
    for case in &CASES {
        if !options.names.is_empty() && !options.names.iter().any(|n| n == case.name) {
            continue;
        }
        let pairs = compare(case, options.rounds, options.time);
        show(case.name, &pairs);
        let rounds = pairs
            .iter()
            .map(|(f, e)| serde_json::json!({"floor": f, "engine": e}));
        all.insert(case.name.to_owned(), rounds.collect());
    }
    if let Some(file) = options.json {
        let text = serde_json::to_string_pretty(&all).unwrap();
        std::fs::write(&file, text).unwrap();
    }
}

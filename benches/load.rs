//! What the load engine does for each request apart from system calls: asking when it is due, and
//! recording how long it took.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use harness::latency;
use harness::load::{Pacer, Schedule};
use harness::scenario::model::{Arrivals, Stage};

fn pacer(c: &mut Criterion) {
    let stages = [Stage {
        from: 1e5,
        to: 2e5,
        time: Duration::from_secs(24 * 3600),
    }];
    for (name, arrivals) in [
        ("constant", Arrivals::Constant),
        ("poisson", Arrivals::Poisson),
    ] {
        let mut pacer = Pacer::new(Schedule::new(&stages), arrivals, 1, 0, 1);
        c.bench_function(&format!("pacer/{name}"), |b| {
            b.iter(|| {
                pacer.advance();
                black_box(pacer.next())
            });
        });
    }
}

fn recorder(c: &mut Criterion) {
    let mut histogram = latency::empty();
    let mut ns = 1_u64;
    c.bench_function("record", |b| {
        b.iter(|| {
            // Values that lie apart, as latencies do.
            ns = (ns * 7 + 13) % 10_000_000;
            latency::record(&mut histogram, black_box(ns));
        });
    });
}

criterion_group!(benches, pacer, recorder);
criterion_main!(benches);

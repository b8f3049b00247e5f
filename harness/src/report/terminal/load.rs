//! What a load case measured, beneath its line: rates, ends of requests, who was busy.

use crate::report::text::{count, duration_ns, duration_us, grouped};
use crate::run::{CaseResult, LoadResult};

/// Rate and p99, for the case's own line.
pub(crate) fn facts(case: &CaseResult, load: &LoadResult) -> String {
    let p99 = case.latency.first().filter(|latency| latency.count > 0);
    match p99 {
        Some(latency) => format!("{}, p99 {}", rate(load.rate), duration_ns(latency.p99_ns)),
        None => "no answer".to_owned(),
    }
}

fn rate(per_second: f64) -> String {
    format!("{}/s", grouped(per_second.round().max(0.0) as u64))
}

/// All else, a line each.
pub(crate) fn lines(load: &LoadResult) -> Vec<String> {
    let mut out = vec![how(load), ends(load)];
    if let Some(lag) = &load.lag {
        out.push(format!(
            "schedule lag p50 {}, p99 {}, max {}; {} more than {} behind",
            duration_ns(lag.p50_ns),
            duration_ns(lag.p99_ns),
            duration_ns(lag.max_ns),
            grouped(of(load, "behind")),
            duration_us(load.lag_limit_us.unwrap_or(0)),
        ));
    }
    out.push(busy(load));
    let retransmitted = load.tcp_info.get("total_retrans").copied().unwrap_or(0);
    if retransmitted > 0 {
        let segments = count(retransmitted, "segment was", "segments were");
        out.push(format!("{segments} sent again"));
    }
    for (cause, times) in &load.causes {
        out.push(format!("{cause}: {}", count(*times, "time", "times")));
    }
    out
}

fn of(load: &LoadResult, name: &str) -> u64 {
    load.counts.get(name).copied().unwrap_or(0)
}

/// How the load was generated.
fn how(load: &LoadResult) -> String {
    let mut text = format!(
        "{}; {}",
        load.model,
        count(load.connections, "connection", "connections")
    );
    if load.pipeline_depth > 1 {
        text.push_str(&format!(" x {}", grouped(load.pipeline_depth)));
    }
    text.push_str(&format!(", {}", count(load.threads, "thread", "threads")));
    if load.busy_poll {
        text.push_str(" that never sleeps");
    }
    text.push_str(&format!(", {}", duration_us(load.measured_us)));
    if let Some(offered) = load.offered_rate {
        text.push_str(&format!("; offered {}", rate(offered)));
    }
    text
}

/// How requests ended: the sum of the ends is what was sent.
fn ends(load: &LoadResult) -> String {
    let mut text = format!("sent {}", grouped(of(load, "sent")));
    for (name, word) in [
        ("answered", "answered"),
        ("timeouts", "timed out"),
        ("failed", "failed"),
        ("corrupt", "corrupt"),
        ("unsent", "never sent"),
        ("refused", "connections refused"),
    ] {
        let n = of(load, name);
        if n > 0 || name == "answered" {
            text.push_str(&format!(", {} {word}", grouped(n)));
        }
    }
    let pieces = [("each_byte", "byte by byte"), ("random", "cut at random")];
    for (name, word) in pieces.into_iter().filter(|(name, _)| of(load, name) > 0) {
        text.push_str(&format!(", {} {word}", grouped(of(load, name))));
    }
    text
}

/// Who was busy.
fn busy(load: &LoadResult) -> String {
    let answered = of(load, "answered").max(1);
    let cpu = |us: Option<u64>| match us {
        None => "CPU not known".to_owned(),
        Some(us) => format!(
            "{} CPU, {} a request",
            duration_us(us),
            duration_ns(us * 1_000 / answered)
        ),
    };
    let mut text = format!("generator {}", cpu(load.generator_cpu_us));
    if load.target_cpu_us.is_some() {
        text.push_str(&format!("; target {}", cpu(load.target_cpu_us)));
    }
    if let Some(rss) = load.target_rss_bytes {
        text.push_str(&format!(", {:.1} MiB resident", rss as f64 / 1_048_576.0));
    }
    text
}

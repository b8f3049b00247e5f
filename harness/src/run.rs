//! The result of a run: one serialised value from which every report is rendered.
//!
//! Its JSON form is `run.json`, described in `reports/README.md`. The version changes when a
//! reader of the older form would be misled.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The version of the form below.
pub const VERSION: u32 = 1;

/// One run of the program.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The version of this form.
    pub v: u32,
    /// The program's version.
    pub harness: String,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// How long it took, in microseconds.
    pub elapsed_us: u64,
    /// The arguments that it was given.
    pub command_line: Vec<String>,
    /// The seed of everything random.
    pub seed: u64,
    /// True where it was interrupted: what follows is what was known then.
    pub partial: bool,
    /// The exit code.
    pub exit: i32,
    /// The machine.
    pub environment: Environment,
    /// Scenarios in the order in which they were named.
    pub scenarios: Vec<ScenarioResult>,
    /// Sums over all cases.
    pub totals: Totals,
}

/// The machine on which a run took place.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// `uname -r`.
    pub kernel: String,
    /// Such as `x86_64`.
    pub arch: String,
    /// Usable cores.
    pub cpus: u32,
    /// The processor's name.
    pub cpu_model: Option<String>,
    /// The frequency governor, where there is one.
    pub governor: Option<String>,
    /// Load averages over 1, 5 and 15 minutes at the start.
    pub load_average: Vec<f64>,
    /// The congestion control in use.
    pub congestion_control: Option<String>,
    /// The kernel settings that move socket behaviour, by name.
    pub sysctls: BTreeMap<String, String>,
}

/// One scenario against one target.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioResult {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: Option<String>,
    /// Its file.
    pub file: String,
    /// SHA-256 of its file.
    pub digest: String,
    /// Its cases, in order.
    pub cases: Vec<CaseResult>,
}

/// The target of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetInfo {
    /// The profile's name.
    pub name: String,
    /// How it was reached: the command, the address, or the reference server.
    pub how: String,
    /// Its address, such as `tcp://127.0.0.1:21001`.
    pub address: Option<String>,
    /// SHA-256 of its program file, where the harness started it.
    pub binary_sha256: Option<String>,
    /// How it ended, where it ended by itself.
    pub exit: Option<String>,
    /// Its last lines on stderr, where something went wrong.
    pub stderr: Vec<String>,
}

/// The verdict on a case.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// It does not hold, and it only should.
    Warn,
    /// It does not hold, and it only may.
    Info,
    /// It was not tried, for a reason of this machine or of the user's.
    Skip,
    /// It was not tried: the target declares that it does not support it.
    Unsupported,
    /// It fails, as a known failure says.
    Xfail,
    /// It passes, though a known failure says that it fails.
    Xpass,
    /// It could not be judged.
    Inconclusive,
    /// The harness itself failed.
    Error,
}

/// The result of one case.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CaseResult {
    /// Its id.
    pub id: String,
    /// What is true if it passes.
    pub title: String,
    /// The line of its scenario file.
    pub line: u32,
    /// Why it matters.
    pub why: Option<String>,
    /// The sources of the rule.
    pub cite: Vec<String>,
    /// `must`, `should` or `may`.
    pub level: String,
    /// Its target.
    pub target: TargetInfo,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it was skipped, unsupported, inconclusive or in error; or what a pass rests on.
    pub reason: Option<String>,
    /// True where a pass rests on deliveries of which not all were proved.
    pub unproved: bool,
    /// What was planned, delivered and proved.
    pub coverage: Coverage,
    /// Each distinct failure, smallest delivery first. At most 20 are kept.
    pub failures: Vec<Failure>,
    /// Failures that were left out of `failures`.
    pub failures_dropped: u32,
    /// Boundary diagrams of a case that demonstrates something.
    pub diagrams: Vec<Diagram>,
    /// Latencies by delivery class.
    pub latency: Vec<Latency>,
    /// Thresholds and what was measured.
    pub thresholds: Vec<ThresholdResult>,
    /// What was noticed beside the verdict, such as segment counts.
    pub notes: Vec<String>,
    /// Effective socket options of the first connection, by name.
    pub socket_options: BTreeMap<String, String>,
    /// TCP_INFO of the first connection, by name: after connect, and before close.
    #[serde(default)]
    pub tcp_info: BTreeMap<String, BeforeAfter>,
    /// What a load case measured.
    #[serde(default)]
    pub load: Option<Box<LoadResult>>,
    /// How long it took, in microseconds.
    pub elapsed_us: u64,
}

/// What a load case measured. Its response and service times stand in the case's `latency`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct LoadResult {
    /// `closed`, or `open` with its arrivals.
    pub model: String,
    /// Connections at a time.
    pub connections: u64,
    /// Requests that may wait for their answer on one connection.
    pub pipeline_depth: u64,
    /// Threads that generated the load.
    pub threads: u64,
    /// True where they never slept.
    pub busy_poll: bool,
    /// Time before the requests that count, in microseconds.
    pub warmup_us: u64,
    /// Time in which the requests that count were begun, in microseconds.
    pub measured_us: u64,
    /// Requests a second that the schedule asked for; `None` in the closed model.
    pub offered_rate: Option<f64>,
    /// Requests a second that were answered.
    pub rate: f64,
    /// What was counted. `sent = answered + timeouts + failed`.
    pub counts: BTreeMap<String, u64>,
    /// What broke connections, by errno name or in words.
    pub causes: BTreeMap<String, u64>,
    /// How much later than they could have requests left; `None` in the closed model.
    pub lag: Option<Latency>,
    /// How late a request may leave, in microseconds, before it counts as behind schedule.
    pub lag_limit_us: Option<u64>,
    /// One window a second, the warm-up included.
    pub windows: Vec<LoadWindow>,
    /// Processor time of the generator's threads, in microseconds.
    pub generator_cpu_us: Option<u64>,
    /// Processor time of the target meanwhile, in microseconds.
    pub target_cpu_us: Option<u64>,
    /// The most memory of the target that was seen, in bytes.
    pub target_rss_bytes: Option<u64>,
    /// TCP_INFO of the connections that were open at the end, summed, by name.
    pub tcp_info: BTreeMap<String, u64>,
}

/// One second of a load case.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LoadWindow {
    /// Its number since the start, from 0.
    pub second: u64,
    /// Requests that were begun in it.
    pub sent: u64,
    /// Requests that failed or timed out in it.
    pub errors: u64,
    /// Response times of the requests after the warm-up that ended in it.
    pub response: Latency,
}

/// One number of the kernel's, twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BeforeAfter {
    /// After connect.
    pub before: u64,
    /// Before close.
    pub after: u64,
}

/// What was planned, delivered and proved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Deliveries in the plan.
    pub planned: u64,
    /// Deliveries that were carried out.
    pub delivered: u64,
    /// Deliveries of which every piece was proved, or that needed no proof (`whole`).
    pub proved: u64,
    /// Deliveries that failed.
    pub failed: u64,
    /// Proofs by kind (`consumed`, `idle`, `queued_together`, `paced`), counted in pieces.
    pub proofs: BTreeMap<String, u64>,
    /// The same sums by delivery class.
    pub classes: BTreeMap<String, ClassCoverage>,
}

/// Sums for one delivery class, such as `each_cut`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassCoverage {
    /// Deliveries in the plan.
    pub planned: u64,
    /// Deliveries that were carried out.
    pub delivered: u64,
    /// Deliveries that were proved.
    pub proved: u64,
    /// Deliveries that failed.
    pub failed: u64,
}

/// One failing delivery, or one failing step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// The delivery in words, such as `request "ls" cut at 2 of 6, inside length (bytes 0..4)`.
    pub delivery: String,
    /// The delivery class.
    pub class: String,
    /// The step or exchange at which it shows.
    pub step: String,
    /// The line of the scenario file.
    pub line: u32,
    /// `wrong answer`, `hang`, `crash`, `closed`, `stray bytes`, ...
    pub kind: String,
    /// What should have come, in words, such as `the reply that the whole request gets`.
    pub expected: String,
    /// The bytes that should have come, where they are known.
    #[serde(default)]
    pub expected_bytes: Option<Octets>,
    /// What came, in words, such as `closed after 5 bytes`.
    pub actual: String,
    /// The bytes that came, where any did.
    #[serde(default)]
    pub actual_bytes: Option<Octets>,
    /// How many deliveries failed in this way.
    pub count: u64,
    /// The pattern of the failing deliveries, such as `4 of 63 cuts: exactly those inside length`.
    pub pattern: Option<String>,
    /// A command that runs just this again.
    pub rerun: String,
    /// Its boundary diagram.
    pub diagram: Option<Diagram>,
}

/// An excerpt of a byte string: at most [`Octets::MAX`] bytes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Octets {
    /// The offset of the excerpt's first byte in the whole.
    pub start: u64,
    /// The excerpt, in hexadecimal.
    pub hex: String,
    /// The number of bytes of the whole.
    pub len: u64,
}

/// How bytes lay in writes, segments, reads and frames, in one direction or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagram {
    /// What it shows.
    pub title: String,
    /// One block a connection and direction.
    pub streams: Vec<DiagramStream>,
}

/// One direction of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiagramStream {
    /// Such as `a -> target`.
    pub title: String,
    /// The bytes, at most 4,096 of them, in hexadecimal.
    pub bytes_hex: String,
    /// The true number of bytes.
    pub len: u64,
    /// Its rows, from writes to frames.
    pub rows: Vec<DiagramRow>,
}

/// One row: the borders that one layer saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiagramRow {
    /// `writes`, `segments`, `reads` or `frames`.
    pub layer: String,
    /// Pieces in order.
    pub spans: Vec<DiagramSpan>,
    /// True where the borders were seen or proved; false where they are inferred.
    pub proved: bool,
    /// A remark, such as `3 segments counted`.
    pub note: Option<String>,
}

/// One piece.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiagramSpan {
    /// The first byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// A label, such as a field's name; may be empty.
    pub label: String,
    /// Microseconds since the case began.
    pub at_us: Option<u64>,
}

/// Latencies of one delivery class: from the end of the request's last write to the end of the
/// reply. Of a load case: `response_time`, from the time at which a request was to be sent, and
/// `service_time`, from its first write.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// The delivery class, or `response_time`, `service_time`, `lag` of a load case.
    pub class: String,
    /// Values recorded.
    pub count: u64,
    /// Smallest, in nanoseconds.
    pub min_ns: u64,
    /// p50, in nanoseconds.
    pub p50_ns: u64,
    /// p90, in nanoseconds.
    pub p90_ns: u64,
    /// p99, in nanoseconds.
    pub p99_ns: u64,
    /// p99.9, in nanoseconds.
    #[serde(default)]
    pub p999_ns: u64,
    /// Greatest, in nanoseconds.
    pub max_ns: u64,
    /// The histogram: HdrHistogram V2, deflated, base64.
    pub hdr: String,
}

/// One threshold and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThresholdResult {
    /// As it was written.
    pub text: String,
    /// True where it holds.
    pub holds: bool,
    /// What was measured, in the threshold's unit (times: nanoseconds). `None`: nothing was.
    pub measured: Option<f64>,
}

/// Sums over all cases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Cases by verdict.
    pub verdicts: BTreeMap<Verdict, u64>,
    /// Passes that rest on unproved deliveries.
    pub unproved: u64,
    /// Deliveries planned.
    pub planned: u64,
    /// Deliveries carried out.
    pub delivered: u64,
    /// Deliveries proved.
    pub proved: u64,
}

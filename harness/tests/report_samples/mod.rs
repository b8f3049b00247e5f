//! Constructed runs that the report tests render.
#![allow(dead_code, reason = "each test file uses its own part of the samples")]

use std::collections::BTreeMap;

use harness::run::*;

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn target() -> TargetInfo {
    TargetInfo {
        name: "plc".into(),
        how: "./plc --port 21001".into(),
        address: Some("tcp://127.0.0.1:21001".into()),
        ..TargetInfo::default()
    }
}

pub(crate) fn coverage(planned: u64, delivered: u64, proved: u64, failed: u64) -> Coverage {
    Coverage {
        planned,
        delivered,
        proved,
        failed,
        proofs: BTreeMap::from([("consumed".into(), proved)]),
        classes: BTreeMap::from([(
            "each_cut".into(),
            ClassCoverage {
                planned,
                delivered,
                proved,
                failed,
            },
        )]),
    }
}

pub(crate) fn case(id: &str, title: &str, verdict: Verdict) -> CaseResult {
    CaseResult {
        id: id.into(),
        title: title.into(),
        line: 12,
        why: None,
        cite: Vec::new(),
        level: "must".into(),
        target: target(),
        verdict,
        reason: None,
        unproved: false,
        coverage: coverage(63, 63, 63, 0),
        failures: Vec::new(),
        failures_dropped: 0,
        diagrams: Vec::new(),
        latency: Vec::new(),
        thresholds: Vec::new(),
        notes: Vec::new(),
        tcp_info: BTreeMap::new(),
        socket_options: BTreeMap::new(),
        load: None,
        elapsed_us: 41_300,
    }
}

pub(crate) fn failure() -> Failure {
    let (expected, actual) = Octets::pair(b"hello\n", b"he");
    Failure {
        delivery: "request \"ls\" cut at 2 of 6, inside length (bytes 0..4)".into(),
        class: "each_cut".into(),
        step: "play: exchange list".into(),
        line: 14,
        kind: "wrong answer".into(),
        expected: "the reply that the whole request gets, 6 bytes".into(),
        expected_bytes: Some(expected),
        actual: "closed after 2 bytes".into(),
        actual_bytes: Some(actual),
        count: 4,
        pattern: Some("4 of 63 cuts: exactly those inside length".into()),
        rerun: "harness run framing.yaml --target plc.yaml --filter framing.cut --delivery cut:2 --seed 42".into(),
        diagram: Some(Diagram {
            title: "The failing delivery".into(),
            streams: vec![DiagramStream {
                title: "a -> target".into(),
                bytes_hex: hex(b"\0\0\0\x02ls"),
                len: 6,
                rows: vec![
                    row("writes", true, &[(0, 2, ""), (2, 6, "")]),
                    row("reads", false, &[(0, 2, ""), (2, 6, "")]),
                    row("frames", true, &[(0, 4, "length"), (4, 6, "body")]),
                ],
            }],
        }),
    }
}

pub(crate) fn row(layer: &str, proved: bool, spans: &[(u64, u64, &str)]) -> DiagramRow {
    DiagramRow {
        layer: layer.into(),
        proved,
        note: None,
        spans: spans
            .iter()
            .map(|(start, end, label)| DiagramSpan {
                start: *start,
                end: *end,
                label: (*label).into(),
                at_us: None,
            })
            .collect(),
    }
}

pub(crate) fn sticky() -> Diagram {
    let mut writes = row("writes", true, &[(0, 5, ""), (5, 8, ""), (8, 14, "")]);
    for (span, at) in writes.spans.iter_mut().zip([0, 12, 25]) {
        span.at_us = Some(at);
    }
    let mut segments = row("segments", true, &[(0, 5, ""), (5, 8, ""), (8, 14, "")]);
    segments.note = Some("3 segments counted".into());
    let mut reads = row("reads", true, &[(0, 14, "")]);
    reads.note = Some("1 read of 14".into());
    reads.spans[0].at_us = Some(40_310);
    Diagram {
        title: "Three writes, one read".into(),
        streams: vec![DiagramStream {
            title: "a -> target".into(),
            bytes_hex: hex(b"hellohaihahaha"),
            len: 14,
            rows: vec![writes, segments, reads],
        }],
    }
}

pub(crate) fn scenario(name: &str, cases: Vec<CaseResult>) -> ScenarioResult {
    ScenarioResult {
        name: name.into(),
        about: Some("A stream has no boundaries.".into()),
        file: format!("scenarios/{name}.yaml"),
        digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        cases,
    }
}

/// A run with its sums and its exit code made from its cases.
pub(crate) fn run(scenarios: Vec<ScenarioResult>) -> Run {
    let cases: Vec<&CaseResult> = scenarios.iter().flat_map(|s| &s.cases).collect();
    let mut totals = Totals::default();
    for case in &cases {
        *totals.verdicts.entry(case.verdict).or_default() += 1;
        totals.unproved += u64::from(case.unproved);
        totals.planned += case.coverage.planned;
        totals.delivered += case.coverage.delivered;
        totals.proved += case.coverage.proved;
    }
    let exit = i32::from(harness::exit::of(cases, false));
    Run {
        v: VERSION,
        harness: "0.1.0".into(),
        started: "2026-11-20T12:00:00Z".into(),
        elapsed_us: 3_412_000,
        command_line: ["harness", "run", "framing.yaml"]
            .map(String::from)
            .to_vec(),
        seed: 42,
        partial: false,
        exit,
        environment: Environment {
            kernel: "6.18.5".into(),
            arch: "x86_64".into(),
            cpus: 2,
            load_average: vec![0.5, 0.25, 0.125],
            sysctls: BTreeMap::from([("net.ipv4.tcp_sack".into(), "1".into())]),
            ..Environment::default()
        },
        scenarios,
        totals,
    }
}

/// Everything passes.
pub(crate) fn passing() -> Run {
    let mut demo = case(
        "sticky.merge",
        "Three small writes arrive as one read",
        Verdict::Pass,
    );
    demo.coverage = coverage(1, 1, 1, 0);
    demo.diagrams = vec![sticky()];
    demo.notes =
        vec!["Nagle held back the second and third write until the first was acknowledged".into()];
    run(vec![
        scenario(
            "framing",
            vec![
                case("framing.cut", "A message survives every cut", Verdict::Pass),
                case(
                    "framing.merge_half",
                    "Two messages and half of a third arrive together",
                    Verdict::Pass,
                ),
            ],
        ),
        scenario("sticky", vec![demo]),
    ])
}

/// One case of every verdict.
pub(crate) fn every_verdict() -> Run {
    let mut unproved = case(
        "framing.bytes",
        "A message survives byte by byte",
        Verdict::Pass,
    );
    unproved.unproved = true;
    unproved.coverage = coverage(63, 63, 54, 0);
    unproved.reason = Some(
        "9 deliveries were not proved: the peer's socket was not found in the socket table".into(),
    );

    let mut fail = case("framing.cut", "A message survives every cut", Verdict::Fail);
    fail.why = Some("recv() may return any prefix of what was sent; a program that takes one read for one message breaks as soon as the network is slow.".into());
    fail.cite = vec!["RFC 9293 section 3.7".into(), "STREAM-COAL-01".into()];
    fail.failures = vec![failure()];
    fail.coverage = coverage(63, 63, 63, 4);
    fail.target.exit = Some("exited with code 139 (SIGSEGV)".into());
    fail.target.stderr = vec![
        "reading header".into(),
        "panic: short \x1b[31mread\x1b[0m".into(),
    ];

    let mut warn = case(
        "close.half",
        "The server answers after the client's FIN",
        Verdict::Warn,
    );
    warn.level = "should".into();
    warn.failures = vec![Failure {
        diagram: None,
        kind: "hang".into(),
        expected_bytes: None,
        actual_bytes: None,
        actual: "nothing within 50 ms".into(),
        count: 1,
        pattern: None,
        ..failure()
    }];
    warn.coverage = coverage(3, 3, 3, 1);

    let mut info = case(
        "close.linger",
        "The server closes with FIN, not RST",
        Verdict::Info,
    );
    info.level = "may".into();
    info.failures = warn.failures.clone();
    info.failures[0].kind = "closed".into();
    info.failures[0].actual = "RST".into();

    let mut skip = case(
        "restart.time_wait",
        "The server can start again while its port is in TIME_WAIT",
        Verdict::Skip,
    );
    skip.reason = Some("needs `started`: the target is an address".into());
    skip.coverage = Coverage {
        planned: 3,
        ..Coverage::default()
    };
    skip.elapsed_us = 0;

    let mut unsupported = case(
        "pipelining",
        "Two requests may be sent before the first answer",
        Verdict::Unsupported,
    );
    unsupported.reason = Some("the profile says `without: [pipelining]`".into());
    unsupported.coverage = Coverage::default();

    let mut xfail = case(
        "limits.bomb",
        "A length of 4 GiB is refused",
        Verdict::Xfail,
    );
    xfail.reason = Some("issue 17, until 2027-01-01".into());
    xfail.failures = info.failures.clone();

    let xpass = case(
        "limits.negative",
        "A negative length is refused",
        Verdict::Xpass,
    );

    let mut inconclusive = case(
        "proof.idle",
        "The parser saw each piece",
        Verdict::Inconclusive,
    );
    inconclusive.reason = Some("the target's process tree changed while it was watched".into());
    inconclusive.coverage = coverage(63, 12, 10, 0);

    let mut error = case("load.steady", "20,000 requests a second", Verdict::Error);
    error.reason = Some("sock_diag: EPERM on the netlink socket".into());

    run(vec![
        scenario("framing", vec![unproved, fail, warn, info]),
        scenario(
            "rest",
            vec![skip, unsupported, xfail, xpass, inconclusive, error],
        ),
    ])
}

/// Thresholds, one of them broken.
pub(crate) fn thresholds() -> Run {
    let mut load = case(
        "load.steady",
        "20,000 requests a second over 64 connections",
        Verdict::Pass,
    );
    load.thresholds = vec![
        ThresholdResult {
            text: "p50 < 1ms".into(),
            holds: true,
            measured: Some(210_000.0),
        },
        ThresholdResult {
            text: "p99 < 10ms".into(),
            holds: false,
            measured: Some(41_250_000.0),
        },
        ThresholdResult {
            text: "errors == 0".into(),
            holds: true,
            measured: Some(0.0),
        },
        ThresholdResult {
            text: "lag < 1ms".into(),
            holds: false,
            measured: None,
        },
    ];
    load.latency = vec![Latency {
        class: "whole".into(),
        count: 200_000,
        min_ns: 43_000,
        p50_ns: 210_000,
        p90_ns: 1_900_000,
        p99_ns: 41_250_000,
        p999_ns: 77_000_000,
        max_ns: 81_000_000,
        hdr: String::new(),
    }];
    run(vec![scenario("load", vec![load])])
}

/// A failure with long bytes, several failures, and a folded diagram.
pub(crate) fn long_bytes() -> Run {
    let expected: Vec<u8> = (0..5_000_u32)
        .flat_map(|i| format!("line {i}\n").into_bytes())
        .collect();
    let mut actual = expected.clone();
    actual[20_000] = b'!';
    let (e, a) = Octets::pair(&expected, &actual);
    let text = Failure {
        expected_bytes: Some(e),
        actual_bytes: Some(a),
        actual: "as many bytes, not the same".into(),
        ..failure()
    };
    let binary: Vec<u8> = (0..=255).collect();
    let (e, a) = Octets::pair(&binary, &binary[..100]);
    let cuts: Vec<(u64, u64, &str)> = (0..300).map(|i| (i, i + 1, "")).collect();
    let dump = Failure {
        expected_bytes: Some(e),
        actual_bytes: Some(a),
        diagram: Some(Diagram {
            title: String::new(),
            streams: vec![DiagramStream {
                title: "a -> target".into(),
                bytes_hex: hex(&binary),
                len: 300,
                rows: vec![
                    row("writes", true, &cuts),
                    row("reads", false, &[(0, 300, "")]),
                    row(
                        "frames",
                        true,
                        &[(0, 4, "length"), (4, 300, "body"), (4, 20, "digest")],
                    ),
                ],
            }],
        }),
        ..failure()
    };
    let mut long = case(
        "framing.long",
        "A long message survives every cut",
        Verdict::Fail,
    );
    long.failures = vec![text, dump, failure(), failure(), failure()];
    long.failures_dropped = 7;
    long.target.stderr = (0..20).map(|i| format!("line {i}")).collect();
    run(vec![scenario("framing", vec![long])])
}

/// Interrupted.
pub(crate) fn partial() -> Run {
    let mut run = passing();
    run.partial = true;
    run.exit = 130;
    run.totals.delivered -= 20;
    run
}

/// Text that others wrote, at its worst, in every place.
pub(crate) fn hostile() -> Run {
    let evil = "a\x1b[31m]]>\n::error::x|`<b>&\"'%\r\u{202e}\0 # SKIP, ```\n</details>";
    let mut bad = case(evil, evil, Verdict::Fail);
    bad.why = Some(evil.into());
    bad.cite = vec![evil.into()];
    bad.level = evil.into();
    bad.reason = Some(evil.into());
    bad.notes = vec![evil.into()];
    bad.target = TargetInfo {
        name: evil.into(),
        how: evil.into(),
        address: None,
        binary_sha256: None,
        exit: Some(evil.into()),
        stderr: vec![evil.into()],
    };
    bad.thresholds = vec![ThresholdResult {
        text: evil.into(),
        holds: false,
        measured: Some(f64::INFINITY),
    }];
    let mut broken = failure();
    for text in [
        &mut broken.delivery,
        &mut broken.class,
        &mut broken.step,
        &mut broken.kind,
        &mut broken.expected,
        &mut broken.actual,
        &mut broken.rerun,
    ] {
        *text = evil.into();
    }
    broken.pattern = Some(evil.into());
    bad.failures = vec![broken];
    let mut scenario = scenario(evil, vec![bad.clone(), bad]);
    scenario.file = evil.into();
    run(vec![scenario.clone(), scenario])
}

/// All samples by name.
pub(crate) fn all() -> Vec<(&'static str, Run)> {
    vec![
        ("passing", passing()),
        ("every_verdict", every_verdict()),
        ("thresholds", thresholds()),
        ("long_bytes", long_bytes()),
        ("partial", partial()),
        ("nothing", run(Vec::new())),
        ("hostile", hostile()),
    ]
}

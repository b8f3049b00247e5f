//! The samples under `tests/data/valid` hold every key of the language; what they mean is known.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, in its helpers too"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use harness::scenario::model::{
    Capability, Case, CloseHow, Comparison, Condition, DeliverySpec, Document, Ends, ExitWant,
    Level, Metric, Need, Op, Order, Origin, Ready, RecvExpect, Reply, Reset, Role, SendData,
    StepKind,
};
use harness::scenario::{find, load};
use harness::step::{Connect, Ended, Play, Recv, Require, Send, Set};
use harness_net::{Endpoint, TcpState, Transport};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/valid")
        .join(name)
}

fn document(name: &str) -> Document {
    load(&data(name)).unwrap_or_else(|errors| panic!("{}", errors.render(false)))
}

#[test]
fn every_sample_is_valid() {
    let files = find(&[data("")]).unwrap();
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        if let Err(errors) = load(&file) {
            panic!("{}", errors.render(false));
        }
    }
}

fn case_of(document: &Document, id: &str) -> Case {
    let mut cases = document.scenarios.iter().flat_map(|s| &s.cases);
    cases
        .find(|c| c.id == id)
        .unwrap_or_else(|| panic!("no case {id}"))
        .clone()
}

#[test]
fn a_profile_means_what_it_says() {
    let document = document("plc.yaml");
    assert_eq!(document.digest.len(), 64);
    let [plc] = document.profiles.as_slice() else {
        panic!("one profile")
    };
    assert_eq!(plc.name, "plc");
    assert_eq!(plc.about.as_deref(), Some("A Modbus-like server."));
    assert_eq!((plc.at.line, plc.at.column), (1, 9));
    assert_eq!(plc.transport, Transport::Tcp);
    let Origin::Start(start) = &plc.origin else {
        panic!("{:?}", plc.origin)
    };
    assert_eq!(
        start.argv,
        ["./plc", "--port", "{port}", "--unit", "0500"],
        "arguments are text"
    );
    assert_eq!(start.env["LEVEL"], "3");
    assert_eq!(start.env["PLC_HOST"], "{host}");
    assert_eq!(start.dir.as_deref(), Some(&*data("bin")));
    assert!(matches!(&start.ready, Ready::Line(line) if line == "ready"));
    assert_eq!(start.within, Duration::from_secs(3));
    let o = &plc.options;
    assert_eq!(
        (o.nodelay, o.cork, o.quickack),
        (Some(true), Some(false), Some(true))
    );
    assert_eq!(
        (o.sndbuf, o.rcvbuf, o.maxseg),
        (Some(16384), Some(8192), Some(536))
    );
    assert_eq!(
        (o.reuseaddr, o.reuseport, o.keepalive),
        (Some(true), Some(false), Some(true))
    );
    assert_eq!(
        (o.linger, o.user_timeout),
        (Some(Duration::ZERO), Some(Duration::from_millis(500)))
    );
    assert_eq!(
        (o.bind, o.bind_port),
        (Some("127.0.0.2".parse().unwrap()), Some(40000))
    );
    assert_eq!(plc.without.len(), 7, "named twice is named");
    assert!(plc.without.contains(&Capability::EarlyData));
    assert!(!plc.idempotent);
    assert_eq!(plc.reset, Reset::Restart);
    assert_eq!(plc.timeout, Some(Duration::from_secs(2)));
    // A greeting has no request; a reply that is not given is learned in the request's frame.
    assert!(plc.opening[0].request.is_none());
    assert!(matches!(plc.closing[0].reply, Reply::Closes));
    let [read, write] = plc.exchanges.as_slice() else {
        panic!("two exchanges")
    };
    assert!(matches!(&read.reply, Reply::Learned { frame, .. } if frame == "adu"));
    assert_eq!((read.at.line, read.at.column), (25, 5));
    let request = &read.request.as_ref().unwrap().shape().unwrap().bytes;
    assert_eq!(request[2..], [0, 0, 0, 6, 1, 3, 0, 0x10, 0, 2]);
    let Reply::Given(replies) = &write.reply else {
        panic!("{:?}", write.reply)
    };
    assert_eq!(replies[0].shape().unwrap().bytes[6], 7);
}

#[test]
fn every_kind_of_field_encodes_what_it_is_given() {
    let document = document("kinds.yaml");
    let exchanges = &document.profiles[0].exchanges;
    let request = |name: &str| {
        let exchange = exchanges.iter().find(|e| e.name == name).unwrap();
        exchange
            .request
            .as_ref()
            .unwrap()
            .fixed()
            .unwrap()
            .bytes
            .clone()
    };
    let numbers = b"\xff\xff\xff\xff\xac\x0212:0007\xff\xff";
    assert_eq!(request("numbers"), numbers, "no length over udp, no text");
    assert_eq!(request("lines"), b"n:2\nA:b\n\nxone\ntwo\n.\n\r\n");
    let frames = b"\x02\x02hi\x02A\x07C\x01\x09ER\x05";
    assert_eq!(request("frames"), frames);
    let volatile = &document.profiles[0].volatile;
    assert_eq!(
        volatile["frames"],
        ["items[0].one.x", "point.x", "body.text", "body.length"],
        "fields of frames inside have names"
    );
}

#[test]
fn protocols_say_what_is_written() {
    let document = document("protocols.yaml");
    let profile = &document.profiles[0];
    let exchange = |name: &str| profile.exchanges.iter().find(|e| e.name == name).unwrap();
    let request = |name: &str| {
        let request = exchange(name).request.as_ref();
        String::from_utf8_lossy(&request.unwrap().fixed().unwrap().bytes).into_owned()
    };
    let reply = |name: &str| match &exchange(name).reply {
        Reply::Given(all) => {
            let all: Vec<_> = all
                .iter()
                .flat_map(|m| m.fixed().unwrap().bytes.clone())
                .collect();
            String::from_utf8_lossy(&all).into_owned()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(request("get"), "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    assert_eq!(
        request("post"),
        "POST /a HTTP/1.1\r\nHost: a.example\r\nX: 1\r\nX: 2\r\nContent-Length: 1\r\n\r\n\0"
    );
    assert_eq!(
        reply("post"),
        "HTTP/1.1 201 Made\r\nLocation: /b\r\nContent-Length: 4\r\n\r\nmade"
    );
    assert_eq!(
        request("chunks"),
        "PUT / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n\
         2\r\nab\r\na\r\ncccccccccc\r\n0\r\nT: u\r\n\r\n"
    );
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(reply("chunks"), interim);
    assert_eq!(
        reply("head"),
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    );
    assert!(reply("upgrade").ends_with("Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"));
    assert_eq!(
        request("command"),
        "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1\r\n\u{fffd}\r\n"
    );
    assert_eq!(reply("command"), "+OK\r\n");
    assert_eq!(request("inline"), "GET key\r\n");
    assert_eq!(
        reply("inline"),
        "*6\r\n:-5\r\n$-1\r\n*-1\r\n-ERR no\r\n*0\r\n$4\r\ntext\r\n"
    );
    let bytes = |name: &str| {
        &exchange(name)
            .request
            .as_ref()
            .unwrap()
            .fixed()
            .unwrap()
            .bytes
    };
    // RFC 6455 section 5.7: a client masks, a server does not.
    assert_eq!(
        bytes("text"),
        b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
    );
    assert_eq!(reply("text"), "\u{fffd}\u{5}Hello");
    assert_eq!(bytes("parts").len(), 6 + 3 + 6 + 6 + 2);
    assert_eq!(reply("parts"), "\u{fffd}\0\u{2}\u{1}\u{fffd}\u{fffd}\0");
    assert_eq!(bytes("bye").len(), 6 + 2 + 3);
    // A length differs with what it counts.
    assert_eq!(
        profile.volatile["http"],
        ["date", "body", "chunks", "content-length"]
    );
    assert_eq!(profile.volatile["resp"], ["data", "length"]);
    assert_eq!(profile.volatile["ws"], ["payload", "length"]);
}

#[test]
fn frames_encode_what_they_are_given() {
    let document = document("frames.yaml");
    let profile = &document.profiles[0];
    assert!(
        matches!(&profile.origin, Origin::Builtin(b) if b.server == "echo" && b.model.as_deref() == Some("thread"))
    );
    assert_eq!(profile.frames.len(), 9);
    let exchange = |name: &str| profile.exchanges.iter().find(|e| e.name == name).unwrap();
    let request = |name: &str| {
        exchange(name)
            .request
            .as_ref()
            .unwrap()
            .fixed()
            .unwrap()
            .bytes
            .clone()
    };
    assert_eq!(request("text"), b"PING\n");
    assert_eq!(
        request("braces"),
        b"{\"a\": 1} {A} {unknown}\n",
        "braces stand for themselves"
    );
    assert_eq!(request("quoted"), b"learned\n", "quoted, it is text");
    assert!(matches!(exchange("quoted").reply, Reply::Given(_)));
    assert!(matches!(exchange("braces").reply, Reply::Learned { .. }));
    assert_eq!(request("b64"), b"hello");
    assert!(matches!(exchange("b64").reply, Reply::None));
    assert_eq!(request("filled"), b"aaaa");
    assert!(matches!(&exchange("filled").reply, Reply::Given(two) if two.len() == 2));
    let filled = request("text_fill");
    assert_eq!(filled.len(), 4 + 1000);
    assert_eq!(
        filled[..4],
        1004u32.to_be_bytes(),
        "`counts: all` counts itself"
    );
    assert!(filled.ends_with(b"abca"));
    assert_eq!(request("from_file")[4..], *b"payload");
    assert_eq!(request("joined"), [4, 0, b'a', b'b', b'c', b'c']);
    let job = request("job");
    let header = u32::from_be_bytes(job[..4].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&job[4..4 + header]).unwrap();
    assert_eq!(
        header["n"],
        serde_json::json!([1, -2.5, null, true, "0500"])
    );
    assert_eq!(header["free"]["on"], 1, "names are free in JSON");
    assert_eq!(header["total_size"], 2);
    let mixed = request("mixed");
    assert!(mixed.starts_with(b"\xca\xfen\xc3\xa4me\n1234"));
    assert!(mixed.ends_with(b"\xde\xad\xbe\xef\0"));
    assert_eq!(request("tail"), [1]);
}

#[test]
fn steps_mean_what_they_say() {
    let document = document("steps.yaml");
    let scenario = &document.scenarios[0];
    assert_eq!(
        scenario.target.as_ref().unwrap().name,
        "local",
        "it stands further down"
    );
    let case = case_of(&document, "steps.every-one");
    assert_eq!(case.level, Level::Should);
    assert_eq!(case.cite, ["RFC 9293 section 3.7", "STREAM-COAL-01"]);
    assert_eq!(case.tags, ["slow", "404"]);
    assert_eq!(case.needs.len(), 12);
    assert!(case.needs.contains(&Need::Capability(Capability::Hostile)));
    assert!(case.share && case.show && case.target.is_none());
    assert_eq!(
        case.deliver,
        [
            DeliverySpec::Whole,
            DeliverySpec::Cut { at: vec![1, 3] },
            DeliverySpec::EachCut,
            DeliverySpec::FieldPairs,
            DeliverySpec::EachByte,
            DeliverySpec::Random { runs: 200 },
            DeliverySpec::Merge {
                from: 2,
                to: None,
                plus_half: true
            },
            DeliverySpec::Merge {
                from: 3,
                to: Some(3),
                plus_half: false
            },
            DeliverySpec::Merge {
                from: 2,
                to: Some(4),
                plus_half: false
            },
        ]
    );
    let bounds: Vec<_> = case
        .thresholds
        .iter()
        .map(|t| (t.metric, t.is.op, t.is.value))
        .collect();
    assert_eq!(
        bounds,
        [
            (Metric::Quantile(0.5), Op::Less, 20e6),
            (Metric::Quantile(99.9 / 100.0), Op::AtMost, 1.5e9),
            (Metric::Mean, Op::Greater, 1e3),
            (Metric::Max, Op::AtLeast, 2.0),
            (Metric::Quantile(0.99), Op::Equal, 1e9),
            (Metric::Quantile(0.9), Op::NotEqual, 60e9),
        ]
    );
    assert_eq!(case.thresholds[1].text, "p99.9 <= 1.5s");
}

/// The steps of the case, as short words: a change of any of them shows here.
#[test]
fn each_step_names_its_connection() {
    let document = document("steps.yaml");
    let case = case_of(&document, "steps.every-one");
    let told: Vec<String> = case.steps.iter().map(|s| tell(&s.kind)).collect();
    assert_eq!(
        told,
        [
            "play main all",
            "play other ping",
            "play other all",
            "connect a",
            "connect b nodelay",
            "connect none_there ECONNREFUSED",
            "send b whole 5",
            "send b whole 2",
            "send a parts 2",
            "send b merged 2",
            "send b writes 2 more",
            "send b vectored 2 EPIPE",
            "send b whole 3",
            "recv b exact",
            "recv a exact [3] 1s",
            "recv b prefix [3, 10]",
            "recv b regex ^a+b",
            "recv b size 4096",
            "recv b nothing 50ms",
            "recv b reads 2",
            "silence b 100ms",
            "silence a 1s",
            "set a",
            "require TIME_WAIT",
            "require segments a AtLeast 3",
            "expect peer_queue b Equal 5",
            "expect own_queue b Less 4096",
            "expect unsent b NotEqual 0",
            "expect target_alive",
            "expect target_idle",
            "timed fast 1",
            "timed slow 1",
            "expect ratio slow fast AtLeast 4",
            "pause",
            "resume",
            "repeat 5 [connect again, close again]",
            "shutdown a",
            "closed b Fin None",
            "closed a Any Some(1s)",
            "close a",
            "reset b",
            "shutdown other",
            "closed other Reset None",
            "close other",
            "stop kill",
            "start 2s",
            "second refused",
            "second ready",
            "stop term",
            "start 5s",
            "connect a",
            "reset a",
        ]
    );
    assert_eq!((case.steps[0].at.line, case.steps[0].at.column), (18, 9));
    let defaults = case_of(&document, "defaults");
    assert_eq!(defaults.level, Level::Must);
    assert_eq!(defaults.deliver, [DeliverySpec::Whole]);
    assert_eq!(tell(&defaults.steps[0].kind), "play main all");
    assert!(!defaults.share && !defaults.show);
}

fn measured(what: &str, on: &str, is: Comparison) -> String {
    format!("{what} {on} {:?} {}", is.op, is.value)
}

fn tell(step: &StepKind) -> String {
    let condition = |c: &Condition| match c {
        Condition::PortState(seen) => seen.state.to_string(),
        Condition::Segments(m) => measured("segments", &m.on, m.is),
        Condition::PeerQueue(m) => measured("peer_queue", &m.on, m.is),
        Condition::OwnQueue(m) => measured("own_queue", &m.on, m.is),
        Condition::Unsent(m) => measured("unsent", &m.on, m.is),
        Condition::Ratio(r) => measured("ratio", &format!("{} {}", r.of, r.to), r.is),
        Condition::TargetAlive(_) => "target_alive".into(),
        Condition::TargetIdle(_) => "target_idle".into(),
        other => other.words(),
    };
    match step {
        StepKind::Play(Play { exchanges, on }) => {
            let all = || "all".to_owned();
            let names = exchanges.as_ref().map_or_else(all, |names| names.join(","));
            format!("play {on} {names}")
        }
        StepKind::Connect(Connect {
            name,
            options,
            error,
            count: _,
            to: _,
        }) => {
            let nodelay = if options.nodelay == Some(true) {
                " nodelay"
            } else {
                ""
            };
            format!("connect {name}{nodelay} {}", error.as_deref().unwrap_or(""))
                .trim()
                .to_owned()
        }
        StepKind::Ended(Ended { ends, within }) => {
            format!("ended {:?} {:?} {within:?}", ends.exit, ends.stdout)
        }
        StepKind::Send(Send {
            on, data, error, ..
        }) => {
            let data = match data {
                SendData::Whole(bytes) => format!("whole {}", bytes.len()),
                SendData::Parts(parts) => format!("parts {}", parts.len()),
                SendData::Merged(parts) => format!("merged {}", parts.len()),
                SendData::Writes { parts, more } => {
                    format!("writes {}{}", parts.len(), if *more { " more" } else { "" })
                }
                SendData::MostOf(bytes) => format!("most of {}", bytes.len()),
                SendData::Vectored(parts) => format!("vectored {}", parts.len()),
                SendData::Stranger(bytes) => format!("stranger {}", bytes.len()),
            };
            format!("send {on} {data} {}", error.as_deref().unwrap_or(""))
                .trim()
                .to_owned()
        }
        StepKind::Recv(Recv {
            on,
            expect,
            formulas: _,
            reads,
            truncated: _,
            within,
        }) => {
            let expect = match expect {
                RecvExpect::Exact(_) => "exact".to_owned(),
                RecvExpect::Prefix(_) => "prefix".to_owned(),
                RecvExpect::Regex(regex) => {
                    assert!(regex.matches(b"aab").is_some() && regex.matches(b"xaab").is_none());
                    format!(
                        "regex {}",
                        regex.as_str().replace("\\A(?:", "").trim_end_matches(')')
                    )
                }
                RecvExpect::Size(size) => format!("size {size}"),
                RecvExpect::Nothing(time) => format!("nothing {time:?}"),
                RecvExpect::Error(name) => format!("error {name}"),
                RecvExpect::Reads(reads) => format!("reads {}", reads.len()),
            };
            let mut told = format!("recv {on} {expect}");
            if !reads.is_empty() {
                told.push_str(&format!(" {reads:?}"));
            }
            if let Some(within) = within {
                told.push_str(&format!(" {within:?}"));
            }
            told
        }
        StepKind::Silence(s) => format!("silence {} {:?}", s.on, s.duration),
        StepKind::Shutdown(s) => format!("shutdown {}", s.on),
        StepKind::Close(s) => format!("close {}", s.on),
        StepKind::Reset(s) => format!("reset {}", s.on),
        StepKind::Closed(c) => format!("closed {} {:?} {:?}", c.on, c.how, c.within),
        StepKind::Set(Set { on, options }) => {
            assert_eq!(options.nodelay, Some(false));
            assert_eq!(options.linger, Some(Duration::from_secs(2)));
            format!("set {on}")
        }
        StepKind::Require(r) => format!("require {}", condition(&r.0)),
        StepKind::Expect(e) => format!("expect {}", condition(&e.0)),
        StepKind::PauseTarget(_) => "pause".into(),
        StepKind::ResumeTarget(_) => "resume".into(),
        StepKind::StopTarget(s) => format!("stop {}", if s.kill { "kill" } else { "term" }),
        StepKind::StartTarget(s) => {
            let refused = if s.refused { " refused" } else { "" };
            format!("start {:?}{refused}", s.within)
        }
        StepKind::StartSecond(s) => {
            format!("second {}", if s.refused { "refused" } else { "ready" })
        }
        StepKind::Repeat(r) => {
            let steps: Vec<String> = r.steps.iter().map(|s| tell(&s.kind)).collect();
            format!("repeat {} [{}]", r.times, steps.join(", "))
        }
        StepKind::Timed(t) => format!("timed {} {}", t.name, t.steps.len()),
        other => other.words(),
    }
}

#[test]
fn a_client_takes_the_protocol_of_a_server() {
    let document = document("client.yaml");
    let [client, other, stranger] = document.profiles.as_slice() else {
        panic!("three")
    };
    assert_eq!(client.role, Role::Client);
    assert!(matches!(&client.origin, Origin::Client(c)
        if c.client == "exec" && c.fault.is_none() && c.args == ["echo a", "--", "7"]));
    assert_eq!(client.exchanges[0].sent_len(Role::Client), 6);
    assert_eq!(client.ends, Ends::default());
    assert_eq!(other.ends.exit, Some(ExitWant::Failure));
    assert_eq!(other.ends.stdout.as_deref(), Some(&b"x"[..]));
    assert_eq!(other.role, Role::Client, "`use` brings the role");
    assert_eq!(stranger.transport, Transport::Udp);
    let tell_all = |id: &str| -> Vec<String> {
        let case = case_of(&document, id);
        case.steps.iter().map(|s| tell(&s.kind)).collect()
    };
    assert_eq!(
        tell_all("client.steps"),
        [
            "accept a",
            "play a all",
            "ended None None None",
            "ended Some(Code(3)) None Some(2s)",
            "ended Some(Failure) Some([120]) None",
        ]
    );
    assert_eq!(
        tell_all("client.stranger"),
        ["accept a", "send a stranger 1"]
    );
}

#[test]
fn suites_need_no_target_and_files_name_others() {
    let document = document("suite.yml");
    assert!(document.scenarios[0].target.is_none());
    let named = case_of(&document, "framing.named");
    let StepKind::Recv(recv) = &named.steps[1].kind else {
        panic!("{named:?}")
    };
    assert_eq!(recv.truncated, Some(2000));
    assert_eq!(document.scenarios[1].target.as_ref().unwrap().name, "plc");
    assert_eq!(
        case_of(&document, "files.own").target.unwrap().name,
        "frames"
    );
}

#[test]
fn use_takes_what_is_not_given() {
    let document = document("uses.yaml");
    let [poller, same, datagrams, by_path] = document.profiles.as_slice() else {
        panic!("four")
    };
    assert!(matches!(&poller.origin, Origin::Connect(Endpoint::Tcp(a)) if a.port() == 7000));
    assert_eq!(
        poller.frames.keys().collect::<Vec<_>>(),
        ["adu", "extra"],
        "frames add up"
    );
    assert_eq!(poller.exchanges.len(), 2);
    assert_eq!(
        (poller.options.nodelay, poller.options.maxseg),
        (Some(false), Some(536))
    );
    assert_eq!(poller.reset, Reset::None);
    assert!(!poller.idempotent);
    assert!(poller.about.is_none());
    assert!(
        matches!(same.origin, Origin::Start(_)),
        "`use` alone brings the origin too"
    );
    assert_eq!(datagrams.transport, Transport::Udp);
    assert_eq!(by_path.transport, Transport::Unix);
}

#[test]
fn windows_files_and_aliases_are_read() {
    let windows = document("windows.yaml");
    assert_eq!(windows.profiles[0].name, "windows");
    assert_eq!(windows.profiles[0].about.as_deref(), Some("café"));
    let aliases = document("aliases.yaml");
    let [a, b] = aliases.profiles[0].exchanges.as_slice() else {
        panic!("two")
    };
    assert_eq!(
        a.request.as_ref().unwrap().fixed(),
        b.request.as_ref().unwrap().fixed()
    );
}

#[test]
fn the_state_is_known_by_its_name() {
    let document = document("steps.yaml");
    let case = case_of(&document, "steps.every-one");
    let seen = case.steps.iter().any(|s| match &s.kind {
        StepKind::Require(Require(Condition::PortState(seen))) => seen.state == TcpState::TimeWait,
        _ => false,
    });
    assert!(seen);
    let closes = case
        .steps
        .iter()
        .any(|s| matches!(&s.kind, StepKind::Closed(c) if c.how == CloseHow::Any));
    assert!(closes);
}

#[test]
fn a_case_that_is_its_own_peer_needs_no_target() {
    let document = document("own-peer.yaml");
    let streams = case_of(&document, "own.streams");
    let target = streams.target.as_ref().unwrap();
    assert!(matches!(target.origin, Origin::None));
    assert_eq!(target.transport, Transport::Tcp);
    assert_eq!(streams.sysctl.len(), 2);
    assert_eq!(streams.sysctl[0].name, "net.ipv4.tcp_timestamps");
    let told: Vec<String> = streams.steps.iter().map(|s| tell(&s.kind)).collect();
    assert_eq!(
        told,
        [
            "listen l",
            "listen m",
            "listen n",
            "connect a",
            "connect b nodelay",
            "connected b",
            "connected b",
            "connected b",
            "accept s",
            "accept t",
            "send a most of 1024",
            "send a whole 0",
            "recv s error ECONNRESET",
            "expect a in ESTABLISHED",
            "expect segments received on a == 2",
            "expect segments sent again on a == 0",
            "expect window announced to a > 0",
            "expect bytes unacknowledged on a == 0",
            "expect connections that wait at l == 0",
            "expect a and s are two ends of one connection",
            "expect options of a: nodelay false, sndbuf > 4096, linger 0ns",
            "close l",
            "close a",
            "require the peer of a in CLOSE_WAIT",
            "listen l",
        ]
    );
    let StepKind::Connect(begun) = &streams.steps[4].kind else {
        panic!("{streams:?}")
    };
    let to = begun.to.as_ref().unwrap();
    assert!(to.begun && !to.datagrams && !to.unconnected);
    assert_eq!((&*to.to, to.from.as_deref()), ("m", Some("l")));
    let datagrams = case_of(&document, "own.datagrams").target.unwrap();
    assert_eq!(datagrams.transport, Transport::Udp);
    let beside = case_of(&document, "own.beside_a_target").target.unwrap();
    assert!(matches!(beside.origin, Origin::Builtin(_)));
}

#[test]
fn messages_follow_from_one_another() {
    let document = document("conversation.yaml");
    let profile = &document.profiles[0];
    assert_eq!(profile.order, Order::Any);
    assert_eq!(profile.reset, Reset::Exchanges(vec![0]));
    assert_eq!(profile.volatile["hello"], ["nonce"]);
    assert_eq!(
        profile.volatile["answer"],
        ["clock", "size"],
        "a length differs with what it counts"
    );
    assert!(profile.refers);
    let login = profile.opening[1].request.as_ref().unwrap();
    assert!(login.fixed().is_none());
    assert_eq!(login.shape().unwrap().bytes.len(), 32);
    let [clear, name, known] = profile.exchanges.as_slice() else {
        panic!("three exchanges")
    };
    assert!(
        clear.request.as_ref().unwrap().fixed().is_some(),
        "its id is given"
    );
    assert!(
        name.request.as_ref().unwrap().shape().is_none(),
        "a port has 1 to 5 digits"
    );
    assert_eq!(
        name.id,
        Some(("tid".to_owned(), "tid".to_owned())),
        "replies repeat it"
    );
    let known = &known.request.as_ref().unwrap().fixed().unwrap().bytes;
    // The MD5 of "abc", RFC 1321 appendix A.5.
    assert_eq!(known[4..], *b"900150983cd24fb0d6963f7d28e17f72\n");
    let case = case_of(&document, "conversation.steps");
    assert!(case.refers);
    let [entry] = document.known_failures.as_slice() else {
        panic!("one entry")
    };
    assert_eq!(
        (&*entry.case, &*entry.reason),
        ("conversation.*", "the server forgets")
    );
    assert_eq!(entry.issue.as_deref(), Some("https://example.org/7"));
    assert_eq!(
        (entry.expires.to_string(), entry.at.line),
        ("2099-12-31".to_owned(), 32)
    );
}

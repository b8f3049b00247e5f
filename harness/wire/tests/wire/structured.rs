//! The framings whose messages have a structure of their own: any message comes back.

use harness_wire::{Limits, Message, Value};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::build::Built;
use crate::build::protocols::{bytes, one};
use crate::drive::{cut, drive};
use crate::stream::check_malformed;

/// Encodes the message twice into one stream, cuts it anywhere, and demands it back twice.
fn comes_back(line: &str, message: &Message, cuts: &[prop::sample::Index]) {
    let built = Built::new(line, &[], Limits::default());
    let encoded = built.framing.encode(message).unwrap();
    let stream = encoded.bytes.repeat(2);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    cuts.sort_unstable();
    for pieces in [cut(&stream, &cuts), stream.chunks(1).collect()] {
        let seen = drive(&*built.framing, built.limits, pieces);
        assert_eq!(
            (seen.frames.len(), seen.error),
            (2, None),
            "{line}, cut at {cuts:?}"
        );
        for found in &seen.frames {
            assert_eq!(
                (&found.bytes, &found.fields),
                (&encoded.bytes, &encoded.fields)
            );
            assert_eq!(
                built.framing.encode(&built.message(found)).unwrap().bytes,
                found.bytes
            );
        }
    }
    check_malformed(&built, &encoded);
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'0'), any::<u8>()],
        0..40,
    )
}

fn resp_values() -> impl Strategy<Value = Value> {
    let typed = |kind: &'static str, value| Value::Frame(one(kind, value));
    let leaf = prop_oneof![
        content().prop_map(Value::Bytes),
        "[ -~]{0,20}".prop_map(move |line| typed("simple", bytes(line))),
        "[ -~]{0,20}".prop_map(move |line| typed("error", bytes(line))),
        any::<i64>().prop_map(move |number| typed("integer", Value::Int(number.into()))),
        prop_oneof!["bulk", "array"].prop_map(move |null| typed("null", bytes(null))),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| vec(inner, 0..5).prop_map(Value::List))
}

fn http_messages() -> impl Strategy<Value = (bool, Message)> {
    let fields = || vec(("[A-Z][a-z]{0,6}-[0-9]", "[!-~]([ -~]{0,12}[!-~])?"), 0..5);
    let body = prop_oneof![
        Just(None),
        content().prop_map(|body| Some(("body".to_owned(), Value::Bytes(body)))),
        vec(vec(any::<u8>(), 1..20), 0..4).prop_map(|chunks| {
            let chunks = chunks.into_iter().map(Value::Bytes).collect();
            Some(("chunked".to_owned(), Value::List(chunks)))
        }),
    ];
    (any::<bool>(), fields(), fields(), body).prop_map(|(request, headers, trailers, body)| {
        let map = |all: Vec<(String, String)>| {
            let fields = all.into_iter().map(|(name, value)| (name, bytes(value)));
            Value::Frame(Message {
                fields: fields.collect(),
            })
        };
        let mut headers = headers;
        let mut fields = match request {
            true => {
                headers.push(("Host".into(), "a.example".into()));
                vec![
                    ("method".into(), bytes("PUT")),
                    ("target".into(), bytes("/a?b")),
                ]
            }
            false => vec![
                ("status".into(), Value::Int(207)),
                ("reason".into(), bytes("Very well")),
            ],
        };
        fields.push(("headers".into(), map(headers)));
        if matches!(&body, Some((name, _)) if name == "chunked") {
            fields.push(("trailers".into(), map(trailers)));
        }
        fields.extend(body);
        (request, Message { fields })
    })
}

fn web_socket_messages() -> impl Strategy<Value = Message> {
    let control = || {
        (prop_oneof!["ping", "pong"], vec(any::<u8>(), 0..126))
            .prop_map(|(kind, payload)| Value::Frame(one(&kind, Value::Bytes(payload))))
    };
    let between = move || prop_oneof![content().prop_map(Value::Bytes), control()];
    prop_oneof![
        "\\PC{0,80}".prop_map(|text| one("text", bytes(text))),
        ("\\PC{1,40}", any::<prop::sample::Index>()).prop_map(|(text, at)| {
            let (a, b) = text.as_bytes().split_at(at.index(text.len()));
            one("text", Value::List(vec![bytes(a), bytes(b)]))
        }),
        (content(), vec(between(), 0..4), content()).prop_map(|(first, parts, last)| {
            let ends = |content| vec![Value::Bytes(content)];
            one(
                "binary",
                Value::List([ends(first), parts, ends(last)].concat()),
            )
        }),
        vec(any::<u8>(), 0..126).prop_map(|payload| one("ping", Value::Bytes(payload))),
        (1000..1004i128, "[a-z]{0,123}").prop_map(|(code, reason)| {
            let fields = vec![
                ("code".into(), Value::Int(code)),
                ("reason".into(), bytes(reason)),
            ];
            one("close", Value::Frame(Message { fields }))
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_of_redis_comes_back(
        value in resp_values(),
        words in vec(content(), 0..5),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        comes_back("resp2 server", &one("value", value), &cuts);
        let command = Value::List(words.into_iter().map(Value::Bytes).collect());
        comes_back("resp2 client", &one("value", command), &cuts);
    }

    #[test]
    fn any_message_of_http_comes_back(
        (request, message) in http_messages(),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        comes_back(if request { "http1 client" } else { "http1 server" }, &message, &cuts);
    }

    #[test]
    fn any_message_of_web_socket_comes_back(
        message in web_socket_messages(),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        comes_back("websocket client", &message, &cuts);
        comes_back("websocket server", &message, &cuts);
    }
}

/// A frame in more pieces than its limit is refused, whatever its size.
#[test]
fn the_pieces_of_a_frame_are_limited() {
    let many = Limits::PIECES + 1;
    for (line, stream) in [
        (
            "http1 server",
            [
                &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..],
                &b"1\r\na\r\n".repeat(many),
            ]
            .concat(),
        ),
        (
            "resp2 server",
            [format!("*{many}\r\n").as_bytes(), &b"+\r\n".repeat(many)].concat(),
        ),
        (
            "websocket server",
            [&b"\x02\x00"[..], &b"\x00\x00".repeat(many)].concat(),
        ),
    ] {
        let built = Built::new(line, &[], Limits::default());
        let error = drive(&*built.framing, built.limits, [&*stream])
            .error
            .unwrap();
        assert!(error.what.contains("pieces"), "{line}: {error}");
    }
    let names = (0..257).map(|n| format!("a-{n}: b\r\n"));
    let lines = ["HTTP/1.1 200 OK\r\n".into()].into_iter().chain(names);
    let lines = lines.collect::<String>().into_bytes();
    let built = Built::new("http1 server", &[], Limits::default());
    let error = drive(&*built.framing, built.limits, [&*lines])
        .error
        .unwrap();
    assert!(error.what.contains("256"), "{error}");
}

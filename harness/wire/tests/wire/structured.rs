//! The framings whose messages have a structure of their own: any message comes back, and what
//! they cannot say is refused.

use harness_wire::{
    Context, EncodeError, Encoded, Framing, Http1, Limits, Message, Resp2, Sender, Value, WebSocket,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::build::Built;
use crate::build::protocols::{bytes, one};
use crate::check::check_malformed;
use crate::drive::{cut, drive};

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

fn map(fields: &[(&str, &str)]) -> Value {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), bytes(value)));
    Value::Frame(Message {
        fields: fields.collect(),
    })
}

fn message(fields: &[(&str, Value)]) -> Message {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Message {
        fields: fields.collect(),
    }
}

fn text(encoded: Result<Encoded, EncodeError>) -> String {
    String::from_utf8(encoded.unwrap().bytes).unwrap()
}

#[test]
fn what_http_needs_is_computed() {
    let http = Http1::new(Limits::default());
    let host = ("headers", map(&[("Host", "a")]));
    let request = |message: &Message| text(http.encode_for(&Context::REQUEST, message));
    assert_eq!(
        request(&message(&[host.clone()])),
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    );
    let put = message(&[
        ("method", bytes("PUT")),
        ("body", bytes("ab")),
        host.clone(),
    ]);
    assert_eq!(
        request(&put),
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
    );
    let chunks = Value::List(vec![bytes("0123456789"), bytes("x")]);
    assert_eq!(
        request(&message(&[
            ("chunked", chunks),
            host.clone(),
            ("trailers", map(&[("A", "b")]))
        ])),
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         a\r\n0123456789\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n"
    );
    let head = message(&[("method", bytes("HEAD")), host]);
    let head = http.encode_for(&Context::REQUEST, &head).unwrap();
    let reply = |fields: &[(&str, Value)]| {
        text(http.encode_for(&Context::reply(Some(&head)), &message(fields)))
    };
    let ok = ("status", Value::Int(200));
    assert_eq!(reply(&[ok.clone()]), "HTTP/1.1 200 OK\r\n\r\n");
    assert_eq!(
        reply(&[ok.clone(), ("headers", map(&[("Content-Length", "5")]))]),
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    );
    let greeting =
        |fields: &[(&str, Value)]| text(http.encode_for(&Context::reply(None), &message(fields)));
    assert_eq!(
        greeting(&[ok]),
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    );
    assert_eq!(
        greeting(&[("status", Value::Int(204))]),
        "HTTP/1.1 204 No Content\r\n\r\n"
    );
    assert_eq!(
        greeting(&[("status", bytes("100"))]),
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
}

#[test]
fn a_handshake_is_accepted_by_its_key() {
    let http = Http1::new(Limits::default());
    let key = map(&[
        ("Host", "a"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]);
    let request = http
        .encode_for(&Context::REQUEST, &message(&[("headers", key)]))
        .unwrap();
    let switching = message(&[("status", Value::Int(101))]);
    assert_eq!(
        text(http.encode_for(&Context::reply(Some(&request)), &switching)),
        "HTTP/1.1 101 Switching Protocols\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    );
}

#[test]
fn only_clients_mask() {
    let socket = WebSocket::new(Limits::default());
    let hello = message(&[("text", bytes("Hello"))]);
    let of = |context: &Context<'_>| socket.encode_for(context, &hello).unwrap().bytes;
    // RFC 6455 section 5.7.
    assert_eq!(
        of(&Context::REQUEST),
        b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
    );
    assert_eq!(of(&Context::reply(None)), b"\x81\x05Hello");
    assert_eq!(of(&Context::default()), b"\x81\x05Hello");
}

#[test]
fn what_a_protocol_cannot_say_is_refused() {
    let http: Box<dyn Framing> = Box::new(Http1::new(Limits::default()));
    let resp: Box<dyn Framing> = Box::new(Resp2::new(Limits::default()));
    let socket: Box<dyn Framing> = Box::new(WebSocket::new(Limits::default()));
    let host = || ("headers", map(&[("Host", "a")]));
    let length = |value| ("headers", map(&[("Host", "a"), ("Content-Length", value)]));
    let status = || ("status", Value::Int(200));
    let value = |value| [("value", value)];
    let cases: Vec<(&dyn Framing, Sender, Vec<(&str, Value)>, &str)> = vec![
        (&*http, Sender::Client, vec![], "Host"),
        (
            &*http,
            Sender::Client,
            vec![host(), status()],
            "leave it out",
        ),
        (&*http, Sender::Server, vec![host()], "`status`"),
        (
            &*http,
            Sender::Server,
            vec![status(), ("target", bytes("/"))],
            "leave it out",
        ),
        (
            &*http,
            Sender::Server,
            vec![("status", Value::Int(99))],
            "100 to 599",
        ),
        (
            &*http,
            Sender::Client,
            vec![host(), ("path", bytes("/"))],
            "no field `path`",
        ),
        (
            &*http,
            Sender::Client,
            vec![host(), ("target", bytes("/a b"))],
            "visible ASCII",
        ),
        (
            &*http,
            Sender::Client,
            vec![host(), ("target", bytes("/\u{e9}"))],
            "visible ASCII",
        ),
        (
            &*http,
            Sender::Client,
            vec![host(), ("method", bytes("G T"))],
            "is a token",
        ),
        (
            &*http,
            Sender::Client,
            vec![("headers", map(&[("Host ", "a")]))],
            "is a token",
        ),
        (
            &*http,
            Sender::Client,
            vec![("headers", map(&[("Host", "a\r\nB: c")]))],
            "control",
        ),
        (
            &*http,
            Sender::Client,
            vec![length("3"), ("body", bytes("ab"))],
            "has 2 bytes",
        ),
        (&*http, Sender::Client, vec![length("3")], "has 0 bytes"),
        (
            &*http,
            Sender::Client,
            vec![
                host(),
                ("body", bytes("ab")),
                ("chunked", Value::List(vec![bytes("a")])),
            ],
            "only one of them",
        ),
        (
            &*http,
            Sender::Client,
            vec![host(), ("chunked", Value::List(vec![bytes("")]))],
            "last one",
        ),
        (
            &*http,
            Sender::Client,
            vec![host(), ("trailers", map(&[("A", "b")]))],
            "chunked body",
        ),
        (
            &*http,
            Sender::Client,
            vec![length("1"), ("chunked", Value::List(vec![bytes("a")]))],
            "one of them lies",
        ),
        (
            &*resp,
            Sender::Client,
            value(Value::Int(5)).into(),
            "integer",
        ),
        (
            &*resp,
            Sender::Client,
            value(map(&[("simple", "OK")])).into(),
            "",
        ),
        (
            &*resp,
            Sender::Client,
            value(Value::List(vec![Value::List(vec![])])).into(),
            "bulk strings",
        ),
        (
            &*resp,
            Sender::Server,
            value(map(&[("inline", "PING")])).into(),
            "begins with",
        ),
        (
            &*resp,
            Sender::Server,
            value(map(&[("simple", "a\r\nb")])).into(),
            "would stop",
        ),
        (
            &*resp,
            Sender::Server,
            value(map(&[("null", "string")])).into(),
            "bulk or array",
        ),
        (&*resp, Sender::Server, value(map(&[])).into(), "one key"),
        (&*socket, Sender::Client, vec![], "`text`"),
        (
            &*socket,
            Sender::Client,
            vec![("text", bytes("a")), ("ping", bytes("b"))],
            "keep one",
        ),
        (
            &*socket,
            Sender::Client,
            vec![("text", Value::Bytes(vec![0xff]))],
            "UTF-8",
        ),
        (
            &*socket,
            Sender::Client,
            vec![("ping", Value::Bytes(vec![0; 126]))],
            "at most 125",
        ),
        (
            &*socket,
            Sender::Client,
            vec![("text", Value::List(vec![]))],
            "at least one",
        ),
        (
            &*socket,
            Sender::Client,
            vec![("text", Value::List(vec![bytes("a"), map(&[("ping", "")])]))],
            "ends with a fragment",
        ),
        (
            &*socket,
            Sender::Client,
            vec![("close", map(&[("reason", "bye")]))],
            "1000",
        ),
        (
            &*socket,
            Sender::Client,
            vec![("close", Value::Frame(one("code", Value::Int(1005))))],
            "no code",
        ),
    ];
    for (framing, sender, fields, expected) in cases {
        let context = Context {
            sender: Some(sender),
            request: None,
        };
        let given = message(&fields);
        match framing.encode_for(&context, &given) {
            // As an inline command, any line is one.
            Ok(_) => assert!(expected.is_empty(), "{given:?}"),
            Err(error) => {
                let told = error.to_string();
                assert!(
                    !expected.is_empty() && told.contains(expected),
                    "{given:?}: {told}"
                );
            }
        }
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

//! What the protocols add to a message, and what they cannot say.

use harness_wire::{
    Context, EncodeError, Encoded, Framing, Http1, Limits, Message, Resp2, Sender, Value, WebSocket,
};

use crate::build::protocols::{bytes, one};

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
        request(&message(std::slice::from_ref(&host))),
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
    assert_eq!(reply(std::slice::from_ref(&ok)), "HTTP/1.1 200 OK\r\n\r\n");
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

/// A framing, who sends, the fields, and a part of what is told; nothing where all is well.
type Refused<'f> = (
    &'f dyn Framing,
    Sender,
    Vec<(&'static str, Value)>,
    &'static str,
);

#[test]
fn what_a_protocol_cannot_say_is_refused() {
    let http: Box<dyn Framing> = Box::new(Http1::new(Limits::default()));
    let resp: Box<dyn Framing> = Box::new(Resp2::new(Limits::default()));
    let socket: Box<dyn Framing> = Box::new(WebSocket::new(Limits::default()));
    let host = || ("headers", map(&[("Host", "a")]));
    let length = |value| ("headers", map(&[("Host", "a"), ("Content-Length", value)]));
    let status = || ("status", Value::Int(200));
    let value = |value| [("value", value)];
    let cases: Vec<Refused<'_>> = vec![
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

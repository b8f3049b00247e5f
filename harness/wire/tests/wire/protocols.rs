//! Framings that depend on who sends: where their messages stand, and what their messages are made
//! of, read again by code that shares nothing with their decoders.

use harness_wire::{
    Context, Decoder, EncodeError, Encoded, Field, FieldLayout, Framing, Http1, Limits, Malformed,
    Message, Resp2, Sender, Value, WebSocket,
};

use crate::drive::Found;

/// A framing whose messages all stand in one place.
#[derive(Debug)]
pub(crate) struct Placed {
    framing: Box<dyn Framing>,
    sender: Option<Sender>,
    request: Option<Encoded>,
}

impl Placed {
    /// `words` say who sends, and what it answers: `server HEAD`, `server key=...`.
    pub(crate) fn new<'w>(
        name: &str,
        mut words: impl Iterator<Item = &'w str>,
        limits: Limits,
    ) -> Self {
        let framing: Box<dyn Framing> = match name {
            "http1" => Box::new(Http1::new(limits)),
            "resp2" => Box::new(Resp2::new(limits)),
            _ => Box::new(WebSocket::new(limits)),
        };
        let sender = match words.next() {
            None => None,
            Some("client") => Some(Sender::Client),
            Some("server") => Some(Sender::Server),
            Some(other) => panic!("no sender {other}"),
        };
        let request = words.next().map(|word| {
            let (name, value) = match word.split_once('=') {
                Some(("key", key)) => ("sec-websocket-key", key),
                _ => ("method", word),
            };
            let whole = 0..value.len();
            Encoded {
                bytes: value.into(),
                fields: vec![Field {
                    name: name.into(),
                    ranges: vec![whole],
                }],
            }
        });
        Placed {
            framing,
            sender,
            request,
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            sender: self.sender,
            request: self.request.as_ref(),
        }
    }
}

impl Framing for Placed {
    fn name(&self) -> &'static str {
        self.framing.name()
    }

    fn settable(&self) -> Vec<String> {
        self.framing.settable()
    }

    fn sole_field(&self) -> Option<String> {
        self.framing.sole_field()
    }

    fn layout(&self) -> Vec<FieldLayout> {
        self.framing.layout()
    }

    fn field(&self, name: &str) -> Option<FieldLayout> {
        self.framing.field(name)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        self.framing.decoder_for(&self.context())
    }

    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError> {
        self.framing.encode_for(&self.context(), message)
    }

    fn malformed(&self, valid: &Encoded) -> Vec<Malformed> {
        self.framing.malformed(valid)
    }
}

/// The message that a frame came from; `None` for framings that any sender uses alike.
pub(crate) fn message(framing: &str, found: &Found) -> Option<Message> {
    match framing {
        "http1" => Some(http1(found)),
        "resp2" => Some(one("value", resp2(found))),
        "websocket" => Some(websocket(&found.bytes)),
        _ => None,
    }
}

pub(crate) fn bytes(content: impl AsRef<[u8]>) -> Value {
    Value::Bytes(content.as_ref().to_vec())
}

pub(crate) fn one(name: &str, value: Value) -> Message {
    Message {
        fields: vec![(name.to_owned(), value)],
    }
}

fn lines(text: &[u8]) -> Vec<(String, Value)> {
    let text: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
    let lines = text.into_iter().filter(|line| line.len() > 1);
    let field = |line: &[u8]| {
        let colon = line.iter().position(|&byte| byte == b':').expect("a colon");
        let value = line[colon + 1..].trim_ascii();
        (
            String::from_utf8(line[..colon].to_vec()).expect("ASCII"),
            bytes(value),
        )
    };
    lines.map(field).collect()
}

/// The body's length is written as an encoder does; a body that the connection ends gets one.
fn http1(found: &Found) -> Message {
    let head = found.bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, _) = found.bytes.split_at(head.expect("an empty line") + 2);
    let (start, rest) = head.split_at(head.iter().position(|&b| b == b'\n').expect("a line") + 1);
    let words: Vec<&[u8]> = start[..start.len() - 2]
        .splitn(3, |&byte| byte == b' ')
        .collect();
    let mut fields = Vec::new();
    let status = found.content("status");
    let names = match &status {
        Some(_) => ["version", "status", "reason"],
        None => ["method", "target", "version"],
    };
    for (at, name) in names.into_iter().enumerate() {
        let word = words.get(at).copied().unwrap_or_default();
        fields.push((name.to_owned(), bytes(word)));
    }
    let mut headers = lines(rest);
    let is = |name: &str, wanted: &str| name.eq_ignore_ascii_case(wanted);
    let body = found.content("body").expect("a body");
    let has = |wanted: &str| headers.iter().any(|(name, _)| is(name, wanted));
    let (length, coding) = (has("content-length"), has("transfer-encoding"));
    let none = status.is_some_and(|code| code[0] == b'1' || code == b"204" || code == b"304");
    if found.content("chunks").is_some() {
        let body = found
            .fields
            .iter()
            .find(|field| &*field.name == "body")
            .expect("a body");
        let chunks = body.ranges.iter().filter(|range| !range.is_empty());
        let chunks = chunks
            .map(|range| bytes(&found.bytes[range.clone()]))
            .collect();
        fields.push(("chunked".into(), Value::List(chunks)));
        if let Some(trailers) = found.content("trailers") {
            let trailers = Message {
                fields: lines(&trailers),
            };
            fields.push(("trailers".into(), Value::Frame(trailers)));
        }
    } else if !body.is_empty() {
        for (name, value) in &mut headers {
            if is(name, "content-length") {
                *value = bytes(body.len().to_string());
            }
        }
        if !length && !coding {
            headers.push(("Content-Length".into(), bytes(body.len().to_string())));
        }
        fields.push(("body".into(), bytes(body)));
    } else if names[0] == "version" && !none && !length && !coding {
        headers.push(("Content-Length".into(), bytes("0")));
    } else if length {
        for (name, value) in &mut headers {
            let zeros = |v: &Value| matches!(v, Value::Bytes(v) if v.iter().all(|b| *b == b'0'));
            if is(name, "content-length") && zeros(value) {
                *value = bytes("0");
            }
        }
    }
    fields.push(("headers".into(), Value::Frame(Message { fields: headers })));
    Message { fields }
}

fn resp2(found: &Found) -> Value {
    // A client's line is an inline command, whatever its first byte.
    let line = found
        .content("line")
        .filter(|line| found.bytes.starts_with(line));
    if let Some([b'$' | b':', ..]) = line.as_deref() {
        let inline = bytes(line.expect("a line"));
        if found.content("length").is_none() && !is_integer(&inline) {
            return Value::Frame(one("inline", inline));
        }
    }
    let (value, rest) = resp2_value(&found.bytes);
    assert!(rest.is_empty());
    value
}

fn is_integer(value: &Value) -> bool {
    let Value::Bytes(line) = value else {
        return false;
    };
    let text = line
        .strip_prefix(b":")
        .and_then(|n| std::str::from_utf8(n).ok());
    text.is_some_and(|number| number.parse::<i64>().is_ok())
}

fn resp2_value(text: &[u8]) -> (Value, &[u8]) {
    let lf = text.iter().position(|&byte| byte == b'\n').expect("a line");
    let (line, rest) = (
        text[..lf].strip_suffix(b"\r").unwrap_or(&text[..lf]),
        &text[lf + 1..],
    );
    let typed = |kind: &str, value| Value::Frame(one(kind, value));
    let Some((kind, content)) = line.split_first() else {
        return (typed("inline", bytes("")), rest);
    };
    let number = || -> i64 {
        let content = std::str::from_utf8(content).expect("digits");
        content.parse().expect("a number")
    };
    match kind {
        b'+' => (typed("simple", bytes(content)), rest),
        b'-' => (typed("error", bytes(content)), rest),
        b':' => (typed("integer", Value::Int(number().into())), rest),
        b'$' if content == b"-1" => (typed("null", bytes("bulk")), rest),
        b'*' if content == b"-1" => (typed("null", bytes("array")), rest),
        b'$' => {
            let (content, rest) = rest.split_at(usize::try_from(number()).expect("a length"));
            (bytes(content), &rest[2..])
        }
        b'*' => {
            let (mut all, mut rest) = (Vec::new(), rest);
            for _ in 0..number() {
                let (value, after) = resp2_value(rest);
                all.push(value);
                rest = after;
            }
            (Value::List(all), rest)
        }
        _ => (typed("inline", bytes(line)), rest),
    }
}

fn websocket(mut rest: &[u8]) -> Message {
    let (mut kind, mut parts) = (None, Vec::new());
    while let [first, second, after @ ..] = rest {
        let wide = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (long, after) = after.split_at(wide);
        let size = match wide {
            0 => u64::from(second & 0x7f),
            _ => long
                .iter()
                .fold(0, |sum, byte| sum * 256 + u64::from(*byte)),
        };
        let (key, after) = after.split_at(if second & 0x80 == 0 { 0 } else { 4 });
        let (payload, after) = after.split_at(usize::try_from(size).expect("a size"));
        let key = key.iter().cycle().chain([&0].into_iter().cycle());
        let clear: Vec<u8> = payload
            .iter()
            .zip(key)
            .map(|(byte, key)| byte ^ key)
            .collect();
        let word = match first & 0x0f {
            0 => None,
            1 => Some("text"),
            2 => Some("binary"),
            8 => Some("close"),
            9 => Some("ping"),
            _ => Some("pong"),
        };
        let value = match (word, clear.as_slice()) {
            (Some("close"), [high, low, reason @ ..]) => {
                let code = i128::from(u16::from_be_bytes([*high, *low]));
                Value::Frame(Message {
                    fields: vec![
                        ("code".into(), Value::Int(code)),
                        ("reason".into(), bytes(reason)),
                    ],
                })
            }
            _ => bytes(&clear),
        };
        match (kind, word) {
            (None, _) => {
                kind = word;
                parts.push(value);
            }
            (Some(_), Some(control)) => parts.push(Value::Frame(one(control, value))),
            (Some(_), None) => parts.push(value),
        }
        rest = after;
    }
    let value = match <[Value; 1]>::try_from(parts) {
        Ok([value]) => value,
        Err(parts) => Value::List(parts),
    };
    one(kind.expect("a frame"), value)
}

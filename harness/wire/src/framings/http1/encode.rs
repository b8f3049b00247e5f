//! The bytes of an HTTP/1.1 message, with the fields that say where it ends.

use std::borrow::Cow;

use super::expected::Expected;
use super::status::phrase;
use super::syntax::{not_target, not_token, not_value, trim};
use crate::framings::{bytes_of, check_names};
use crate::{Context, EncodeError, Message, Sender, Value};

/// What a message may set.
pub(super) const FIELDS: [&str; 9] = [
    "method", "target", "status", "reason", "version", "headers", "body", "chunked", "trailers",
];

/// The field of a message that is wrong where `part` of the frame is.
pub(super) fn field_of(part: &str) -> &'static str {
    let known = FIELDS.iter().find(|&&field| field == part);
    match part {
        "start_line" => "version",
        _ => known.copied().unwrap_or("headers"),
    }
}

pub(super) fn encode(context: &Context<'_>, message: &Message) -> Result<Vec<u8>, EncodeError> {
    check_names(message, &FIELDS)?;
    let status = message.get("status").map(status).transpose()?;
    let expected = Expected::new(context);
    let is_response = match context.sender {
        Some(sender) => sender == Sender::Server,
        None => status.is_some(),
    };
    let mut out = Vec::new();
    let foreign = if is_response {
        &["method", "target"]
    } else {
        &["status", "reason"]
    };
    if let Some(name) = foreign.iter().find(|name| message.get(name).is_some()) {
        let kind = if is_response { "response" } else { "request" };
        let expected = format!("a {kind} has none, leave it out");
        return Err(EncodeError::unfit(name, "anything here", expected));
    }
    let version = text(message, "version", "HTTP/1.1")?;
    if is_response {
        let code = status.ok_or_else(|| EncodeError::Missing {
            name: "status".into(),
        })?;
        let reason = text(message, "reason", phrase(code))?;
        out.extend([version, b" ", code.to_string().as_bytes(), b" ", reason].concat());
    } else {
        let method = text(message, "method", "GET")?;
        check(
            "method",
            method,
            not_token,
            "a method is a token, such as GET",
        )?;
        let target = text(message, "target", "/")?;
        let visible = "a target has visible ASCII characters only: write others as %41";
        check("target", target, not_target, visible)?;
        out.extend([method, b" ", target, b" ", version].concat());
    }
    out.extend(b"\r\n");
    let mut headers = fields(message, "headers")?;
    if let (Some(101), Some(accept)) = (status, &expected.accept) {
        add(&mut headers, "Sec-WebSocket-Accept", accept.clone());
    }
    if !is_response && version == b"HTTP/1.1" && find(&headers, "Host").is_none() {
        let expected = "a request needs it: `headers: {Host: example.com}` (RFC 9112 section 3.2)";
        return Err(EncodeError::unfit(
            "headers",
            "fields without `Host`",
            expected,
        ));
    }
    let body = body(message)?;
    end(&mut headers, &body, status, &expected)?;
    write(&mut out, &headers);
    match body {
        Body::None => {}
        Body::Whole(bytes) => out.extend(bytes),
        Body::Chunks(chunks, trailers) => {
            for chunk in chunks {
                out.extend(format!("{:x}\r\n", chunk.len()).bytes());
                out.extend([chunk, b"\r\n"].concat());
            }
            out.extend(b"0\r\n");
            write(&mut out, &trailers);
        }
    }
    Ok(out)
}

/// Field names and values, in order.
type Fields<'m> = Vec<(&'m [u8], Cow<'m, [u8]>)>;

enum Body<'m> {
    None,
    Whole(&'m [u8]),
    Chunks(Vec<&'m [u8]>, Fields<'m>),
}

fn status(value: &Value) -> Result<u16, EncodeError> {
    let code = match value {
        Value::Int(code) => u16::try_from(*code).ok(),
        Value::Bytes(digits) => std::str::from_utf8(digits)
            .ok()
            .and_then(|d| d.parse().ok()),
        Value::Json(_) | Value::Headers(_) | Value::Frame(_) | Value::List(_) => None,
    };
    code.filter(|code| (100..600).contains(code))
        .ok_or_else(|| {
            EncodeError::unfit(
                "status",
                value.show(),
                "a status is a number from 100 to 599",
            )
        })
}

fn text<'m>(
    message: &'m Message,
    name: &str,
    default: &'static str,
) -> Result<&'m [u8], EncodeError> {
    match message.get(name) {
        None => Ok(default.as_bytes()),
        Some(value) => bytes_of(name, value),
    }
}

fn check(
    name: &str,
    given: &[u8],
    wrong: impl Fn(&[u8]) -> Option<usize>,
    expected: &str,
) -> Result<(), EncodeError> {
    if !given.is_empty() && wrong(given).is_none() {
        return Ok(());
    }
    let given = format!("`{}`", given.escape_ascii());
    Err(EncodeError::unfit(name, given, expected))
}

/// The fields of a map: a list as a value stands for several fields of that name.
fn fields<'m>(message: &'m Message, part: &str) -> Result<Fields<'m>, EncodeError> {
    let map = match message.get(part) {
        None => return Ok(Vec::new()),
        Some(Value::Frame(map)) => map,
        Some(other) => return Err(EncodeError::unfit(part, other.show(), "it holds fields")),
    };
    let mut all: Fields<'m> = Vec::new();
    for (name, value) in &map.fields {
        if name.is_empty() || not_token(name.as_bytes()).is_some() {
            let given = format!("the name `{}`", name.escape_debug());
            return Err(EncodeError::unfit(part, given, "a field's name is a token"));
        }
        let values = match value {
            Value::List(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            let value = bytes_of(part, value)?;
            if not_value(value).is_some() || trim(value).1.len() < value.len() {
                let given = format!("`{}` as the value of `{name}`", value.escape_ascii());
                let expected = "a value has no control characters, and no blanks at its ends";
                return Err(EncodeError::unfit(part, given, expected));
            }
            all.push((name.as_bytes(), Cow::Borrowed(value)));
        }
    }
    Ok(all)
}

fn body(message: &Message) -> Result<Body<'_>, EncodeError> {
    let chunks = match (message.get("body"), message.get("chunked")) {
        (None, None) => None,
        (Some(body), None) => return Ok(Body::Whole(bytes_of("body", body)?)),
        (None, Some(Value::List(chunks))) => Some(chunks),
        (None, Some(other)) => {
            let expected = "it holds a list, one chunk each";
            return Err(EncodeError::unfit("chunked", other.show(), expected));
        }
        (Some(_), Some(_)) => {
            let expected = "the message has a `body`, and only one of them can be";
            return Err(EncodeError::unfit("chunked", "a second body", expected));
        }
    };
    let trailers = fields(message, "trailers")?;
    let Some(chunks) = chunks else {
        if trailers.is_empty() {
            return Ok(Body::None);
        }
        let expected = "they stand behind a chunked body";
        return Err(EncodeError::unfit("trailers", "fields", expected));
    };
    let chunks = chunks
        .iter()
        .map(|chunk| match bytes_of("chunked", chunk)? {
            [] => {
                let expected = "a chunk of no bytes is the last one, which is added";
                Err(EncodeError::unfit("chunked", "an empty chunk", expected))
            }
            chunk => Ok(chunk),
        });
    Ok(Body::Chunks(chunks.collect::<Result<_, _>>()?, trailers))
}

/// Adds the field that says where the body ends, and refuses one that says it wrong.
fn end(
    headers: &mut Fields<'_>,
    body: &Body<'_>,
    status: Option<u16>,
    expected: &Expected,
) -> Result<(), EncodeError> {
    let size = match body {
        Body::Chunks(..) => {
            add(headers, "Transfer-Encoding", "chunked".into());
            return Ok(());
        }
        Body::None if status.is_some_and(|status| expected.has_no_body(status)) => return Ok(()),
        Body::None => 0,
        Body::Whole(bytes) => bytes.len(),
    };
    let right = size.to_string();
    if let Some(given) = find(headers, "Content-Length")
        && given != right.as_bytes()
    {
        let given = format!("Content-Length: {}", given.escape_ascii());
        let expected = format!("the body has {right} bytes; leave the field out, it is computed");
        return Err(EncodeError::unfit("headers", given, expected));
    }
    // Another coding ends with the connection, or is refused.
    if find(headers, "Transfer-Encoding").is_some() {
        return Ok(());
    }
    // A request without a body says nothing of it (RFC 9110 section 8.6).
    if status.is_some() || matches!(body, Body::Whole(_)) {
        add(headers, "Content-Length", right);
    }
    Ok(())
}

fn find<'h>(headers: &'h Fields<'_>, name: &str) -> Option<&'h [u8]> {
    let mut given = headers.iter();
    let found = given.find(|(given, _)| given.eq_ignore_ascii_case(name.as_bytes()));
    found.map(|(_, value)| value.as_ref())
}

fn add(headers: &mut Fields<'_>, name: &'static str, value: String) {
    if find(headers, name).is_none() {
        headers.push((name.as_bytes(), Cow::Owned(value.into_bytes())));
    }
}

fn write(out: &mut Vec<u8>, fields: &Fields<'_>) {
    for (name, value) in fields {
        out.extend([name, &b": "[..], value, b"\r\n"].concat());
    }
    out.extend(b"\r\n");
}

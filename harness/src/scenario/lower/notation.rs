//! Messages of the protocols that have a notation of their own: from what is written to values.

use harness_wire::{Message, Value};

use crate::scenario::context::Context;
use crate::scenario::de::read;
use crate::scenario::lower::message::Given;
use crate::scenario::lower::value;
use crate::scenario::source::Span;
use crate::scenario::syntax::{
    Bytes, HttpMessage, HttpValue, Int, Item, Names, RespNull, RespTyped, RespValue,
    WebSocketClose, WebSocketControl, WebSocketKind, WebSocketMessage, WebSocketPart,
    WebSocketPayload,
};
use crate::scenario::tree::NodeId;

/// Reads the fields of a message. `None` where it had a mistake.
pub(crate) type Notation = fn(&Context, NodeId, Span) -> Option<Vec<Given<Value>>>;

/// A message in an `http1` frame.
pub(crate) fn http1(cx: &Context, id: NodeId, _: Span) -> Option<Vec<Given<Value>>> {
    let HttpMessage {
        method,
        target,
        status,
        reason,
        version,
        headers,
        body,
        chunked,
        trailers,
    } = read(cx, id)?;
    let all = [
        field("method", &method, |item| bytes(cx, item)),
        field("target", &target, |item| bytes(cx, item)),
        field("status", &status, integer),
        field("reason", &reason, |item| bytes(cx, item)),
        field("version", &version, |item| bytes(cx, item)),
        field("headers", &headers, |item| http_fields(cx, item)),
        field("body", &body, |item| bytes(cx, item)),
        field("chunked", &chunked, |item| {
            list(item.get()?, |one| bytes(cx, one))
        }),
        field("trailers", &trailers, |item| http_fields(cx, item)),
    ];
    all.into_iter().flatten().collect()
}

/// A field that may be left out; `Some(None)` where it had a mistake.
fn field<T>(
    name: &str,
    given: &Option<Item<T>>,
    value: impl Fn(&Item<T>) -> Option<Value>,
) -> Option<Option<Given<Value>>> {
    let item = given.as_ref()?;
    Some(value(item).map(|value| (name.to_owned(), value, item.span)))
}

fn bytes(cx: &Context, item: &Item<Bytes>) -> Option<Value> {
    value::inner(cx, item.get()?, item.span).map(Value::Bytes)
}

fn integer(item: &Item<Int>) -> Option<Value> {
    Some(Value::Int(item.get()?.0))
}

/// All mistakes are told, so that each item is looked at before any is missed.
fn list<T>(items: &[Item<T>], value: impl Fn(&Item<T>) -> Option<Value>) -> Option<Value> {
    let all: Vec<_> = items.iter().map(value).collect();
    all.into_iter().collect::<Option<_>>().map(Value::List)
}

fn one(name: &str, value: Value) -> Value {
    Value::Frame(Message {
        fields: vec![(name.to_owned(), value)],
    })
}

fn http_fields(cx: &Context, item: &Item<Names<HttpValue>>) -> Option<Value> {
    let all: Vec<_> = item
        .get()?
        .0
        .iter()
        .map(|named| {
            let at = named.value.span;
            let value = match named.value.get()? {
                HttpValue::One(one) => Value::Bytes(value::inner(cx, one, at)?),
                HttpValue::Several(items) => list(items, |one| bytes(cx, one))?,
            };
            Some((named.name.clone(), value))
        })
        .collect();
    let fields = all.into_iter().collect::<Option<_>>()?;
    Some(Value::Frame(Message { fields }))
}

/// A value in a `resp2` frame.
pub(crate) fn resp2(cx: &Context, id: NodeId, at: Span) -> Option<Vec<Given<Value>>> {
    let value = resp_value(cx, &read(cx, id)?, at)?;
    Some(vec![("value".to_owned(), value, at)])
}

fn resp_value(cx: &Context, given: &RespValue, at: Span) -> Option<Value> {
    match given {
        RespValue::Bulk(text) => value::inner(cx, text, at).map(Value::Bytes),
        RespValue::Array(items) => list(items, |item| resp_value(cx, item.get()?, item.span)),
        RespValue::Typed(RespTyped::Simple(line)) => Some(one("simple", bytes(cx, line)?)),
        RespValue::Typed(RespTyped::Error(line)) => Some(one("error", bytes(cx, line)?)),
        RespValue::Typed(RespTyped::Integer(number)) => Some(one("integer", integer(number)?)),
        RespValue::Typed(RespTyped::Inline(line)) => Some(one("inline", bytes(cx, line)?)),
        RespValue::Typed(RespTyped::Null(null)) => {
            let word = match null.get()? {
                RespNull::Bulk => "bulk",
                RespNull::Array => "array",
            };
            Some(one("null", Value::Bytes(word.into())))
        }
    }
}

/// A message in a `websocket` frame.
pub(crate) fn websocket(cx: &Context, id: NodeId, at: Span) -> Option<Vec<Given<Value>>> {
    let (name, value, at) = match read(cx, id)? {
        WebSocketMessage::Text(text) => ("text", Value::Bytes(value::inner(cx, &text, at)?), at),
        WebSocketMessage::Kind(kind) => match kind {
            WebSocketKind::Text(text) => ("text", payload(cx, &text)?, text.span),
            WebSocketKind::Binary(data) => ("binary", payload(cx, &data)?, data.span),
            WebSocketKind::Ping(data) => ("ping", bytes(cx, &data)?, data.span),
            WebSocketKind::Pong(data) => ("pong", bytes(cx, &data)?, data.span),
            WebSocketKind::Close(close) => ("close", close_value(cx, &close)?, close.span),
        },
    };
    Some(vec![(name.to_owned(), value, at)])
}

fn payload(cx: &Context, item: &Item<WebSocketPayload>) -> Option<Value> {
    match item.get()? {
        WebSocketPayload::Whole(whole) => value::inner(cx, whole, item.span).map(Value::Bytes),
        WebSocketPayload::Fragments(parts) => list(parts, |part| match part.get()? {
            WebSocketPart::Fragment(text) => value::inner(cx, text, part.span).map(Value::Bytes),
            WebSocketPart::Control(WebSocketControl::Ping(data)) => {
                Some(one("ping", bytes(cx, data)?))
            }
            WebSocketPart::Control(WebSocketControl::Pong(data)) => {
                Some(one("pong", bytes(cx, data)?))
            }
        }),
    }
}

fn close_value(cx: &Context, item: &Item<WebSocketClose>) -> Option<Value> {
    match item.get()? {
        WebSocketClose::Bytes(none) => value::inner(cx, none, item.span).map(Value::Bytes),
        WebSocketClose::Code(close) => {
            let all = [
                Some(integer(&close.code).map(|code| ("code".to_owned(), code))),
                close
                    .reason
                    .as_ref()
                    .map(|reason| bytes(cx, reason).map(|reason| ("reason".to_owned(), reason))),
            ];
            let fields = all.into_iter().flatten().collect::<Option<_>>()?;
            Some(Value::Frame(Message { fields }))
        }
    }
}

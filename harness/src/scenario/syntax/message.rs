//! Messages of the protocols that have a notation of their own, as they are written.

use schemars::JsonSchema;
use serde::Deserialize;

use super::shape::by_shape;
use super::{Bytes, Int, Item, Names};

/// A message in an `http1` frame. A request may have `method` and `target`, a reply has `status`.
/// The field that says where the body ends is added unless it is given.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct HttpMessage {
    /// The method of a request.
    #[schemars(extend("default" = "GET"))]
    pub method: Option<Item<Bytes>>,
    /// The target of a request, such as `/index.html?a=b`.
    #[schemars(extend("default" = "/"))]
    pub target: Option<Item<Bytes>>,
    /// The status of a reply, 100 to 599. An interim reply (1xx) is a message of its own.
    pub status: Option<Item<Int>>,
    /// The reason of a reply. Absent: the usual one.
    pub reason: Option<Item<Bytes>>,
    /// The version.
    #[schemars(extend("default" = "HTTP/1.1"))]
    pub version: Option<Item<Bytes>>,
    /// Header fields, in this order. A request needs `Host`.
    pub headers: Option<Item<Names<HttpValue>>>,
    /// The body, sent with its length.
    pub body: Option<Item<Bytes>>,
    /// The body as a list of chunks, each of at least 1 byte.
    pub chunked: Option<Item<Vec<Item<Bytes>>>>,
    /// Fields behind the last chunk. Only with `chunked`.
    pub trailers: Option<Item<Names<HttpValue>>>,
}

by_shape! {
    /// The value of a header field; a list stands for several fields of that name.
    pub enum HttpValue expecting "text, or a list for several fields of that name" {
        /// One field.
        "scalar" | "map" | "bytes" => One(Bytes),
        /// Several.
        "list" => Several(Vec<Item<Bytes>>),
    }
}

by_shape! {
    /// A value in a `resp2` frame. Text is a bulk string, a list an array: `[SET, key, value]` is a
    /// command.
    pub enum RespValue expecting "text, a list, or a typed value such as `{simple: OK}`" {
        /// A bulk string.
        "scalar" | "bytes" => Bulk(Bytes),
        /// An array.
        "list" => Array(Vec<Item<RespValue>>),
        /// Another type.
        "map" => Typed(RespTyped),
    }
}

/// A value of a type that text and lists are not.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RespTyped {
    /// A simple string, such as `OK`.
    Simple(Item<Bytes>),
    /// An error, such as `ERR unknown command`.
    Error(Item<Bytes>),
    /// A signed 64-bit integer.
    Integer(Item<Int>),
    /// No value.
    Null(Item<RespNull>),
    /// A command in one line, its words parted by blanks. Only as a whole request.
    Inline(Item<Bytes>),
}

/// The two ways to write that there is no value.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum RespNull {
    /// A bulk string of length -1.
    Bulk,
    /// An array of length -1.
    Array,
}

by_shape! {
    /// A message in a `websocket` frame: text, or a map that says what else it is. Requests are
    /// masked with a fixed key.
    pub enum WebSocketMessage expecting "text, or a message such as `{ping: \"\"}`" {
        /// A text in one frame.
        "scalar" | "bytes" => Text(Bytes),
        /// Another message.
        "map" => Kind(WebSocketKind),
    }
}

/// What a message is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebSocketKind {
    /// Text: UTF-8.
    Text(Item<WebSocketPayload>),
    /// Bytes.
    Binary(Item<WebSocketPayload>),
    /// A ping, of at most 125 bytes.
    Ping(Item<Bytes>),
    /// A pong, of at most 125 bytes.
    Pong(Item<Bytes>),
    /// A close, with or without a code.
    Close(Item<WebSocketClose>),
}

by_shape! {
    /// What a message holds; a list stands for its fragments.
    pub enum WebSocketPayload expecting "text or bytes, or a list of fragments" {
        /// In one frame.
        "scalar" | "map" | "bytes" => Whole(Bytes),
        /// One frame each.
        "list" => Fragments(Vec<Item<WebSocketPart>>),
    }
}

by_shape! {
    /// A fragment, or a control frame between two of them.
    pub enum WebSocketPart expecting "a fragment, or a control frame such as `{ping: \"\"}`" {
        /// A fragment.
        "scalar" | "bytes" => Fragment(Bytes),
        /// A control frame.
        "map" => Control(WebSocketControl),
    }
}

/// A control frame between fragments.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebSocketControl {
    /// A ping, of at most 125 bytes.
    Ping(Item<Bytes>),
    /// A pong, of at most 125 bytes.
    Pong(Item<Bytes>),
}

by_shape! {
    /// The payload of a close.
    pub enum WebSocketClose expecting "`\"\"` for none, or `{code: 1000, reason: bye}`" {
        /// None: empty text.
        "scalar" | "bytes" => Bytes(Bytes),
        /// A code, and perhaps a reason.
        "map" => Code(WebSocketCode),
    }
}

/// Why a connection is closed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct WebSocketCode {
    /// The code, such as 1000 (RFC 6455 section 7.4).
    pub code: Item<Int>,
    /// The reason: UTF-8 text of at most 123 bytes.
    pub reason: Option<Item<Bytes>>,
}

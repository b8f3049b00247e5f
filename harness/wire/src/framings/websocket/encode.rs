//! The frames of a WebSocket message.

use super::decoder::unmask;
use super::header::{BINARY, CLOSE, CONTINUATION, FIN, MASKED, PING, PONG, TEXT};
use crate::framings::{bytes_of, check_names};
use crate::{EncodeError, Message, Value};

/// What a message may be: exactly one of these.
pub(super) const KINDS: [&str; 5] = ["text", "binary", "ping", "pong", "close"];

/// The masking key of everything that is sent as a client: that of the examples in RFC 6455
/// section 5.7.
pub(super) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(super) fn encode(message: &Message, masked: bool) -> Result<Vec<u8>, EncodeError> {
    check_names(message, &KINDS)?;
    let (kind, value) = match message.fields.as_slice() {
        [(kind, value)] => (kind.as_str(), value),
        [] => {
            return Err(EncodeError::Missing {
                name: "text".into(),
            });
        }
        [(first, _), (second, _), ..] => {
            let expected = format!("the message is `{first}` already, keep one of them");
            return Err(EncodeError::unfit(second, "a second message", expected));
        }
    };
    let mut out = Vec::new();
    match (kind, value) {
        ("text" | "binary", Value::List(parts)) => {
            fragments(&mut out, kind, parts, masked)?;
        }
        _ => single(&mut out, kind, value, masked)?,
    }
    Ok(out)
}

fn opcode(kind: &str) -> u8 {
    match kind {
        "text" => TEXT,
        "binary" => BINARY,
        "close" => CLOSE,
        "ping" => PING,
        _ => PONG,
    }
}

/// A message in fragments, with the control frames that stand between them as maps.
fn fragments(
    out: &mut Vec<u8>,
    kind: &str,
    parts: &[Value],
    masked: bool,
) -> Result<(), EncodeError> {
    let is_fragment = |part: &Value| !matches!(part, Value::Frame(_));
    let (Some(first), Some(last)) = (
        parts.iter().position(is_fragment),
        parts.iter().rposition(is_fragment),
    ) else {
        let expected = "a message has at least one fragment";
        return Err(EncodeError::unfit(kind, "none at all", expected));
    };
    if first > 0 || last + 1 < parts.len() {
        let expected = "the list begins and ends with a fragment; write control frames apart";
        return Err(EncodeError::unfit(
            kind,
            "a control frame at its end",
            expected,
        ));
    }
    for (at, part) in parts.iter().enumerate() {
        match part {
            Value::Frame(Message { fields }) => match fields.as_slice() {
                [(control, value)] if opcode(control) >= CLOSE && KINDS.contains(&&**control) => {
                    single(out, control, value, masked)?;
                }
                _ => {
                    let expected = "between fragments stand `ping`, `pong` and `close`";
                    return Err(EncodeError::unfit(kind, "a map", expected));
                }
            },
            part => {
                let opcode = if at == 0 { opcode(kind) } else { CONTINUATION };
                let fin = if at == last { FIN } else { 0 };
                frame(out, fin | opcode, bytes_of(kind, part)?, masked);
            }
        }
    }
    Ok(())
}

fn single(out: &mut Vec<u8>, kind: &str, value: &Value, masked: bool) -> Result<(), EncodeError> {
    let payload = match (kind, value) {
        ("close", Value::Frame(close)) => close_payload(close)?,
        _ => bytes_of(kind, value)?.to_vec(),
    };
    frame(out, FIN | opcode(kind), &payload, masked);
    Ok(())
}

fn close_payload(close: &Message) -> Result<Vec<u8>, EncodeError> {
    check_names(close, &["code", "reason"])?;
    let code = match close.get("code") {
        Some(Value::Int(code)) => u16::try_from(*code).ok(),
        _ => None,
    };
    let Some(code) = code else {
        let expected = "a code is a number such as 1000 (RFC 6455 section 7.4)";
        return Err(EncodeError::unfit(
            "close",
            "a map without a code",
            expected,
        ));
    };
    let reason = close
        .get("reason")
        .map_or(Ok(&[][..]), |reason| bytes_of("close", reason))?;
    Ok([&code.to_be_bytes(), reason].concat())
}

/// One frame; its length takes as few bytes as it can (section 5.2).
pub(super) fn frame(out: &mut Vec<u8>, first: u8, payload: &[u8], masked: bool) {
    let mask = if masked { MASKED } else { 0 };
    out.push(first);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ ..126), _) => out.push(mask | short),
        (_, Ok(medium)) => {
            out.push(mask | 126);
            out.extend(medium.to_be_bytes());
        }
        _ => {
            out.push(mask | 127);
            out.extend((payload.len() as u64).to_be_bytes());
        }
    }
    if masked {
        out.extend(KEY);
    }
    let start = out.len();
    out.extend_from_slice(payload);
    if masked {
        unmask(&mut out[start..], KEY, 0);
    }
}

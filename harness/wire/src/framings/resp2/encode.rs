//! The bytes of RESP2 values.

use crate::framings::{bytes_of, check_names};
use crate::{EncodeError, Message, Value};

/// The only field that a message sets.
pub(super) const VALUE: &str = "value";

pub(super) fn encode(message: &Message) -> Result<Vec<u8>, EncodeError> {
    check_names(message, &[VALUE])?;
    let given = message
        .get(VALUE)
        .ok_or_else(|| EncodeError::Missing { name: VALUE.into() })?;
    let mut out = Vec::new();
    match given {
        Value::Frame(typed) if typed.get("inline").is_some() && typed.fields.len() == 1 => {
            let line = typed
                .get("inline")
                .map_or(Ok(&[][..]), |line| bytes_of(VALUE, line))?;
            out.extend([line, b"\r\n"].concat());
        }
        other => write(&mut out, other)?,
    }
    Ok(out)
}

/// Bytes are a bulk string, a list is an array; a map names the type of its value.
fn write(out: &mut Vec<u8>, value: &Value) -> Result<(), EncodeError> {
    match value {
        Value::Bytes(bytes) => {
            out.extend(format!("${}\r\n", bytes.len()).bytes());
            out.extend([bytes.as_slice(), b"\r\n"].concat());
        }
        Value::List(values) => {
            out.extend(format!("*{}\r\n", values.len()).bytes());
            for value in values {
                write(out, value)?;
            }
        }
        Value::Frame(Message { fields }) => match fields.as_slice() {
            [(kind, value)] => typed(out, kind, value)?,
            _ => return Err(unfit("a map", "it has one key, the type of its value")),
        },
        Value::Int(_) | Value::Json(_) | Value::Headers(_) => {
            return Err(unfit(value.show(), "write `{integer: ...}`, or quote it"));
        }
    }
    Ok(())
}

fn typed(out: &mut Vec<u8>, kind: &str, value: &Value) -> Result<(), EncodeError> {
    match (kind, value) {
        ("simple", Value::Bytes(line)) => out.extend([b"+", line.as_slice(), b"\r\n"].concat()),
        ("error", Value::Bytes(line)) => out.extend([b"-", line.as_slice(), b"\r\n"].concat()),
        ("integer", Value::Int(number)) => out.extend(format!(":{number}\r\n").bytes()),
        ("null", Value::Bytes(what)) if what == b"bulk" => out.extend(b"$-1\r\n"),
        ("null", Value::Bytes(what)) if what == b"array" => out.extend(b"*-1\r\n"),
        _ => {
            let known =
                "simple, error, integer, null (bulk or array), or inline as a whole command";
            return Err(unfit(format!("`{kind}` with {}", value.show()), known));
        }
    }
    Ok(())
}

fn unfit(given: impl Into<String>, expected: &str) -> EncodeError {
    EncodeError::unfit(VALUE, given, expected)
}

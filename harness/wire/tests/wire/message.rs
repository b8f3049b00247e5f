//! The message that a decoded frame came from, worked out from its bytes without the decoder.

use harness_wire::{FieldSpec, HeadersSpec, IntRole, IntType, Kind, Message, Selector, Value};

use crate::drive::Found;

/// The values of the fields whose names begin with `prefix`.
pub(crate) fn message(specs: &[FieldSpec], prefix: &str, found: &Found) -> Message {
    let content = |name: &str| {
        found
            .content(&format!("{prefix}{name}"))
            .unwrap_or_default()
    };
    let mut fields = Vec::new();
    for spec in specs {
        let path = format!("{prefix}{}", spec.name);
        let absent = specs.iter().any(|length| {
            let none = absent_value(&length.kind, &spec.name);
            none.is_some_and(|none| number(&length.kind, &content(&length.name)) == Some(none))
        });
        if absent {
            continue;
        }
        if let Some(value) = value(specs, spec, prefix, &path, found) {
            fields.push((spec.name.clone(), value));
        }
    }
    Message { fields }
}

fn absent_value(kind: &Kind, field: &str) -> Option<i128> {
    match role(kind)? {
        IntRole::SizeOf { fields, absent, .. } if fields.iter().any(|f| f == field) => *absent,
        _ => None,
    }
}

fn role(kind: &Kind) -> Option<&IntRole> {
    match kind {
        Kind::Int { role, .. } | Kind::Varint { role, .. } | Kind::Decimal { role, .. } => {
            Some(role)
        }
        _ => None,
    }
}

fn number(kind: &Kind, bytes: &[u8]) -> Option<i128> {
    match kind {
        Kind::Int { int, .. } => Some(IntType::read(*int, bytes)),
        Kind::Varint { .. } => {
            let groups = bytes.iter().enumerate();
            Some(
                groups
                    .map(|(n, byte)| i128::from(byte % 128) * 128i128.pow(n as u32))
                    .sum(),
            )
        }
        Kind::Decimal { .. } => std::str::from_utf8(bytes).unwrap().parse().ok(),
        _ => None,
    }
}

fn value(
    specs: &[FieldSpec],
    spec: &FieldSpec,
    prefix: &str,
    path: &str,
    found: &Found,
) -> Option<Value> {
    let content = found.content(path).unwrap_or_default();
    match &spec.kind {
        Kind::Const(_) => None,
        Kind::Int { role, .. } | Kind::Varint { role, .. } | Kind::Decimal { role, .. } => {
            let free = matches!(role, IntRole::Value { .. } | IntRole::Id {});
            free.then(|| Value::Int(number(&spec.kind, &content).unwrap()))
        }
        Kind::Bytes(_) | Kind::Text(_) => Some(Value::Bytes(content)),
        Kind::Json(json) => {
            let mut object: serde_json::Value =
                serde_json::from_slice(&content).expect("a decoded object is JSON");
            let map = object.as_object_mut().expect("an object");
            if let Some((key, _)) = &json.size {
                map.remove(key);
            }
            if let Some(digest) = &json.digest {
                map.remove(&digest.key);
            }
            Some(Value::Json(object))
        }
        Kind::Headers(headers) => Some(Value::Headers(header_lines(headers, &content))),
        Kind::Lines(_) => Some(Value::List(
            lines(&content)
                .map(|line| Value::Bytes(line.to_vec()))
                .collect(),
        )),
        Kind::Frame(fields) => Some(Value::Frame(message(fields, &format!("{path}."), found))),
        Kind::Repeat(repeat) => {
            let mut items = Vec::new();
            loop {
                let prefix = format!("{path}[{}].", items.len());
                if !found
                    .fields
                    .iter()
                    .any(|field| field.name.starts_with(&prefix))
                {
                    return Some(Value::List(items));
                }
                items.push(Value::Frame(message(&repeat.fields, &prefix, found)));
            }
        }
        Kind::Switch(switch) => {
            let on = specs.iter().find(|spec| spec.name == switch.on).unwrap();
            let bytes = found.content(&format!("{prefix}{}", on.name)).unwrap();
            let value = number(&on.kind, &bytes).map_or(Selector::Bytes(bytes), Selector::Int);
            let fields = switch.choose(&value).expect("a case was chosen");
            Some(Value::Frame(message(fields, &format!("{path}."), found)))
        }
        Kind::FirstOf(alternatives) => {
            let prefix = format!("{path}.");
            let fits = |spec: &FieldSpec| {
                let content = found.content(&format!("{prefix}{}", spec.name));
                match &spec.kind {
                    Kind::Const(bytes) => content.as_ref() == Some(bytes),
                    _ => content.is_some(),
                }
            };
            let chosen = alternatives.iter().find(|one| one.fields.iter().all(fits));
            let chosen = chosen.expect("an alternative was read");
            let inner = Value::Frame(message(&chosen.fields, &prefix, found));
            Some(Value::Frame(Message {
                fields: vec![(chosen.name.clone(), inner)],
            }))
        }
    }
}

fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = block.split_inclusive(|&byte| byte == b'\n');
    whole.map(|line| {
        let line = line.strip_suffix(b"\n").unwrap();
        line.strip_suffix(b"\r").unwrap_or(line)
    })
}

fn header_lines(spec: &HeadersSpec, block: &[u8]) -> Vec<(String, Vec<u8>)> {
    let needed = spec.size.as_ref().filter(|size| !size.optional);
    let pairs = lines(block).map(|line| {
        let colon = line.iter().position(|&byte| byte == b':').unwrap();
        let name = String::from_utf8(line[..colon].to_vec()).unwrap();
        let value = &line[colon + 1..];
        match spec.separator.len() {
            1 => (name, value.to_vec()),
            _ => (name, value.trim_ascii().to_vec()),
        }
    });
    let given = |(name, _): &(String, Vec<u8>)| {
        needed.is_none_or(|size| !name.eq_ignore_ascii_case(&size.name))
    };
    pairs.filter(given).collect()
}

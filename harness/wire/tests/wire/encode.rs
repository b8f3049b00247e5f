//! Messages that a framing cannot express.

use harness_wire::{EncodeError, Limits, Message, Value};
use serde_json::json;

use crate::build::Built;

const FIELDS: &[&str] = &[
    "magic const cafe",
    "version u8 const 2",
    "total u8 size_of name,note,meta,body",
    "count i16le",
    "kind u8 default 7",
    "name text until \"aa\"",
    "note text size 3",
    "meta json until \"\\n\" size=n:body digest=d:md5:body",
    "body bytes counted",
];

fn built() -> Built {
    let fields: Vec<String> = FIELDS.iter().map(|&line| line.to_owned()).collect();
    Built::new("composed", &fields, Limits::default())
}

fn valid() -> Vec<(String, Value)> {
    vec![
        ("count".into(), Value::Int(-2)),
        ("name".into(), Value::Bytes(b"n".to_vec())),
        ("note".into(), Value::Bytes(b"abc".to_vec())),
        ("body".into(), Value::Bytes(b"body".to_vec())),
    ]
}

/// The valid message with one field set, or another one added.
fn with(name: &str, value: Value) -> Result<harness_wire::Encoded, EncodeError> {
    let mut fields = valid();
    match fields.iter_mut().find(|(known, _)| known == name) {
        Some(field) => field.1 = value,
        None => fields.push((name.into(), value)),
    }
    built().framing.encode(&Message { fields })
}

#[test]
fn a_message_becomes_the_bytes_that_the_fields_say() {
    let encoded = built()
        .framing
        .encode(&Message { fields: valid() })
        .unwrap();
    let digest = "841a2d689ad86bd1611447453c22c6fc"; // md5 of "body"
    let meta = format!("{{\"d\":\"{digest}\",\"n\":4}}");
    let total = u8::try_from(3 + 3 + meta.len() + 1 + 4).unwrap();
    let expected = [
        b"\xca\xfe\x02",
        &[total][..],
        b"\xfe\xff\x07naaabc",
        meta.as_bytes(),
        b"\nbody",
    ]
    .concat();
    assert_eq!(encoded.bytes, expected);
    assert_eq!(built().framing.sole_field(), None);
    assert_eq!(
        built().framing.settable(),
        ["count", "kind", "name", "note", "meta", "body"]
    );
}

#[test]
fn values_that_do_not_fit_are_named() {
    let bytes = |text: &str| Value::Bytes(text.as_bytes().to_vec());
    for (name, value, given, expected) in [
        ("count", Value::Int(32768), "32768", "-32768 to 32767"),
        ("count", bytes("5"), "1 bytes", "an integer"),
        ("kind", Value::Int(-1), "-1", "0 to 255"),
        ("name", bytes("xaay"), "at byte 1", "\"aa\""),
        ("name", bytes("xa"), "at byte 1", "\"aa\""),
        ("name", Value::Bytes(vec![b'a', 0xff]), "0xff", "UTF-8"),
        ("name", Value::Int(3), "3", "bytes"),
        ("note", bytes("ab"), "2 bytes", "exactly 3"),
        ("meta", Value::Json(json!([1])), "[1]", "a JSON object"),
        ("meta", bytes("{}"), "2 bytes", "a JSON object"),
        (
            "meta",
            Value::Json(json!({"n": 4})),
            "`n` with 4",
            "computed",
        ),
        (
            "meta",
            Value::Json(json!({"d": "x"})),
            "`d` with \"x\"",
            "computed",
        ),
        ("body", Value::Json(json!("text")), "\"text\"", "bytes"),
        ("body", Value::Frame(Message::default()), "nested", "bytes"),
        ("total", Value::Int(3), "3", "computed"),
        ("magic", bytes("x"), "1 bytes", "constant"),
        ("version", Value::Int(2), "2", "constant"),
    ] {
        let error = with(name, value).unwrap_err();
        let EncodeError::Unfit {
            name: at,
            given: g,
            expected: e,
        } = &error
        else {
            panic!("{name}: {error}")
        };
        assert_eq!(at, name);
        assert!(g.contains(given) && e.contains(expected), "{error}");
    }
    let error = with("body", Value::Bytes(vec![0; 300])).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`total`") && text.contains("u8 holds 0 to 255"),
        "{text}"
    );
}

#[test]
fn missing_unknown_and_repeated_fields_are_named() {
    for place in 0..valid().len() {
        let mut fields = valid();
        let (name, _) = fields.remove(place);
        let error = built().framing.encode(&Message { fields }).unwrap_err();
        assert_eq!(error, EncodeError::Missing { name });
    }
    let error = with("boddy", Value::Int(1)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("`boddy`") && text.contains("count, kind, name, note, meta, body"));
    let mut fields = valid();
    fields.push(("count".into(), Value::Int(1)));
    let error = built().framing.encode(&Message { fields }).unwrap_err();
    assert!(error.to_string().contains("set it once"), "{error}");
}

#[test]
fn raw_bytes_are_as_strict() {
    let raw = Built::new("raw", &[], Limits::default());
    let data = |value| ("data".to_owned(), value);
    let bytes = || Value::Bytes(b"x".to_vec());
    let encode = |fields: Vec<_>| raw.framing.encode(&Message { fields });
    assert_eq!(encode(vec![data(bytes())]).unwrap().bytes, b"x");
    assert!(matches!(encode(vec![]), Err(EncodeError::Missing { .. })));
    assert!(matches!(
        encode(vec![data(Value::Int(1))]),
        Err(EncodeError::Unfit { .. })
    ));
    assert!(matches!(
        encode(vec![data(bytes()), data(bytes())]),
        Err(EncodeError::Unfit { .. })
    ));
    let unknown = encode(vec![("body".into(), bytes())]);
    assert!(matches!(unknown, Err(EncodeError::UnknownField { .. })));
}

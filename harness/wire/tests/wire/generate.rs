//! Descriptions of frames out of chosen shapes, and messages for them.

use harness_wire::{
    DigestSpec, Digits, Extent, FieldSpec, IntRole, IntType, JsonSpec, Kind, Message, Selector,
    Value,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::describe::field as describe;

/// A description that is possible, and messages for it.
#[derive(Clone, Debug)]
pub(crate) struct Generated {
    pub(crate) specs: Vec<FieldSpec>,
    pub(crate) messages: Vec<Message>,
}

/// One field of a generated frame.
#[derive(Clone, Debug)]
enum Shape {
    Int(IntType),
    ConstInt(IntType),
    Const(Vec<u8>),
    Size(usize),
    Until {
        end: Vec<u8>,
        text: bool,
    },
    /// Its length stands before it or at the frame's beginning, and may count itself.
    Counted {
        form: Form,
        text: bool,
        early: bool,
        own: bool,
        adjust: i64,
    },
    /// A line of JSON with the size and digest of a body that follows.
    Json,
    /// Headers with the size of a body, which may have an end of its own as well.
    Headers {
        optional: bool,
    },
    /// A number that messages give.
    Number(Form),
    /// Lines up to an empty one.
    Lines,
    /// A frame inside.
    Inner,
    /// A byte that chooses a frame.
    Switch,
    /// A count and as many frames.
    Repeat(Form),
    /// A frame known by its first byte.
    FirstOf,
}

/// How a number stands on the wire.
#[derive(Clone, Copy, Debug)]
enum Form {
    Int,
    Varint,
    Digits,
    Width,
}

impl Form {
    fn kind(self, role: IntRole) -> Kind {
        match self {
            // Two bytes, signed: an adjustment fits, and so does every sum here.
            Self::Int => Kind::Int {
                int: IntType::be(2).signed(),
                role,
            },
            Self::Varint => Kind::Varint { max: 3, role },
            Self::Digits => Kind::Decimal {
                digits: Digits::Until(b"::".to_vec()),
                role,
            },
            Self::Width => Kind::Decimal {
                digits: Digits::Width(5),
                role,
            },
        }
    }
}

fn forms() -> impl Strategy<Value = Form> {
    prop_oneof![
        Just(Form::Int),
        Just(Form::Varint),
        Just(Form::Digits),
        Just(Form::Width)
    ]
}

fn ints() -> impl Strategy<Value = IntType> {
    (1..=8u8, any::<bool>(), any::<bool>()).prop_map(|(width, little, signed)| {
        let int = if little {
            IntType::le(width)
        } else {
            IntType::be(width)
        };
        if signed { int.signed() } else { int }
    })
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop_oneof![
        ints().prop_map(Shape::Int),
        ints().prop_map(Shape::ConstInt),
        vec(any::<u8>(), 1..4).prop_map(Shape::Const),
        (1..5usize).prop_map(Shape::Size),
        (vec(b'a'..b'd', 1..4), any::<bool>()).prop_map(|(end, text)| Shape::Until { end, text }),
        (
            forms(),
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
            0..4i64
        )
            .prop_map(|(form, text, early, own, adjust)| Shape::Counted {
                form,
                text,
                early,
                own,
                adjust
            }),
        Just(Shape::Json),
        any::<bool>().prop_map(|optional| Shape::Headers { optional }),
        forms().prop_map(Shape::Number),
        forms().prop_map(Shape::Repeat),
        Just(Shape::Lines),
        Just(Shape::Inner),
        Just(Shape::Switch),
        Just(Shape::FirstOf),
    ]
}

/// Frames of one to five shapes, some with a total that covers everything behind it, and with it
/// one field whose end only the total tells.
pub(crate) fn frames() -> impl Strategy<Value = Generated> {
    let contents = vec(vec(vec(any::<u8>(), 0..12), 8), 1..4);
    (vec(shapes(), 1..5), any::<bool>(), any::<bool>(), contents)
        .prop_map(|(shapes, total, free, contents)| generate(&shapes, total, free, &contents))
}

fn size_of(form: Form, fields: Vec<String>, adjust: i64) -> Kind {
    form.kind(IntRole::SizeOf {
        fields,
        adjust,
        absent: None,
    })
}

fn generate(shapes: &[Shape], total: bool, free: bool, contents: &[Vec<Vec<u8>>]) -> Generated {
    let (mut early, mut specs) = (Vec::new(), Vec::new());
    for (at, shape) in shapes.iter().enumerate() {
        let name = format!("f{at}");
        let length = format!("f{at}-length");
        let field = |kind| FieldSpec::new(name.clone(), kind);
        match shape.clone() {
            Shape::Int(int) => specs.push(field(Kind::Int {
                int,
                role: IntRole::Value { default: None },
            })),
            Shape::ConstInt(int) => {
                specs.push(field(Kind::Int {
                    int,
                    role: IntRole::Const(int.max() / 3),
                }));
            }
            Shape::Const(bytes) => specs.push(field(Kind::Const(bytes))),
            Shape::Size(size) => specs.push(field(Kind::Bytes(Extent::Size(size)))),
            Shape::Until { end, text: true } => specs.push(field(Kind::Text(Extent::Until(end)))),
            Shape::Until { end, text: false } => specs.push(field(Kind::Bytes(Extent::Until(end)))),
            Shape::Counted {
                form,
                text,
                early: first,
                own,
                adjust,
            } => {
                let mut counted = vec![name.clone()];
                counted.extend(own.then(|| length.clone()));
                let length = FieldSpec::new(length, size_of(form, counted, adjust));
                if first {
                    early.push(length)
                } else {
                    specs.push(length)
                }
                let kind = if text { Kind::Text } else { Kind::Bytes };
                specs.push(field(kind(Extent::Counted)));
            }
            Shape::Json => {
                let body = format!("f{at}-body");
                specs.push(field(Kind::Json(JsonSpec {
                    extent: Extent::Until(b"\n".to_vec()),
                    size: Some(("n".into(), vec![body.clone()])),
                    digest: Some(DigestSpec {
                        key: "d".into(),
                        algorithm: harness_wire::Algorithm::Md5,
                        fields: vec![body.clone()],
                    }),
                })));
                specs.push(FieldSpec::new(body, Kind::Bytes(Extent::Counted)));
            }
            Shape::Headers { optional } => {
                let until = if optional { "until \"\\0\"" } else { "counted" };
                let optional = if optional { ":optional" } else { "" };
                let size = format!("size=Length:f{at}-body:0{optional}");
                specs.push(describe(&format!("{name} headers crlf \":\\s\" {size}")));
                specs.push(describe(&format!("f{at}-body bytes {until}")));
            }
            Shape::Number(form) => specs.push(field(form.kind(IntRole::Value { default: None }))),
            Shape::Lines => specs.push(describe(&format!("{name} lines either \"\""))),
            Shape::Inner => specs.push(describe(&format!(
                "{name} frame [ a varint 2 / n u8 size_of t / t bytes / in frame [ k u8 / l u8 ] ]"
            ))),
            Shape::Switch => {
                specs.push(describe(&format!("f{at}-kind u8")));
                specs.push(describe(&format!(
                    "{name} switch f{at}-kind [ is 7,8: ] [ is 9: x u8 ] [ else: y bytes until ff ]"
                )));
            }
            Shape::Repeat(form) => {
                let count = form.kind(IntRole::CountOf(name.clone()));
                specs.push(FieldSpec::new(format!("f{at}-count"), count));
                specs.push(describe(&format!(
                    "{name} repeat 9 [ n u8 size_of t / t bytes / k u16le ]"
                )));
            }
            Shape::FirstOf => specs.push(describe(&format!(
                "{name} first_of [ one: m const 01 / x u8 ] [ two: m const 0202 / d decimal \".\" ]"
            ))),
        }
    }
    early.append(&mut specs);
    let mut specs = early;
    if total {
        if free {
            specs.push(FieldSpec::new("free", Kind::Bytes(Extent::Counted)));
        }
        let all = specs.iter().map(|spec| spec.name.clone()).collect();
        specs.insert(0, FieldSpec::new("total", size_of(Form::Int, all, 1)));
    }
    let messages = contents
        .iter()
        .map(|contents| message(&specs, contents))
        .collect();
    Generated { specs, messages }
}

fn message(specs: &[FieldSpec], contents: &[Vec<u8>]) -> Message {
    let mut contents = contents.iter().cycle();
    message_of(specs, &mut || contents.next().unwrap().clone())
}

fn message_of(specs: &[FieldSpec], next: &mut dyn FnMut() -> Vec<u8>) -> Message {
    let mut fields: Vec<(String, Value)> = Vec::new();
    for spec in specs {
        if let Some(value) = value(spec, &fields, next) {
            fields.push((spec.name.clone(), value));
        }
    }
    Message { fields }
}

/// A value of the field; `None` where a message says none.
fn value(
    spec: &FieldSpec,
    before: &[(String, Value)],
    next: &mut dyn FnMut() -> Vec<u8>,
) -> Option<Value> {
    let mut content = next();
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0i128, |sum, byte| sum * 7 + i128::from(*byte))
    };
    Some(match &spec.kind {
        Kind::Int {
            int,
            role: IntRole::Value { .. },
        } => {
            content.resize(8, 0x5a);
            Value::Int(int.read(&content))
        }
        Kind::Varint {
            role: IntRole::Value { .. },
            ..
        }
        | Kind::Decimal {
            role: IntRole::Value { .. },
            ..
        } => Value::Int(number(&content) % (1 << 14)),
        Kind::Int { .. } | Kind::Varint { .. } | Kind::Decimal { .. } | Kind::Const(_) => {
            return None;
        }
        Kind::Json(_) => Value::Json(serde_json::json!({ "x": content })),
        Kind::Bytes(extent) | Kind::Text(extent) => {
            if matches!(spec.kind, Kind::Text(_)) {
                content = String::from_utf8_lossy(&content).into_owned().into_bytes();
            }
            match extent {
                Extent::Size(size) => content.resize(*size, 0),
                // A length that may be missing is written where the content needs it.
                Extent::Until(end) if *end == [0] => {}
                Extent::Until(end) => content.retain(|byte| !end.contains(byte)),
                Extent::Counted | Extent::Rest => {}
            }
            Value::Bytes(content)
        }
        Kind::Headers(_) => {
            content.retain(u8::is_ascii_graphic);
            Value::Headers(vec![("X-a".into(), content), ("B".into(), Vec::new())])
        }
        Kind::Lines(_) => {
            content.retain(u8::is_ascii_graphic);
            let lines = content.chunks(2).map(|line| Value::Bytes(line.to_vec()));
            Value::List(lines.collect())
        }
        Kind::Frame(fields) => Value::Frame(message_of(fields, next)),
        Kind::Switch(switch) => {
            let on = before.iter().find(|(name, _)| *name == switch.on);
            let Some((_, Value::Int(on))) = on else {
                panic!("a switch looks at a number")
            };
            let fields = switch.choose(&Selector::Int(*on)).unwrap();
            Value::Frame(message_of(fields, next))
        }
        Kind::Repeat(repeat) => {
            let items =
                (0..content.len() % 4).map(|_| Value::Frame(message_of(&repeat.fields, next)));
            Value::List(items.collect())
        }
        Kind::FirstOf(alternatives) => {
            let chosen = &alternatives[content.len() % alternatives.len()];
            let inner = Value::Frame(message_of(&chosen.fields, next));
            Value::Frame(Message {
                fields: vec![(chosen.name.clone(), inner)],
            })
        }
    })
}

//! What holds for all messages, all descriptions, all segmentations and all bytes.

use harness_wire::{
    Composed, DigestSpec, Extent, FieldSpec, IntRole, IntType, JsonSpec, Kind, Limits, Message,
    Value,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::build::Built;
use crate::check::{FAMILIES, check, check_malformed};
use crate::drive::{cut, drive};

fn segmented(len: usize, cuts: &[prop::sample::Index]) -> Vec<usize> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(len + 1)).collect();
    cuts.sort_unstable();
    cuts
}

/// Encodes all messages into one stream, cuts it anywhere, and demands them back.
fn round_trip(built: &Built, messages: &[Message], cuts: &[prop::sample::Index]) {
    let encoded: Vec<_> = messages
        .iter()
        .map(|message| built.framing.encode(message).unwrap())
        .collect();
    let stream: Vec<u8> = encoded.iter().flat_map(|one| one.bytes.clone()).collect();
    let cuts = segmented(stream.len(), cuts);
    for pieces in [cut(&stream, &cuts), stream.chunks(1).collect()] {
        let seen = drive(&*built.framing, built.limits, pieces);
        assert_eq!(seen.error, None, "cut at {cuts:?}");
        if !built.framing.has_boundaries() {
            let all: Vec<u8> = seen
                .frames
                .iter()
                .flat_map(|frame| frame.bytes.clone())
                .collect();
            assert_eq!(all, stream);
            continue;
        }
        assert_eq!(seen.frames.len(), messages.len(), "cut at {cuts:?}");
        for ((found, one), message) in seen.frames.iter().zip(&encoded).zip(messages) {
            assert_eq!((&found.bytes, &found.fields), (&one.bytes, &one.fields));
            let back = built.message(found);
            for (name, value) in &message.fields {
                let (_, found) = back.fields.iter().find(|(known, _)| known == name).unwrap();
                assert_eq!(found, value, "{name}");
            }
        }
    }
}

/// Families whose messages are more than one field of any bytes.
const STRUCTURED: &[&str] = &["composed", "http1", "resp2", "websocket"];

fn bodies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(
        vec(
            prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()],
            0..60,
        ),
        1..5,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn simple_framings_give_back_what_was_sent(
        bodies in bodies(),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        for (_, lines) in FAMILIES.iter().filter(|(family, _)| !STRUCTURED.contains(family)) {
            for line in *lines {
                let built = Built::new(line, &[], Limits::default());
                let name = built.framing.sole_field().unwrap();
                let message = |body: &Vec<u8>| {
                    let mut body = body.clone();
                    if let Some(size) = line.strip_prefix("fixed ") {
                        body.resize(size.parse().unwrap(), b'x');
                    }
                    Message { fields: vec![(name.clone(), Value::Bytes(body))] }
                };
                let messages: Vec<Message> = bodies.iter().map(message).collect();
                // Only a delimiter may be refused, and only where the body moves its end.
                let able = messages.iter().filter(|message| {
                    let refused = built.framing.encode(message).is_err();
                    assert!(!refused || line.starts_with("delimiter"), "{line}");
                    !refused
                });
                let able: Vec<Message> = able.cloned().collect();
                round_trip(&built, &able, &cuts);
            }
        }
    }

    #[test]
    fn generated_frames_give_back_what_was_sent(
        frame in frames(),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let specs = frame.specs.clone();
        let composed = Composed::new("generated", specs.clone(), Limits::default()).unwrap();
        let built = Built { framing: Box::new(composed), limits: Limits::default(), specs };
        round_trip(&built, &frame.messages, &cuts);
        check_malformed(&built, &built.framing.encode(&frame.messages[0]).unwrap());
    }

    #[test]
    fn any_bytes_are_safe(
        data in vec(prop_oneof![0..16u8, Just(b'\n'), Just(b'\r'), Just(b'a'), Just(b'{'), any::<u8>()], 2..120),
    ) {
        for (family, lines) in FAMILIES {
            for choice in 0..lines.len() {
                let choice = u8::try_from(choice).unwrap() * 2 + data[0] % 2;
                check(family, &[&[choice], &data[1..]].concat());
            }
        }
    }

    #[test]
    fn changed_bytes_are_safe(
        frame in frames(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cuts in vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let composed = Composed::new("generated", frame.specs.clone(), Limits::default()).unwrap();
        let mut bytes = Vec::new();
        for message in &frame.messages {
            bytes.extend(harness_wire::Framing::encode(&composed, message).unwrap().bytes);
        }
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let whole = drive(&composed, Limits::default(), [&*bytes]);
        let cuts = segmented(bytes.len(), &cuts);
        prop_assert_eq!(&drive(&composed, Limits::default(), cut(&bytes, &cuts)), &whole);
        prop_assert_eq!(&drive(&composed, Limits::default(), bytes.chunks(1)), &whole);
    }
}

/// A description that is possible, and messages for it.
#[derive(Clone, Debug)]
struct Generated {
    specs: Vec<FieldSpec>,
    messages: Vec<Message>,
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
        text: bool,
        early: bool,
        own: bool,
        adjust: i64,
    },
    /// A line of JSON with the size and digest of a body that follows.
    Json,
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
        (any::<bool>(), any::<bool>(), any::<bool>(), 0..4i64).prop_map(
            |(text, early, own, adjust)| Shape::Counted {
                text,
                early,
                own,
                adjust
            }
        ),
        Just(Shape::Json),
    ]
}

/// Frames of one to five shapes, some with a total that covers everything behind it, and with it
/// one field whose end only the total tells.
fn frames() -> impl Strategy<Value = Generated> {
    let contents = vec(vec(vec(any::<u8>(), 0..12), 8), 1..4);
    (vec(shapes(), 1..5), any::<bool>(), any::<bool>(), contents)
        .prop_map(|(shapes, total, free, contents)| generate(&shapes, total, free, &contents))
}

fn size_of(fields: Vec<String>, adjust: i64) -> Kind {
    // Two bytes, signed: an adjustment fits, and so does every sum here.
    let role = IntRole::SizeOf { fields, adjust };
    Kind::Int {
        int: IntType::be(2).signed(),
        role,
    }
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
                text,
                early: first,
                own,
                adjust,
            } => {
                let mut counted = vec![name.clone()];
                counted.extend(own.then(|| length.clone()));
                let length = FieldSpec::new(length, size_of(counted, adjust));
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
        }
    }
    early.append(&mut specs);
    let mut specs = early;
    if total {
        if free {
            specs.push(FieldSpec::new("free", Kind::Bytes(Extent::Counted)));
        }
        let all = specs.iter().map(|spec| spec.name.clone()).collect();
        specs.insert(0, FieldSpec::new("total", size_of(all, 1)));
    }
    let messages = contents
        .iter()
        .map(|contents| message(&specs, contents))
        .collect();
    Generated { specs, messages }
}

fn message(specs: &[FieldSpec], contents: &[Vec<u8>]) -> Message {
    let mut contents = contents.iter().cycle();
    let mut fields = Vec::new();
    for spec in specs {
        let mut content = contents.next().unwrap().clone();
        let value = match &spec.kind {
            Kind::Int {
                int,
                role: IntRole::Value { .. },
            } => {
                content.resize(8, 0x5a);
                Value::Int(int.read(&content))
            }
            Kind::Int { .. } | Kind::Const(_) => continue,
            Kind::Json(_) => Value::Json(serde_json::json!({ "x": content })),
            Kind::Bytes(extent) | Kind::Text(extent) => {
                if matches!(spec.kind, Kind::Text(_)) {
                    content = String::from_utf8_lossy(&content).into_owned().into_bytes();
                }
                match extent {
                    Extent::Size(size) => content.resize(*size, 0),
                    Extent::Until(end) => content.retain(|byte| !end.contains(byte)),
                    Extent::Counted | Extent::Rest => {}
                }
                Value::Bytes(content)
            }
        };
        fields.push((spec.name.clone(), value));
    }
    Message { fields }
}

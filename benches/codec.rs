//! How fast the framings find messages and make them.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use harness_wire::{
    Algorithm, Composed, Counts, DEFAULT_SIZE_KEY, Delimiter, Digits, Extent, FieldSpec, Fixed,
    Frame, Framing, HeaderSize, HeadersSpec, IntRole, IntType, JsonDigest, JsonHeader, Kind,
    LengthPrefix, Limits, LineEnd, Message, Progress, Raw, SpecError, Value,
};

/// Bytes of a small body: a line of text.
const SMALL: usize = 32;
/// Bytes of a large body.
const LARGE: usize = 8 << 20;
/// Small messages in one buffer.
const MESSAGES: usize = 4096;

type Named = (&'static str, Box<dyn Framing>);

/// Modbus over TCP: the frame that users describe most often.
fn adu(limits: Limits) -> Result<Composed, SpecError> {
    let int = |width, role| Kind::Int {
        int: IntType::be(width),
        role,
    };
    let counted = vec!["unit".to_owned(), "body".to_owned()];
    let specs = vec![
        FieldSpec::new("tid", int(2, IntRole::Id {})),
        FieldSpec::new("protocol", int(2, IntRole::Const(0))),
        FieldSpec::new("length", int(4, IntRole::size_of(counted))),
        FieldSpec::new("unit", int(1, IntRole::Value { default: Some(1) })),
        FieldSpec::new("body", Kind::Bytes(Extent::Counted)),
    ];
    Composed::new("adu", specs, limits)
}

/// The kinds of fields whose own bytes say their end, each in front of a body.
fn kinds(limits: Limits) -> Result<Vec<Named>, SpecError> {
    let of = || vec!["body".to_owned()];
    let role = || IntRole::size_of(of());
    let body = |extent| FieldSpec::new("body", Kind::Bytes(extent));
    let headers = |line_end, separator: &[u8], name: &str, adjust, optional| {
        let size = HeaderSize {
            name: name.into(),
            fields: of(),
            adjust,
            optional,
        };
        let spec = HeadersSpec {
            line_end,
            separator: separator.to_vec(),
            size: Some(size),
        };
        FieldSpec::new("head", Kind::Headers(spec))
    };
    let varint = Kind::Varint {
        max: 4,
        role: role(),
    };
    let decimal = Kind::Decimal {
        digits: Digits::Until(b":".to_vec()),
        role: role(),
    };
    let inner = vec![
        FieldSpec::new("kind", Kind::Const(vec![1])),
        FieldSpec::new("content", Kind::Bytes(Extent::Rest)),
    ];
    let all: [(&'static str, Vec<FieldSpec>); 5] = [
        (
            "composed_varint",
            vec![FieldSpec::new("length", varint), body(Extent::Counted)],
        ),
        (
            "composed_netstring",
            vec![
                FieldSpec::new("length", decimal),
                body(Extent::Counted),
                FieldSpec::new("comma", Kind::Const(b",".to_vec())),
            ],
        ),
        (
            "composed_headers",
            vec![
                headers(LineEnd::CrLf, b": ", "Content-Length", 0, false),
                body(Extent::Counted),
            ],
        ),
        (
            "composed_optional_length",
            vec![
                headers(LineEnd::Either, b":", "content-length", -1, true),
                body(Extent::Until(vec![0])),
            ],
        ),
        (
            FRAME,
            vec![
                FieldSpec::new(
                    "length",
                    Kind::Int {
                        int: IntType::be(4),
                        role: role(),
                    },
                ),
                FieldSpec::new("body", Kind::Frame(inner)),
            ],
        ),
    ];
    let all = all.into_iter().map(|(name, specs)| {
        let framing: Box<dyn Framing> = Box::new(Composed::new(name, specs, limits)?);
        Ok((name, framing))
    });
    all.collect()
}

/// The framing whose body is a frame.
const FRAME: &str = "composed_frame";

fn framings(body: usize) -> Result<Vec<Named>, SpecError> {
    let limits = Limits::default();
    let int = IntType::be(4);
    let digest = JsonDigest {
        key: "md5".into(),
        algorithm: Algorithm::Md5,
    };
    let json = |digest| JsonHeader::new(int, DEFAULT_SIZE_KEY, digest, limits);
    let mut all: Vec<Named> = vec![
        ("raw", Box::new(Raw::new(limits))),
        ("fixed", Box::new(Fixed::new(body, limits)?)),
        (
            "delimiter_lf",
            Box::new(Delimiter::new("\n", false, limits)?),
        ),
        (
            "delimiter_crlf",
            Box::new(Delimiter::new("\r\n", false, limits)?),
        ),
        (
            "length_prefix",
            Box::new(LengthPrefix::new(int, Counts::Body, 0, limits)?),
        ),
        ("json_header", Box::new(json(None)?)),
        ("json_header_md5", Box::new(json(Some(digest))?)),
        ("composed_adu", Box::new(adu(limits)?)),
    ];
    all.extend(kinds(limits)?);
    Ok(all)
}

fn message(name: &str, framing: &dyn Framing, size: usize) -> Message {
    let field = framing.sole_field().unwrap_or_else(|| "body".into());
    // Text with carriage returns in it, so that CR LF is not found by its first byte alone.
    let text = b"the quick brown fox\r jumps over ".iter().copied().cycle();
    let mut value = Value::Bytes(text.take(size).collect());
    if name == FRAME {
        value = Value::Frame(Message {
            fields: vec![("content".into(), value)],
        });
    }
    Message {
        fields: vec![(field, value)],
    }
}

/// Finds all frames of `bytes`; the number is checked, so that a framing that stops early cannot
/// look fast.
fn decode(framing: &dyn Framing, bytes: &[u8], frame: &mut Frame, expected: usize) {
    let mut decoder = framing.decoder();
    let (mut at, mut count) = (0, 0);
    while let Ok(Progress::Frame) = decoder.decode(black_box(&bytes[at..]), frame) {
        at += frame.len;
        count += 1;
    }
    assert_eq!((at, count), (bytes.len(), expected), "{}", framing.name());
}

fn benches(criterion: &mut Criterion) {
    for (group, size, messages) in [("small", SMALL, MESSAGES), ("large", LARGE, 1)] {
        let framings = match framings(size) {
            Ok(framings) => framings,
            Err(error) => unreachable!("the framings of this bench are possible: {error}"),
        };
        for (name, framing) in &framings {
            let message = message(name, &**framing, size);
            let Ok(encoded) = framing.encode(&message) else {
                unreachable!("the messages of this bench fit: {name}")
            };
            let stream = encoded.bytes.repeat(messages);
            let expected = if framing.has_boundaries() {
                messages
            } else {
                1
            };
            let mut frame = Frame::default();
            let mut decoding = criterion.benchmark_group(format!("decode_{group}"));
            decoding.throughput(Throughput::Bytes(stream.len() as u64));
            decoding.bench_function(BenchmarkId::from_parameter(name), |bench| {
                bench.iter(|| decode(&**framing, &stream, &mut frame, expected));
            });
            decoding.finish();
            let mut encoding = criterion.benchmark_group(format!("encode_{group}"));
            encoding.throughput(Throughput::Bytes(encoded.bytes.len() as u64));
            encoding.bench_function(BenchmarkId::from_parameter(name), |bench| {
                bench.iter(|| framing.encode(black_box(&message)));
            });
            encoding.finish();
        }
    }
}

criterion_group! {
    name = codec;
    config = Criterion::default();
    targets = benches
}
criterion_main!(codec);

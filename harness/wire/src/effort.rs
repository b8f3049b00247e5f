//! A count of the work that decoders do, so that tests can prove it linear without a clock.
//!
//! Every loop over input bytes, and every step of a decoder, adds to it. Outside this crate's unit
//! tests it is nothing at all.

/// Adds `visits` to the count that tests keep.
#[cfg(not(test))]
#[inline(always)]
pub(crate) fn add(_visits: usize) {}

/// Adds `visits` to this thread's count.
#[cfg(test)]
pub(crate) fn add(visits: usize) {
    tests::VISITS.with(|count| count.set(count.get() + visits));
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use crate::{
        Algorithm, Composed, Counts, DEFAULT_SIZE_KEY, Delimiter, DigestSpec, Extent, FieldSpec,
        Fixed, Frame, Framing, IntRole, IntType, JsonDigest, JsonHeader, JsonSpec, Kind,
        LengthPrefix, Limits, Message, Progress, Value,
    };

    thread_local! {
        pub(super) static VISITS: Cell<usize> = const { Cell::new(0) };
    }

    const SIZE: usize = 1 << 20;

    fn bytes(name: &str, content: Vec<u8>) -> Message {
        Message {
            fields: vec![(name.into(), Value::Bytes(content))],
        }
    }

    /// Feeds the message byte by byte, and says how many visits each byte cost on average.
    fn visits_per_byte(framing: &dyn Framing, message: &Message) -> f64 {
        let encoded = framing.encode(message).unwrap();
        let (mut decoder, mut frame) = (framing.decoder(), Frame::default());
        VISITS.with(|count| count.set(0));
        let len = encoded.bytes.len();
        for end in 1..len {
            let progress = decoder.decode(&encoded.bytes[..end], &mut frame).unwrap();
            assert!(
                matches!(progress, Progress::NeedMore { .. }),
                "{framing:?} at {end}"
            );
        }
        assert_eq!(
            decoder.decode(&encoded.bytes, &mut frame),
            Ok(Progress::Frame)
        );
        assert_eq!((frame.len, &frame.fields), (len, &encoded.fields));
        VISITS.with(Cell::get) as f64 / len as f64
    }

    #[test]
    fn a_mebibyte_fed_byte_by_byte_costs_a_few_visits_a_byte() {
        let limits = Limits {
            header: 2 * SIZE,
            ..Limits::default()
        };
        let body = || bytes("body", vec![b'x'; SIZE]);
        let digest = JsonDigest {
            key: "md5".into(),
            algorithm: Algorithm::Md5,
        };
        let deep = vec![b'\r'; SIZE];
        let field = |name: &str, kind| FieldSpec::new(name, kind);
        let size_of = |fields: &[&str]| Kind::Int {
            int: IntType::be(4),
            role: IntRole::size_of(fields.iter().map(|name| (*name).to_owned()).collect()),
        };
        let composed = |specs| Composed::new("composed", specs, limits).unwrap();
        let json = JsonSpec {
            extent: Extent::Until(b"\n".to_vec()),
            size: Some(("n".into(), vec!["body".into()])),
            digest: Some(DigestSpec {
                key: "d".into(),
                algorithm: Algorithm::Sha256,
                fields: vec!["body".into()],
            }),
        };
        let padded = serde_json::json!({ "pad": "\\\"[{".repeat(SIZE / 8) });
        let cases: Vec<(Box<dyn Framing>, Message, f64)> = vec![
            (Box::new(Fixed::new(SIZE, limits).unwrap()), body(), 1.0),
            (
                Box::new(LengthPrefix::new(IntType::be(4), Counts::All, 0, limits).unwrap()),
                body(),
                1.0,
            ),
            (
                Box::new(Delimiter::new("\n", false, limits).unwrap()),
                body(),
                3.0,
            ),
            // Every byte may be the first of a delimiter, and is looked at again for the next.
            (
                Box::new(Delimiter::new("\r\n", true, limits).unwrap()),
                bytes("body", deep),
                4.0,
            ),
            (
                Box::new(
                    JsonHeader::new(IntType::le(4), DEFAULT_SIZE_KEY, Some(digest), limits)
                        .unwrap(),
                ),
                body(),
                2.0,
            ),
            (
                Box::new(composed(vec![
                    field("header", Kind::Json(json)),
                    field("body", Kind::Text(Extent::Counted)),
                ])),
                Message {
                    fields: vec![
                        ("header".into(), Value::Json(padded)),
                        ("body".into(), Value::Bytes(vec![b'x'; SIZE])),
                    ],
                },
                5.0,
            ),
            (
                Box::new(composed(vec![
                    field("all", size_of(&["magic", "name", "body"])),
                    field("magic", Kind::Const(vec![7; SIZE / 2])),
                    field("name", Kind::Text(Extent::Until(vec![0]))),
                    field("body", Kind::Bytes(Extent::Counted)),
                ])),
                Message {
                    fields: vec![
                        ("name".into(), Value::Bytes(vec![b'n'; SIZE / 2])),
                        ("body".into(), Value::Bytes(vec![b'x'; SIZE / 4])),
                    ],
                },
                4.0,
            ),
        ];
        for (framing, message, most) in cases {
            let visits = visits_per_byte(&*framing, &message);
            assert!(visits <= most, "{}: {visits} visits a byte", framing.name());
        }
    }
}

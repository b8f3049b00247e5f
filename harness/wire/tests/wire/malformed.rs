//! Frames that are wrong on purpose: which there are, and that they are wrong.

use harness_wire::{Encoded, FrameErrorKind, Limits, Message, Value};

use crate::build::Built;
use crate::drive::drive;
use crate::stream::check_malformed;

fn encode(built: &Built, name: &str, content: &[u8]) -> Encoded {
    let fields = vec![(name.to_owned(), Value::Bytes(content.to_vec()))];
    built.framing.encode(&Message { fields }).unwrap()
}

/// The names for a message, parted by blanks, after each was checked.
fn names(built: &Built, valid: &Encoded) -> String {
    check_malformed(built, valid);
    let names: Vec<String> = built
        .framing
        .malformed(valid)
        .into_iter()
        .map(|wrong| wrong.name)
        .collect();
    let mut unique = names.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    names.join(" ")
}

fn of(line: &str, content: &[u8]) -> String {
    let built = Built::new(line, &[], Limits::default());
    let name = built.framing.sole_field().unwrap();
    names(&built, &encode(&built, &name, content))
}

#[test]
fn each_framing_names_its_mistakes() {
    for (line, expected) in [
        ("raw", ""),
        ("fixed 4", "frame.truncated_in_body"),
        (
            "delimiter \"\\n\"",
            "delimiter.missing frame.truncated_in_body frame.truncated_in_delimiter",
        ),
        (
            "delimiter \"\\r\\n\"",
            "delimiter.missing delimiter.cut frame.truncated_in_body frame.truncated_in_delimiter",
        ),
        // The end of the stream stands for the delimiter: only half of one is wrong.
        (
            "delimiter \"\\r\\n\" final_optional",
            "delimiter.cut frame.truncated_in_delimiter",
        ),
        (
            "length_prefix u32be",
            "length.max length.over_limit length.byte_swapped length.long_by_one \
             frame.truncated_in_length frame.truncated_in_body",
        ),
        (
            "length_prefix i32le",
            "length.negative length.min length.max length.over_limit length.byte_swapped \
             length.long_by_one frame.truncated_in_length frame.truncated_in_body",
        ),
        (
            "length_prefix u8 all",
            "length.zero length.max length.long_by_one frame.truncated_in_body",
        ),
    ] {
        assert_eq!(of(line, b"body"), expected, "{line}");
    }
}

#[test]
fn a_json_header_can_be_wrong_in_many_ways() {
    let names = of("json_header i32le md5:md5", b"body");
    let expected = "length.zero length.negative length.min length.max length.over_limit \
        length.byte_swapped length.short_by_one length.long_by_one \
        header.empty header.not_json header.not_utf8 header.array header.trailing header.too_deep \
        header.total_size_missing header.total_size_string header.total_size_null \
        header.total_size_true header.total_size_negative header.total_size_fraction \
        header.total_size_exponent header.total_size_huge header.total_size_over_64_bits \
        header.total_size_infinite header.total_size_not_a_number header.total_size_long_by_one \
        header.total_size_short_by_one header.total_size_duplicate \
        header.md5_wrong header.md5_short header.md5_missing \
        frame.truncated_in_length frame.truncated_in_header frame.truncated_in_body";
    assert_eq!(
        names,
        expected.split_whitespace().collect::<Vec<_>>().join(" ")
    );
}

#[test]
fn a_composed_frame_names_its_fields() {
    let fields = [
        "magic const cafe",
        "version u8 const 255",
        "total u8 size_of total,name,body",
        "name text until \"\\r\\n\"",
        "body bytes counted",
    ];
    let fields: Vec<String> = fields.iter().map(|&line| line.to_owned()).collect();
    let built = Built::new(
        "composed",
        &fields,
        Limits {
            frame: 64,
            header: 16,
            depth: 4,
        },
    );
    let message = Message {
        fields: vec![
            ("name".into(), Value::Bytes("né".as_bytes().to_vec())),
            ("body".into(), Value::Bytes(b"body".to_vec())),
        ],
    };
    let valid = built.framing.encode(&message).unwrap();
    let expected = "magic.wrong version.wrong total.zero total.max total.over_limit \
        total.long_by_one name.not_utf8 name.cut_character name.terminator.missing \
        name.terminator.cut name.over_limit frame.truncated_in_magic frame.truncated_in_version \
        frame.truncated_in_total frame.truncated_in_name frame.truncated_in_name.terminator \
        frame.truncated_in_body";
    assert_eq!(
        names(&built, &valid),
        expected.split_whitespace().collect::<Vec<_>>().join(" ")
    );
}

#[test]
fn each_mistake_is_found_for_its_own_reason() {
    let built = Built::new("json_header i32le md5:md5", &[], Limits::default());
    let valid = encode(&built, "body", b"body");
    let wrong = built.framing.malformed(&valid);
    for (name, kind, field) in [
        ("length.negative", FrameErrorKind::BadLength, "length"),
        ("length.max", FrameErrorKind::TooLarge, "length"),
        ("length.short_by_one", FrameErrorKind::Malformed, "header"),
        ("header.not_json", FrameErrorKind::Malformed, "header"),
        ("header.too_deep", FrameErrorKind::TooLarge, "header"),
        (
            "header.total_size_negative",
            FrameErrorKind::BadLength,
            "header",
        ),
        ("header.total_size_huge", FrameErrorKind::TooLarge, "header"),
        (
            "header.total_size_short_by_one",
            FrameErrorKind::BadDigest,
            "header",
        ),
        (
            "header.total_size_long_by_one",
            FrameErrorKind::Truncated,
            "body",
        ),
        ("header.md5_wrong", FrameErrorKind::BadDigest, "header"),
        (
            "frame.truncated_in_header",
            FrameErrorKind::Truncated,
            "header",
        ),
    ] {
        let bytes = &wrong
            .iter()
            .find(|wrong| wrong.name == name)
            .expect(name)
            .bytes;
        let error = drive(&*built.framing, built.limits, [&**bytes])
            .error
            .unwrap();
        assert_eq!(
            (error.kind, &*error.field),
            (kind, field),
            "{name}: {error}"
        );
    }
}

#[test]
fn another_framing_s_frame_yields_nothing() {
    let prefix = Built::new("length_prefix u8", &[], Limits::default());
    let delimiter = Built::new("delimiter \"\\n\"", &[], Limits::default());
    let line = encode(&delimiter, "body", b"x");
    assert!(prefix.framing.malformed(&line).is_empty());
    assert!(prefix.framing.malformed(&Encoded::default()).is_empty());
}

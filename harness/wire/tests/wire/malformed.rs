//! Frames that are wrong on purpose: which there are, and that they are wrong.

use harness_wire::{Encoded, Frame, FrameErrorKind, Limits, Message, Progress, Value};

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

/// The names for a message of a protocol, given as bytes, after each was checked.
fn of_bytes(line: &str, bytes: &[u8]) -> String {
    let built = Built::new(line, &[], Limits::default());
    let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
    assert_eq!(
        decoder.decode(bytes, &mut frame),
        Ok(Progress::Frame),
        "{line}"
    );
    let fields = frame.fields;
    names(
        &built,
        &Encoded {
            bytes: bytes.to_vec(),
            fields,
        },
    )
}

const HTTP: &str = "headers.folded headers.blank_before_colon headers.no_colon headers.no_name \
    headers.not_a_token headers.nul headers.bare_cr headers.bare_lf headers.blank_first \
    content-length.negative content-length.plus content-length.hex content-length.text \
    content-length.empty content-length.fraction content-length.huge content-length.list \
    content-length.twice transfer-encoding.with_length transfer-encoding.twice \
    transfer-encoding.not_last transfer-encoding.unended transfer-encoding.empty \
    chunks.not_hex chunks.negative chunks.prefix chunks.no_size chunks.huge \
    chunks.short_by_one chunks.long_by_one chunks.bare_lf chunks.no_last \
    headers.over_limit content-length.over_limit";

fn words(parts: &[&str]) -> String {
    let words: Vec<&str> = parts
        .iter()
        .flat_map(|part| part.split_whitespace())
        .collect();
    words.join(" ")
}

#[test]
fn a_request_can_be_wrong_in_many_ways() {
    let first = "start_line.http_2 start_line.no_version start_line.lower_case method.missing \
        method.not_a_token target.missing target.blank target.nul host.missing host.twice";
    let last = "frame.truncated_in_method frame.truncated_in_start_line frame.truncated_in_target \
        frame.truncated_in_headers frame.truncated_in_host frame.truncated_in_content-length \
        frame.truncated_in_body";
    let request = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
    assert_eq!(
        of_bytes("http1 client", request),
        words(&[first, HTTP, last])
    );
    assert_eq!(of_bytes("http1", request), words(&[first, HTTP, last]));
}

#[test]
fn a_response_can_be_wrong_in_many_ways() {
    let first = "start_line.http_2 start_line.no_version start_line.no_blank status.short \
        status.text status.out_of_range reason.nul";
    let last = "frame.truncated_in_start_line frame.truncated_in_status frame.truncated_in_reason \
        frame.truncated_in_headers frame.truncated_in_content-length frame.truncated_in_body";
    // Any coding may end with the connection.
    let both = HTTP.replace("transfer-encoding.unended", "");
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    assert_eq!(
        of_bytes("http1 server", response),
        words(&[first, &both, last])
    );
}

#[test]
fn a_command_can_be_wrong_in_many_ways() {
    let all = "length.negative length.array_negative length.text length.empty length.plus \
        length.blank length.hex length.bare_lf length.max length.overflow length.array_max \
        length.array_text length.digits element.unknown end.missing end.short end.bare_lf \
        line.bare_lf line.not_an_integer line.overflow length.too_deep line.over_limit \
        length.over_limit frame.truncated_in_length";
    for line in ["resp2 client", "resp2 server"] {
        let names = of_bytes(line, b"*1\r\n$4\r\nPING\r\n");
        let data = "frame.truncated_in_data frame.truncated_in_end";
        assert_eq!(names, words(&[all, data]), "{line}");
    }
    // What is wrong in an array is a mere line for a server that takes inline commands.
    assert_eq!(
        of_bytes("resp2 client", b"PING\r\n"),
        words(&[all, "frame.truncated_in_line frame.truncated_in_end"])
            .replace("frame.truncated_in_length ", "")
    );
}

#[test]
fn a_web_socket_message_can_be_wrong_in_many_ways() {
    let all = "opcode.rsv1 opcode.rsv2 opcode.rsv3 opcode.reserved opcode.reserved_control \
        opcode.continuation opcode.fragmented_ping payload.not_utf8 payload.cut_character \
        payload.surrogate payload.close_short payload.close_999 payload.close_1005 \
        payload.close_2000 payload.close_not_utf8 opcode.interleaved payload.cut_wrong \
        length.long_control length.wide_16 length.wide_64 length.highest_bit length.max \
        length.over_limit";
    let server = "mask.given frame.truncated_in_length \
        frame.truncated_in_payload";
    assert_eq!(
        of_bytes("websocket server", b"\x81\x05Hello"),
        words(&[all, server])
    );
    let client = "mask.missing frame.truncated_in_length \
        frame.truncated_in_mask frame.truncated_in_payload";
    let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(of_bytes("websocket client", masked), words(&[all, client]));
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

//! What a decoder asks for, and what it refuses to ask for.

use harness_wire::{Composed, Frame, FrameErrorKind, Framing, Limits, Message, Progress, Value};

use crate::build::Built;
use crate::describe::field;
use crate::drive::drive;

/// What a decoder asks for after each prefix of `bytes`; 0 for a frame.
fn asked(built: &Built, bytes: &[u8]) -> Vec<usize> {
    let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
    let mut asked = Vec::new();
    for end in 0..=bytes.len() {
        match decoder.decode(&bytes[..end], &mut frame).unwrap() {
            Progress::NeedMore { at_least } => asked.push(at_least),
            Progress::Frame => asked.push(0),
        }
    }
    asked
}

fn built(line: &str, fields: &[&str]) -> Built {
    within(line, fields, Limits::default())
}

fn within(line: &str, fields: &[&str], limits: Limits) -> Built {
    let fields: Vec<String> = fields.iter().map(|&line| line.to_owned()).collect();
    Built::new(line, &fields, limits)
}

#[test]
fn a_decoder_asks_for_all_that_it_knows_to_come() {
    let prefix = built("length_prefix u16be", &[]);
    assert_eq!(asked(&prefix, b"\0\x03abc"), [2, 1, 3, 2, 1, 0]);
    assert_eq!(asked(&built("fixed 3", &[]), b"abc"), [3, 2, 1, 0]);
    assert_eq!(
        asked(&built("delimiter \"\\r\\n\"", &[]), b"ab\r\n"),
        [2, 1, 1, 1, 0]
    );
    assert_eq!(asked(&built("raw", &[]), b"a"), [1, 0]);
}

#[test]
fn a_composed_length_tells_the_total_at_once() {
    let modbus = built(
        "composed",
        &[
            "tid u16be id",
            "protocol u16be const 0",
            "length u16be size_of unit,pdu",
            "unit u8 default 1",
            "pdu bytes counted",
        ],
    );
    // 7 bytes are fixed; from the length on the PDU of 5 is known as well.
    let bytes = b"\x15\x01\0\0\0\x06\xff\x03\0\x6b\0\x03";
    assert_eq!(
        asked(&modbus, bytes),
        [7, 6, 5, 4, 3, 2, 6, 5, 4, 3, 2, 1, 0]
    );
    // The total covers a text whose end is not known, and the body after it.
    let total = built(
        "composed",
        &[
            "all u8 size_of name,body",
            "name text until \"\\0\"",
            "body bytes",
        ],
    );
    assert_eq!(asked(&total, b"\x05ab\0cd"), [2, 5, 4, 3, 2, 1, 0]);
    // A check length claims no more than its frame either.
    let tail = built(
        "composed",
        &[
            "a u8 size_of x",
            "b u8 size_of y",
            "x bytes counted",
            "y bytes counted",
            "z u16be",
        ],
    );
    assert_eq!(asked(&tail, b"\x02\x01xxyzz"), [4, 5, 5, 4, 3, 2, 1, 0]);
}

#[test]
fn no_claim_is_believed_beyond_the_limit() {
    let limits = Limits {
        frame: 1000,
        ..Limits::default()
    };
    let prefix = Built::new("length_prefix u32be", &[], limits);
    let (mut decoder, mut frame) = (prefix.framing.decoder(), Frame::default());
    let need = decoder.decode(&996u32.to_be_bytes(), &mut frame).unwrap();
    assert_eq!(need, Progress::NeedMore { at_least: 996 });
    decoder.reset();
    for claim in [997, 1 << 20, u32::MAX] {
        let error = decoder
            .decode(&claim.to_be_bytes(), &mut frame)
            .unwrap_err();
        assert_eq!((error.kind, error.at), (FrameErrorKind::TooLarge, 0));
        assert!(
            error.what.contains(&claim.to_string()) && error.what.contains("1000"),
            "{error}"
        );
        decoder.reset();
    }
}

#[test]
fn two_claims_count_together() {
    let fields = [
        "a u8 size_of x",
        "b u8 size_of y",
        "crc u16be",
        "x bytes",
        "y bytes counted",
    ];
    let fields: Vec<String> = fields.iter().map(|&line| line.to_owned()).collect();
    let limits = Limits {
        frame: 104,
        ..Limits::default()
    };
    let built = Built::new("composed", &fields, limits);
    let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
    let need = decoder.decode(&[50, 50], &mut frame).unwrap();
    assert_eq!(need, Progress::NeedMore { at_least: 102 });
    decoder.reset();
    let error = decoder.decode(&[50, 51], &mut frame).unwrap_err();
    assert_eq!(
        (error.kind, &*error.field, error.at),
        (FrameErrorKind::TooLarge, "b", 1)
    );
}

#[test]
fn limits_without_bounds_do_not_overflow() {
    let none = Limits {
        frame: usize::MAX,
        header: usize::MAX,
        depth: usize::MAX,
    };
    for (line, bytes) in [
        ("length_prefix u64be", &[0xff; 8][..]),
        ("length_prefix u64be all 5", &[0xff; 8]),
        ("length_prefix u64be body -9223372036854775807", &[0xff; 8]),
        ("json_header u64be", &[0xff; 8]),
        (
            "json_header u8",
            b"\x23{\"total_size\":18446744073709551615}",
        ),
    ] {
        let built = Built::new(line, &[], none);
        let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
        match decoder.decode(bytes, &mut frame) {
            Ok(Progress::NeedMore { .. }) | Err(_) => {}
            Ok(Progress::Frame) => panic!("{line}: {frame:?}"),
        }
        let body = ("body".to_owned(), Value::Bytes(b"x".to_vec()));
        let valid = built.framing.encode(&Message { fields: vec![body] });
        if let Ok(valid) = valid {
            assert!(!built.framing.malformed(&valid).is_empty());
        }
    }
}

#[test]
fn a_datagram_drops_the_fields_of_streams() {
    let mut length = field("length u16be size_of pdu only_stream");
    let specs = vec![
        field("tid u16be id"),
        length.clone(),
        field("pdu bytes counted"),
    ];
    let composed = Composed::new("adu", specs, Limits::default()).unwrap();
    let pdu = Message {
        fields: vec![("pdu".into(), Value::Bytes(b"pdu".to_vec()))],
    };
    assert_eq!(composed.encode(&pdu).unwrap().bytes, b"\0\0\0\x03pdu");
    let datagram = composed.for_datagrams().unwrap();
    assert_eq!(datagram.encode(&pdu).unwrap().bytes, b"\0\0pdu");
    let (mut decoder, mut frame) = (datagram.decoder(), Frame::default());
    let need = decoder.decode(b"\0\0pdu", &mut frame).unwrap();
    assert_eq!(need, Progress::NeedMore { at_least: 1 });
    assert_eq!(decoder.end(b"\0\0pdu", &mut frame), Ok(true));
    assert_eq!((frame.len, frame.fields[1].ranges[0].clone()), (5, 2..5));
    assert!(
        decoder.end(b"\0", &mut frame).is_err(),
        "half a header is no datagram"
    );

    // Without its length the body runs into the trailer: that is said, not guessed.
    length.only_stream = true;
    let specs = vec![length, field("pdu bytes counted"), field("crc u8")];
    let composed = Composed::new("adu", specs, Limits::default()).unwrap();
    let error = composed.for_datagrams().unwrap_err();
    assert_eq!(error.field, "pdu");
}

/// After how many bytes of `bytes` a decoder, fed byte by byte, first answers an error.
fn refused_after(built: &Built, bytes: &[u8]) -> Option<usize> {
    let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
    (0..=bytes.len()).find(|&end| decoder.decode(&bytes[..end], &mut frame).is_err())
}

#[test]
fn what_can_never_become_valid_is_refused_at_once() {
    let magic = built("composed", &["magic const cafebabe", "rest u32be"]);
    assert_eq!(refused_after(&magic, b"\xca\xfe\xba\xbe\0\0\0\0"), None);
    assert_eq!(refused_after(&magic, b"\xca\xff\xba\xbe\0\0\0\0"), Some(2));
    assert_eq!(
        refused_after(&built("length_prefix i32le", &[]), b"\xfb\xff\xff\xff12"),
        Some(4)
    );
    assert_eq!(
        refused_after(&built("json_header u8", &[]), b"\x02[]"),
        Some(3)
    );
    let fields = [
        "n u8 size_of line,body",
        "line bytes until \"\\n\"",
        "body bytes counted",
    ];
    let line = built("composed", &fields);
    assert_eq!(refused_after(&line, b"\x03abcdef\n"), Some(4));
    // Two lengths that contradict each other, before the body that both count.
    let fields = [
        "o u8 size_of i,body",
        "i u8 size_of body",
        "body bytes counted",
    ];
    assert_eq!(
        refused_after(&built("composed", &fields), b"\x05\x02ab"),
        Some(2)
    );
    // One byte is left of the header, and the terminator has two.
    let limits = Limits {
        header: 5,
        ..Limits::default()
    };
    let fields = [
        "a text until \"\\n\"",
        "b text until \"\\r\\n\"",
        "c text until \"\\n\"",
    ];
    let header = within("composed", &fields, limits);
    assert_eq!(refused_after(&header, b"ab\n\r\nc\n"), None);
    assert_eq!(refused_after(&header, b"abc\n\r\nc\n"), Some(4));
    let limits = Limits {
        frame: 4,
        ..Limits::default()
    };
    let line = Built::new("delimiter \"\\r\\n\"", &[], limits);
    assert_eq!(refused_after(&line, b"abcdef\r\n"), Some(4));
}

#[test]
fn the_rest_of_the_input_is_limited_too() {
    let limits = Limits {
        frame: 8,
        ..Limits::default()
    };
    let rest = Built::new(
        "composed",
        &["id u16be".into(), "data bytes".into()],
        limits,
    );
    assert_eq!(
        drive(&*rest.framing, limits, [&b"12345678"[..]]).error,
        None
    );
    let error = drive(&*rest.framing, limits, [&b"123456789"[..]])
        .error
        .unwrap();
    assert_eq!(
        (error.kind, &*error.field, error.at),
        (FrameErrorKind::TooLarge, "data", 8)
    );
}

#[test]
fn a_search_leaves_room_for_what_lengths_promised() {
    let limits = Limits {
        frame: 16,
        ..Limits::default()
    };
    let fields = [
        "n u8 size_of body",
        "line bytes until \"\\n\"",
        "body bytes counted",
    ];
    let built = within("composed", &fields, limits);
    let stream = b"\x0aabcd\n0123456789";
    assert_eq!(drive(&*built.framing, limits, stream.chunks(1)).error, None);
    // 1 + 10 bytes are spoken for: the line has 5, its end included.
    assert_eq!(refused_after(&built, b"\x0aabcde\n"), Some(6));
}

#[test]
fn lengths_that_exceed_the_limit_only_together_ask_for_no_more() {
    let limits = Limits {
        frame: 104,
        ..Limits::default()
    };
    let fields = [
        "a u8 size_of x1,x2",
        "b u8 size_of y1,y2",
        "x1 bytes until \"\\n\"",
        "fixed u32be",
        "x2 bytes counted",
        "y1 bytes until \"\\n\"",
        "y2 bytes counted",
    ];
    let built = within("composed", &fields, limits);
    let stream = b"\x32\x3c123456789\nffffx";
    for pieces in [stream.chunks(99), stream.chunks(1)] {
        let error = drive(&*built.framing, limits, pieces).error.unwrap();
        assert_eq!(
            (error.kind, &*error.field, error.at),
            (FrameErrorKind::TooLarge, "a", 0)
        );
    }
}

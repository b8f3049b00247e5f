//! One frame and one decoder, used again and again.

use harness_wire::{Frame, FrameErrorKind, Limits, Progress};

use crate::build::Built;

fn built(line: &str) -> Built {
    Built::new(line, &[], Limits::default())
}

#[test]
fn a_reused_frame_keeps_its_allocations() {
    for (line, small, large) in [
        ("raw", &b"a"[..], &b"abcdefgh"[..]),
        ("fixed 3", b"abc", b"xyz"),
        ("delimiter \"\\r\\n\"", b"a\r\n", b"abcdefgh\r\n"),
        ("length_prefix u16be", b"\0\x01a", b"\0\x08abcdefgh"),
        (
            "http1 server",
            b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno",
        ),
        ("resp2", b"*1\r\n$1\r\na\r\n", b"*1\r\n$4\r\nabcd\r\n"),
        ("websocket server", b"\x81\x01a", b"\x82\x02bc"),
    ] {
        let built = built(line);
        let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
        let mut places = Vec::new();
        for round in 0..6 {
            let bytes = if round % 2 == 0 { small } else { large };
            assert_eq!(
                decoder.decode(bytes, &mut frame),
                Ok(Progress::Frame),
                "{line}"
            );
            assert_eq!(frame.len, bytes.len());
            let ranges = frame
                .fields
                .iter()
                .map(|field| field.ranges.as_ptr() as usize);
            let all: Vec<usize> = ranges.chain([frame.fields.as_ptr() as usize]).collect();
            let names: Vec<_> = frame
                .fields
                .iter()
                .map(|field| field.name.clone())
                .collect();
            places.push((all, names));
        }
        for window in places.windows(2) {
            assert_eq!(
                window[0].0, window[1].0,
                "{line}: something was allocated anew"
            );
            let pairs = window[0].1.iter().zip(&window[1].1);
            assert!(pairs.into_iter().all(|(a, b)| std::sync::Arc::ptr_eq(a, b)));
        }
    }
}

#[test]
fn a_frame_may_come_from_another_framing() {
    let mut frame = Frame::default();
    for (line, bytes, names) in [
        (
            "json_header u8",
            &b"\x10{\"total_size\":1}x"[..],
            "length header body",
        ),
        ("delimiter \"\\n\"", b"abc\n", "body delimiter"),
        ("raw", b"abc", "data"),
        ("length_prefix u8", b"\x01a", "length body"),
    ] {
        let built = built(line);
        let mut decoder = built.framing.decoder();
        assert_eq!(decoder.decode(bytes, &mut frame), Ok(Progress::Frame));
        let found: Vec<&str> = frame.fields.iter().map(|field| &*field.name).collect();
        assert_eq!(found.join(" "), names);
        assert_eq!(
            frame.fields.last().unwrap().ranges.last().unwrap().end,
            bytes.len()
        );
    }
}

#[test]
fn a_decoder_that_was_reset_begins_anew() {
    let built = built("json_header u8 d:md5");
    let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
    let body = harness_wire::Value::Bytes(b"body".to_vec());
    let message = harness_wire::Message {
        fields: vec![("body".into(), body)],
    };
    let good = built.framing.encode(&message).unwrap().bytes;
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    for _ in 0..3 {
        for end in 0..good.len() {
            assert!(matches!(
                decoder.decode(&good[..end], &mut frame),
                Ok(Progress::NeedMore { .. })
            ));
            if end > 0 {
                let cut = decoder.end(&good[..end], &mut frame).unwrap_err();
                assert_eq!((cut.kind, cut.at), (FrameErrorKind::Truncated, end));
            }
            decoder.reset();
        }
        let error = decoder.decode(&bad, &mut frame).unwrap_err();
        assert_eq!(error.kind, FrameErrorKind::BadDigest);
        decoder.reset();
        assert_eq!(decoder.decode(&good, &mut frame), Ok(Progress::Frame));
        assert_eq!(frame.len, good.len());
    }
}

#[test]
fn a_caller_that_breaks_the_contract_gets_no_panic() {
    for line in [
        "raw",
        "fixed 9",
        "delimiter \"aab\"",
        "length_prefix u16be",
        "json_header u8",
        "http1",
        "resp2",
        "websocket",
    ] {
        let built = built(line);
        let bytes: &[u8] = match line {
            "http1" => b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
            "resp2" => b"*2\r\n$3\r\nabc\r\n*1\r\n:12345\r\n+OK\r\n",
            "websocket" => b"\x01\x02\xce\xba\x89\x01a\x80\x82\x01\x02\x03\x04ab",
            _ => b"\x00\x30{\"total_size\":1}aaaaaaaaaaaaa",
        };
        for from in 0..bytes.len() {
            for to in 0..bytes.len() {
                let (mut decoder, mut frame) = (built.framing.decoder(), Frame::default());
                // Fewer bytes than before, and going on after an error.
                let _ = decoder.decode(&bytes[..from], &mut frame);
                let _ = decoder.decode(&bytes[..to], &mut frame);
                let _ = decoder.end(&bytes[..to / 2], &mut frame);
                let _ = decoder.end(&bytes[..from], &mut frame);
            }
        }
    }
}

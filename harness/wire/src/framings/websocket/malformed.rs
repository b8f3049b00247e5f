//! WebSocket messages that are wrong on purpose, each in one way.

use super::encode::{KEY, frame};
use super::header::{BINARY, CLOSE, CONTINUATION, FIN, MASKED, PING, TEXT};
use crate::candidate::{Candidate, only_wrong, truncated};
use crate::{Decoder, Encoded, Limits, Malformed};

/// One frame each: name, first byte, payload, and what is wrong.
const FRAMES: [(&str, u8, &[u8], &str); 15] = [
    (
        "opcode.rsv1",
        FIN | 0x40 | TEXT,
        b"a",
        "A reserved bit is set (RSV1).",
    ),
    (
        "opcode.rsv2",
        FIN | 0x20 | TEXT,
        b"a",
        "A reserved bit is set (RSV2).",
    ),
    (
        "opcode.rsv3",
        FIN | 0x10 | TEXT,
        b"a",
        "A reserved bit is set (RSV3).",
    ),
    (
        "opcode.reserved",
        FIN | 3,
        b"a",
        "The opcode is 3, which is reserved.",
    ),
    (
        "opcode.reserved_control",
        FIN | 0xb,
        b"a",
        "The opcode is 11, which is reserved.",
    ),
    (
        "opcode.continuation",
        FIN | CONTINUATION,
        b"a",
        "A continuation continues nothing.",
    ),
    (
        "opcode.fragmented_ping",
        PING,
        b"a",
        "A control frame is fragmented.",
    ),
    (
        "payload.not_utf8",
        FIN | TEXT,
        b"a\xff",
        "The text is not UTF-8.",
    ),
    (
        "payload.cut_character",
        FIN | TEXT,
        b"a\xc3",
        "The text ends inside a character.",
    ),
    (
        "payload.surrogate",
        FIN | TEXT,
        b"\xed\xa0\x80",
        "The text holds a surrogate.",
    ),
    (
        "payload.close_short",
        FIN | CLOSE,
        b"\x03",
        "The close has half a code.",
    ),
    (
        "payload.close_999",
        FIN | CLOSE,
        b"\x03\xe7",
        "The close has the code 999.",
    ),
    (
        "payload.close_1005",
        FIN | CLOSE,
        b"\x03\xed",
        "The close has a code that none may send.",
    ),
    (
        "payload.close_2000",
        FIN | CLOSE,
        b"\x07\xd0",
        "The close has a reserved code.",
    ),
    (
        "payload.close_not_utf8",
        FIN | CLOSE,
        b"\x03\xe8\xff",
        "The reason is not UTF-8.",
    ),
];

/// Lengths that are wrong before any payload: name, bytes behind the first, and what is wrong.
const LENGTHS: [(&str, &[u8], &str); 4] = [
    (
        "length.wide_16",
        b"\x7e\0\x05hello",
        "5 is written in 16 bits.",
    ),
    (
        "length.wide_64",
        b"\x7f\0\0\0\0\0\0\0\x05hello",
        "5 is written in 64 bits.",
    ),
    (
        "length.highest_bit",
        b"\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
        "All 64 bits are set.",
    ),
    (
        "length.max",
        b"\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
        "The length is 2^63-1.",
    ),
];

pub(super) fn malformed(
    limits: Limits,
    valid: &Encoded,
    masked: bool,
    decoder: impl Fn() -> Box<dyn Decoder>,
) -> Vec<Malformed> {
    let mut all = Vec::new();
    let mut add = |name: &str, about: &str, bytes| all.push(Candidate::new(name, about, bytes));
    let frames = |frames: &[(u8, &[u8])]| {
        let mut bytes = Vec::new();
        for (first, payload) in frames {
            frame(&mut bytes, *first, payload, masked);
        }
        bytes
    };
    for (name, first, payload, about) in FRAMES {
        add(name, about, frames(&[(first, payload)]));
    }
    let about = "A new message begins before the last one is complete.";
    add(
        "opcode.interleaved",
        about,
        frames(&[(TEXT, b"a"), (FIN | TEXT, b"b")]),
    );
    let about = "A character is cut between fragments and goes on wrong.";
    add(
        "payload.cut_wrong",
        about,
        frames(&[(TEXT, b"\xc3"), (FIN | CONTINUATION, b"a")]),
    );
    let about = "A control frame has 126 bytes of payload.";
    add(
        "length.long_control",
        about,
        frames(&[(FIN | PING, &[0; 126])]),
    );
    for (name, rest, about) in LENGTHS {
        let mut bytes = [&[FIN | BINARY], rest].concat();
        if masked {
            bytes[1] |= MASKED;
            let payload = bytes.len()
                - rest
                    .iter()
                    .rev()
                    .take_while(|b| b.is_ascii_lowercase())
                    .count();
            bytes.splice(payload..payload, KEY);
        }
        add(name, about, bytes);
    }
    if let Ok(over) = u64::try_from(limits.frame) {
        let mut bytes = vec![FIN | BINARY, 127 | if masked { MASKED } else { 0 }];
        bytes.extend(over.max(1 << 16).to_be_bytes());
        add(
            "length.over_limit",
            "The length is more than the limit.",
            bytes,
        );
    }
    let mut other = Vec::new();
    frame(&mut other, FIN | TEXT, b"a", !masked);
    let (name, about) = if masked {
        ("mask.missing", "A client's message is not masked.")
    } else {
        ("mask.given", "A server's message is masked.")
    };
    add(name, about, other);
    truncated(valid, &mut all);
    only_wrong(all, || vec![decoder()])
}

//! RESP2 values that are wrong on purpose, each in one way.

use crate::candidate::{Candidate, OVERLONG, only_wrong, truncated};
use crate::{Decoder, Encoded, Limits, Malformed, Sender};

/// Arrays of one element, wrong as a command and as a reply: name, bytes, and what is wrong.
const ARRAYS: [(&str, &[u8], &str); 20] = [
    (
        "length.negative",
        b"*1\r\n$-2\r\n",
        "A string has a negative length that is not null.",
    ),
    (
        "length.array_negative",
        b"*-2\r\n",
        "An array has a negative length that is not null.",
    ),
    (
        "length.text",
        b"*1\r\n$four\r\nPING\r\n",
        "A string's length is a word.",
    ),
    (
        "length.empty",
        b"*1\r\n$\r\nPING\r\n",
        "A string has no length.",
    ),
    (
        "length.plus",
        b"*1\r\n$+4\r\nPING\r\n",
        "A string's length has a plus sign.",
    ),
    (
        "length.blank",
        b"*1\r\n$ 4\r\nPING\r\n",
        "A string's length begins with a blank.",
    ),
    (
        "length.hex",
        b"*1\r\n$0x4\r\nPING\r\n",
        "A string's length is hexadecimal.",
    ),
    (
        "length.bare_lf",
        b"*1\r\n$4\nPING\r\n",
        "A length's line ends in LF alone.",
    ),
    (
        "length.max",
        b"*1\r\n$9223372036854775807\r\n",
        "A string is as long as 63 bits hold.",
    ),
    (
        "length.overflow",
        b"*1\r\n$18446744073709551617\r\n",
        "A length does not fit 64 bits.",
    ),
    (
        "length.array_max",
        b"*2147483647\r\n",
        "An array has 2^31-1 elements.",
    ),
    (
        "length.array_text",
        b"*one\r\n$4\r\nPING\r\n",
        "An array's length is a word.",
    ),
    (
        "length.digits",
        b"*00000000000000000000000000000000000001\r\n",
        "A length has 38 digits.",
    ),
    (
        "element.unknown",
        b"*1\r\n!4\r\nPING\r\n",
        "An element begins with an unknown type.",
    ),
    (
        "end.missing",
        b"*1\r\n$4\r\nPING PONG\r\n",
        "A string has more bytes than its length.",
    ),
    (
        "end.short",
        b"*1\r\n$4\r\nPIN\r\n\r\n",
        "A string has fewer bytes than its length.",
    ),
    (
        "end.bare_lf",
        b"*1\r\n$4\r\nPING\n$0\r\n\r\n",
        "LF alone follows a string.",
    ),
    (
        "line.bare_lf",
        b"*1\r\n+OK\n",
        "A simple string ends in LF alone.",
    ),
    (
        "line.not_an_integer",
        b"*1\r\n:one\r\n",
        "An integer is a word.",
    ),
    (
        "line.overflow",
        b"*1\r\n:9223372036854775808\r\n",
        "An integer does not fit 64 bits.",
    ),
];

pub(super) fn malformed(
    limits: Limits,
    valid: &Encoded,
    decoder: impl Fn(Sender) -> Box<dyn Decoder>,
) -> Vec<Malformed> {
    // An array may be a command as well as a reply: it must be wrong as both.
    let senders: &[Sender] = match valid.bytes.first() {
        None => return Vec::new(),
        Some(b'*') => &[Sender::Client, Sender::Server],
        Some(b'+' | b'-' | b':' | b'$') => &[Sender::Server],
        Some(_) => &[Sender::Client],
    };
    let mut all = Vec::new();
    let mut add = |name: &str, about: &str, bytes| all.push(Candidate::new(name, about, bytes));
    for (name, bytes, about) in ARRAYS {
        add(name, about, bytes.to_vec());
    }
    if limits.depth <= OVERLONG {
        let about = format!(
            "More than {} arrays lie in each other, the limit.",
            limits.depth
        );
        let bytes = b"*1\r\n".repeat(limits.depth + 1);
        add(
            "length.too_deep",
            &about,
            [bytes.as_slice(), b"$0\r\n\r\n"].concat(),
        );
    }
    if limits.header <= OVERLONG {
        let about = format!("A line has more than {} bytes, the limit.", limits.header);
        let bytes = [b"*1\r\n+", vec![b'a'; limits.header].as_slice(), b"\r\n"].concat();
        add("line.over_limit", &about, bytes);
    }
    let about = "A string is larger than the limit of the frame.";
    let over = format!("*1\r\n${}\r\n", limits.frame);
    add("length.over_limit", about, over.into_bytes());
    truncated(valid, &mut all);
    only_wrong(all, || {
        senders.iter().map(|&sender| decoder(sender)).collect()
    })
}

//! Replies that show the faults of the `exec` client.

use crate::tests::clients::Event::{Broken, End, Read, Silence};
use crate::tests::clients::{Event, Shown};

const fn shows(
    fault: &'static str,
    events: &'static [Event],
    right: &'static str,
    wrong: &'static str,
) -> Shown {
    Shown {
        fault,
        pipeline: false,
        events,
        right,
        wrong,
    }
}

pub(super) const SHOWN: &[Shown] = &[
    shows(
        "header_assumed_whole",
        &[Read(b"\0\0"), Read(b"\0\x03\0a\n")],
        "status 0, 2 bytes\\na\\n Read",
        " Refuse",
    ),
    shows(
        "one_read_one_reply",
        &[Read(b"\0\0\0\x03\0"), Read(b"a\n")],
        "status 0, 2 bytes\\na\\n Read",
        "status 0, 0 bytes\\n",
    ),
    Shown {
        fault: "next_reply_overread",
        pipeline: true,
        events: &[Read(b"\0\0\0\x02\0a\0\0\0\x02\0b")],
        right: "status 0, 1 bytes\\nastatus 0, 1 bytes\\nb Done",
        wrong: "status 0, 7 bytes\\n",
    },
    shows(
        "eof_in_header_is_success",
        &[Read(b"\0\0"), End],
        " Lost",
        " Done",
    ),
    shows(
        "eof_in_body_is_reply",
        &[Read(b"\0\0\0\x03\0a"), End],
        " Lost",
        "status 0, 1 bytes\\na Done",
    ),
    shows(
        "spins_on_eof_in_body",
        &[Read(b"\0\0\0\x03\0a"), End],
        " Lost",
        " Spin",
    ),
    shows("reset_is_success", &[Broken], " Lost", " Done"),
    shows(
        "negative_length_accepted",
        &[Read(b"\xff\xff\xff\xfb")],
        " Refuse",
        "status 0, 0 bytes\\n Read",
    ),
    shows(
        "no_length_limit",
        &[Read(b"\x7f\xff\xff\xff")],
        " Refuse",
        " Read",
    ),
    shows(
        "little_endian_length",
        &[Read(b"\0\0\0\x03\0a\n")],
        "status 0, 2 bytes\\na\\n Read",
        " Refuse",
    ),
    shows(
        "decode_per_read",
        &[Read(b"\0\0\0\x03\0\xc3"), Read(b"\xa9")],
        "status 0, 2 bytes\\n\\xc3\\xa9 Read",
        " Refuse",
    ),
    shows(
        "dies_on_undecodable_output",
        &[Read(b"\0\0\0\x02\0\xff")],
        "status 0, 1 bytes\\n\\xff Read",
        " Refuse",
    ),
    shows(
        "request_unframed",
        &[],
        " Read sent \\x00\\x00\\x00\\x03one",
        " Read sent one",
    ),
    shows("no_timeout", &[Silence], " Silent", " Read"),
    shows(
        "late_reply_to_next",
        &[Silence, Read(b"\0\0\0\x02\x001")],
        " Silent",
        "status 0, 1 bytes\\n1 Read",
    ),
];

//! Replies that show the faults of the `exec-json` client.

use crate::tests::clients::Event::{End, Read};
use crate::tests::clients::{Event, Shown};

const RIGHT: &[u8] =
    b"\0\0\0\x39{\"total_size\":2,\"md5\":\"60b725f10c9c85c70d97880dfe8191b3\"}a\n";
const WRONG_DIGEST: &[u8] =
    b"\0\0\0\x39{\"total_size\":2,\"md5\":\"60b725f10c9c85c70d97880dfe8191b3\"}b\n";
const TWO: &[u8] = b"\0\0\0\x39{\"total_size\":2,\"md5\":\"60b725f10c9c85c70d97880dfe8191b3\"}a\n\
                     \0\0\0\x39{\"total_size\":0,\"md5\":\"d41d8cd98f00b204e9800998ecf8427e\"}";

const fn shows(
    fault: &'static str,
    events: &'static [Event],
    right: &'static str,
    wrong: &'static str,
) -> Shown {
    Shown {
        fault,
        pipeline: true,
        events,
        right,
        wrong,
    }
}

pub(super) const SHOWN: &[Shown] = &[
    shows(
        "header_assumed_whole",
        &[Read(b"\0\0"), Read(b"\0\x38{")],
        " Read",
        " Refuse",
    ),
    shows(
        "json_header_one_read",
        &[Read(b"\0\0\0\x39{\"total"), Read(b"_size\"")],
        " Read",
        " Refuse",
    ),
    shows(
        "body_assumed_whole",
        &[
            Read(b"\0\0\0\x39{\"total_size\":2,\"md5\":\"60b725f10c9c85c70d97880dfe8191b3\"}a"),
            Read(b"\n"),
        ],
        "2 bytes\\na\\n Read",
        "1 bytes\\na Read",
    ),
    shows(
        "next_reply_overread",
        &[Read(TWO)],
        "2 bytes\\na\\n0 bytes\\n Done",
        " Refuse",
    ),
    shows(
        "md5_not_checked",
        &[Read(WRONG_DIGEST)],
        " Refuse",
        "2 bytes\\nb\\n Read",
    ),
    shows(
        "total_size_believed",
        &[Read(b"\0\0\0\x20{\"total_size\":99999999,\"md5\":\"\"}")],
        " Refuse",
        " Read",
    ),
    shows(
        "header_limit_absent",
        &[Read(b"\x7f\xff\xff\xff")],
        " Refuse",
        " Read",
    ),
    shows(
        "little_endian_length",
        &[Read(RIGHT)],
        "2 bytes\\na\\n Read",
        " Refuse",
    ),
    shows(
        "short_body_is_success",
        &[
            Read(b"\0\0\0\x39{\"total_size\":2,\"md5\":\"60b725f10c9c85c70d97880dfe8191b3\"}a"),
            End,
        ],
        " Lost",
        "1 bytes\\na Done",
    ),
    shows(
        "spins_on_eof_in_body",
        &[
            Read(b"\0\0\0\x39{\"total_size\":2,\"md5\":\"60b725f10c9c85c70d97880dfe8191b3\"}a"),
            End,
        ],
        " Lost",
        " Spin",
    ),
];

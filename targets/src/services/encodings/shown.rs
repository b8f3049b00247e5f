//! Exchanges in which each fault of `encodings` differs from the correct server.

use crate::tests::In::{Joined, Read, Words};
use crate::tests::Shown;

pub(super) const SHOWN: &[Shown] = &[
    Shown::reads(
        "dies_on_cut_character",
        &[Read(b"utf-8\n"), Read(b"\xc3"), Read(b"\xa9\n")],
        "UTF-8\\n continue; continue; \\xc3\\x89\\n continue",
        "UTF-8\\n continue; crash",
    ),
    Shown::reads(
        "cut_character_replaced",
        &[Read(b"utf-8\n"), Read(b"\xc3"), Read(b"\xa9\n")],
        "UTF-8\\n continue; continue; \\xc3\\x89\\n continue",
        "UTF-8\\n continue; continue; \\xef\\xbf\\xbd\\xef\\xbf\\xbd\\n continue",
    ),
    // Four characters, of which the first half of the first came alone: three others, without a
    // word of complaint, and what is left over.
    Shown::reads(
        "cut_character_dropped",
        &[
            Read(b"gbk\n"),
            Read(b"\xd6"),
            Read(b"\xb4\xd0\xd0\xb3\xc9\xb9\xa6\n"),
        ],
        "GBK\\n continue; continue; \\xd6\\xb4\\xd0\\xd0\\xb3\\xc9\\xb9\\xa6\\n continue",
        "GBK\\n continue; continue; \\xb4\\xd0\\xd0\\xb3\\xc9\\xb9\\n continue",
    ),
    Shown::differs(
        "decodes_per_1024_bytes",
        &[
            Read(b"utf-8\n"),
            Joined(&[Words(b"", b'a', 1023), Read(b"\xc3\xa9\n")]),
        ],
        "<1026 bytes>",
        "<1030 bytes>",
    ),
    Shown::reads(
        "invalid_bytes_kill",
        &[Read(b"utf-8\n\xff\n")],
        "UTF-8\\n|error: not valid UTF-8\\n continue",
        "UTF-8\\n crash",
    ),
    Shown::reads(
        "invalid_bytes_accepted",
        &[Read(b"utf-8\n\xff\n")],
        "UTF-8\\n|error: not valid UTF-8\\n continue",
        "UTF-8\\n|\\xef\\xbf\\xbd\\n continue",
    ),
    Shown::reads(
        "upper_case_of_bytes",
        &[Read(b"gbk\n\x81\x61a\n")],
        "GBK\\n|\\x81aA\\n continue",
        "GBK\\n|\\x81AA\\n continue",
    ),
    Shown::reads(
        "answers_in_utf8",
        &[Read(b"gbk\n\xd6\xb4\n")],
        "GBK\\n|\\xd6\\xb4\\n continue",
        "GBK\\n|\\xe6\\x89\\xa7\\n continue",
    ),
];

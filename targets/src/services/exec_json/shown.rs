//! Exchanges in which each fault of `exec-json` differs from the correct server.

use crate::tests::In::{Joined, Json, Read};
use crate::tests::{In, Shown};

const TRUE: In = Json(
    "{\"total_size\":4,\"md5\":\"b326b5062b2f0e69046810717534cb09\"}",
    b"true",
);
const TRUE_LITTLE_ENDIAN: In =
    Read(b"\x39\0\0\0{\"total_size\":4,\"md5\":\"b326b5062b2f0e69046810717534cb09\"}true");
const ECHO_A: In = Json(
    "{\"total_size\":6,\"md5\":\"7160f5dc15be68cdf21b828fb496bae0\"}",
    b"echo a",
);
const BOTH: In = Json(
    "{\"total_size\":8,\"md5\":\"c98668a05ec8b9cdb5a4b276cfd53ee6\"}",
    b"both o e",
);

pub(super) const SHOWN: &[Shown] = &[
    Shown::differs(
        "header_assumed_whole",
        &[Read(b"\0\0"), Read(b"\0\x02{}")],
        "missing field `total_size`",
        "",
    ),
    Shown::differs(
        "json_header_one_read",
        &[Read(b"\0\0\0\x02{"), Read(b"}")],
        "missing field `total_size`",
        "EOF while parsing",
    ),
    Shown::differs(
        "body_assumed_whole",
        &[
            Json(
                "{\"total_size\":4,\"md5\":\"b326b5062b2f0e69046810717534cb09\"}",
                b"tr",
            ),
            Read(b"ue"),
        ],
        "status\\\":0",
        "the header says b326",
    ),
    Shown::differs(
        "header_and_body_in_two_writes",
        &[ECHO_A],
        "}a\\n",
        "}|a\\n",
    ),
    Shown::differs(
        "next_request_overread",
        &[Joined(&[TRUE, Read(b"\0\0")]), Read(b"\0\x02{}")],
        "missing field `total_size`",
        "header of 162685 bytes",
    ),
    Shown::differs(
        "little_endian_length",
        &[TRUE_LITTLE_ENDIAN],
        "at most 65536",
        "status\\\":0",
    ),
    Shown::differs(
        "md5_not_checked",
        &[Json("{\"total_size\":4,\"md5\":\"0\"}", b"true")],
        "the header says 0",
        "status\\\":0",
    ),
    Shown::differs(
        "md5_is_constant",
        &[TRUE],
        "d41d8cd98f00b204e9800998ecf8427e",
        "md5\\\":\\\"xxx\\\"",
    ),
    Shown::differs(
        "total_size_too_small",
        &[ECHO_A],
        "size\\\":2,\\\"md5",
        "size\\\":0,\\\"md5",
    ),
    Shown::differs(
        "total_size_is_string",
        &[ECHO_A],
        "total_size\\\":2,",
        "size\\\":\\\"2\\\",",
    ),
    Shown::differs(
        "total_size_negative",
        &[ECHO_A],
        "size\\\":2,\\\"md5",
        "size\\\":-1,",
    ),
    Shown::differs(
        "total_size_missing",
        &[ECHO_A],
        "total_size\\\":2",
        "{\\\"md5\\\"",
    ),
    Shown::differs(
        "header_limit_absent",
        &[Read(b"\x7f\xff\xff\xff{")],
        "at most 65536",
        "continue",
    ),
    Shown::differs(
        "no_total_size_limit",
        &[Json("{\"total_size\":65537,\"md5\":\"\"}", b"")],
        "at most 65536",
        "continue",
    ),
    Shown::differs(
        "dies_on_bad_header",
        &[Read(b"\0\0\0\x02{}")],
        "close",
        "crash",
    ),
    Shown::differs("error_not_sent", &[Read(b"\0\0\0\x02{}")], "error", ""),
    Shown::differs(
        "stderr_lost",
        &[BOTH],
        "}o\\ne\\n continue",
        "}o\\n continue",
    ),
];

//! Exchanges in which each fault of `http` differs from the correct server.

use crate::tests::In::{Joined, Read, Words};
use crate::tests::{In, Shown};

const GET: In = Read(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
const HEAD: In = Read(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
const CHUNKED: In = Read(b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");

pub(super) const SHOWN: &[Shown] = &[
    Shown::reads(
        "head_assumed_whole",
        &[Read(b"GET / HT"), Read(b"TP/1.1\r\nHost: h\r\n\r\n")],
        "continue; <70 bytes> continue",
        "<113 bytes> close",
    ),
    Shown::reads(
        "body_assumed_with_head",
        &[
            Read(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na"),
            Read(b"b"),
        ],
        "continue; <66 bytes> continue",
        "<65 bytes> continue; continue",
    ),
    Shown::reads(
        "content_length_case_sensitive",
        &[Read(
            b"POST /echo HTTP/1.1\r\nHost: h\r\ncontent-length: 4\r\n\r\na\r\n\r",
        ), Read(b"\n\r\n")],
        "<68 bytes> continue; continue",
        "<64 bytes> continue; <107 bytes> close",
    ),
    Shown::reads(
        "two_content_lengths_accepted",
        &[Read(
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n",
        )],
        "<122 bytes> close",
        "<70 bytes> continue",
    ),
    Shown::reads(
        "length_beside_chunked_accepted",
        &[Read(
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        )],
        "<135 bytes> close",
        "<70 bytes> continue",
    ),
    Shown::reads(
        "missing_host_accepted",
        &[Read(b"GET / HTTP/1.1\r\n\r\n")],
        "<122 bytes> close",
        "<70 bytes> continue",
    ),
    Shown::reads(
        "absolute_form_not_found",
        &[Read(b"HEAD http://h/?q HTTP/1.1\r\nHost: h\r\n\r\n")],
        "<64 bytes> continue",
        "<72 bytes> continue",
    ),
    Shown::reads(
        "chunk_size_assumed_whole",
        &[CHUNKED, Read(b"1"), Read(b"0\r\n0123456789abcdef\r\n0\r\n\r\n")],
        "continue; continue; <81 bytes> continue",
        "continue; continue; <132 bytes> close",
    ),
    Shown::reads(
        "chunk_size_in_decimal",
        &[CHUNKED, Read(b"10\r\n0123456789abcdef\r\n0\r\n\r\n")],
        "continue; <81 bytes> continue",
        "continue; <124 bytes> close",
    ),
    Shown::reads(
        "chunk_extension_refused",
        &[CHUNKED, Read(b"1;x=y\r\na\r\n0\r\n\r\n")],
        "continue; <65 bytes> continue",
        "continue; <118 bytes> close",
    ),
    Shown::reads(
        "trailer_left_unread",
        &[CHUNKED, Read(b"1\r\na\r\n0\r\nT: t\r\n\r\n"), GET],
        "continue; <65 bytes> continue; <70 bytes> continue",
        "continue; <65 bytes>|<107 bytes> close",
    ),
    Shown::reads(
        "pipelined_request_lost",
        &[Joined(&[GET, GET])],
        "<70 bytes>|<70 bytes> continue",
        "<70 bytes> continue",
    ),
    Shown::reads(
        "unwanted_body_left_unread",
        &[
            Read(b"POST /no HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na\r\n\r\n"),
            Read(b"\r\n"),
        ],
        "<89 bytes> continue; continue",
        "<89 bytes>|<107 bytes> close",
    ),
    Shown::reads(
        "head_with_body",
        &[HEAD],
        "<64 bytes> continue",
        "<70 bytes> continue",
    ),
    Shown::reads(
        "connection_close_ignored",
        &[Read(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n")],
        "<89 bytes> close",
        "<70 bytes> continue",
    ),
    Shown::reads(
        "closes_without_saying",
        &[GET],
        "<70 bytes> continue",
        "<70 bytes> close",
    ),
    Shown::reads(
        "continue_not_sent",
        &[
            Read(
                b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
            ),
            Read(b"a"),
        ],
        "HTTP/1.1 100 Continue\\r\\n\\r\\n continue; <65 bytes> continue",
        "continue; <65 bytes> continue",
    ),
    Shown::reads(
        "content_length_missing",
        &[GET],
        "<70 bytes> continue",
        "<51 bytes> continue",
    ),
    Shown::reads(
        "content_length_in_characters",
        &[Joined(&[
            Read(b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n"),
            Read("ééééé".as_bytes()),
        ])],
        "<75 bytes> continue",
        "<74 bytes> continue",
    ),
    Shown::reads(
        "last_chunk_missing",
        &[Read(b"GET /chunked/1 HTTP/1.1\r\nHost: h\r\n\r\n")],
        "<84 bytes> continue",
        "<79 bytes> continue",
    ),
    Shown::reads(
        "bad_request_kills",
        &[Read(b"x\r\n\r\n")],
        "<107 bytes> close",
        "crash",
    ),
    Shown::reads(
        "bad_request_closes_silently",
        &[Read(b"x\r\n\r\n")],
        "<107 bytes> close",
        "close",
    ),
    Shown::reads(
        "head_limit_absent",
        &[Words(b"GET / HTTP/1.1\r\nX: ", b'x', 65_536)],
        "continue; <144 bytes> close",
        "continue; continue",
    ),
];

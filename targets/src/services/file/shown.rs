//! Exchanges in which each fault of `file` differs from the correct server.

use crate::tests::In::{End, Fill, Joined, Json, Read};
use crate::tests::{In, Shown};

const HELLO: In = Json("{\"op\":\"get\",\"name\":\"hello.txt\"}", b"");
const BYTES: In = Json("{\"op\":\"get\",\"name\":\"every-byte\"}", b"");
const MISSING: In = Json("{\"op\":\"get\",\"name\":\"missing\"}", b"");
const FROM_7: In = Json("{\"op\":\"get\",\"name\":\"hello.txt\",\"offset\":7}", b"");
/// An upload of `ab` of which the first byte comes.
const HALF: In = Json(
    "{\"op\":\"put\",\"name\":\"n\",\"size\":2,\"md5\":\"187ef4436122d1cc2f40dc2b92f0eba0\"}",
    b"a",
);
/// The same over a file that exists.
const HALF_HELLO: In = Json(
    "{\"op\":\"put\",\"name\":\"hello.txt\",\"size\":2,\"md5\":\"187ef4436122d1cc2f40dc2b92f0eba0\"}",
    b"a",
);
const PUT_300: In = Json(
    "{\"op\":\"put\",\"name\":\"n\",\"size\":300,\"md5\":\"8a4876ea55d998a5d91ed59db796af28\"}",
    b"",
);

pub(super) const SHOWN: &[Shown] = &[
    Shown::differs(
        "header_assumed_whole",
        &[Read(b"\0\0"), Read(b"\0\x02{}")],
        "missing field `op`",
        "",
    ),
    Shown::differs(
        "header_cut_kills",
        &[Read(b"\0\0\0\x02{"), Read(b"}")],
        "missing field `op`",
        "crash",
    ),
    Shown::differs(
        "body_assumed_whole",
        &[HALF, Read(b"b")],
        "stored\\\":2",
        "the header says 187e",
    ),
    Shown::differs(
        "upload_in_three_reads_of_75",
        &[Joined(&[PUT_300, Fill(b'x', 300)])],
        "stored\\\":300",
        "stored\\\":225",
    ),
    Shown::differs(
        "next_request_overread",
        &[Joined(&[HELLO, Read(b"\0\0")]), Read(b"\0\x02{}")],
        "missing field `op`",
        "header of 162685 bytes",
    ),
    Shown::differs(
        "file_cut_at_1024",
        &[BYTES],
        "size\\\":2048",
        "size\\\":1024",
    ),
    Shown::differs(
        "file_decoded_as_text",
        &[BYTES],
        "\\x7f\\x80\\x81",
        "\\x7f\\xef\\xbf\\xbd",
    ),
    Shown::differs("missing_file_kills", &[MISSING], "no such file", "crash"),
    Shown::differs(
        "missing_file_is_empty",
        &[MISSING],
        "no such file",
        "d41d8cd9",
    ),
    Shown::differs(
        "absolute_path_served",
        &[Json("{\"op\":\"get\",\"name\":\"/etc/passwd\"}", b"")],
        "absolute paths",
        "md5",
    ),
    Shown::differs(
        "dot_dot_served",
        &[Json("{\"op\":\"get\",\"name\":\"../secret.txt\"}", b"")],
        "is not a name",
        "not to be served",
    ),
    Shown::differs(
        "symbolic_link_followed",
        &[Json("{\"op\":\"get\",\"name\":\"link.txt\"}", b"")],
        "symbolic links",
        "not to be served",
    ),
    Shown::differs(
        "named_pipe_served",
        &[Json("{\"op\":\"get\",\"name\":\"pipe\"}", b"")],
        "not a regular file",
        "md5",
    ),
    Shown::differs(
        "nul_in_name_kills",
        &[Json("{\"op\":\"get\",\"name\":\"a\\u0000\"}", b"")],
        "no NUL byte",
        "crash",
    ),
    Shown::differs(
        "names_must_be_ascii",
        &[Json(
            "{\"op\":\"get\",\"name\":\"naïve 文件 \\\"\\\\\\n.txt\"}",
            b"",
        )],
        "any name\\n",
        "no such file",
    ),
    Shown::differs("offset_ignored", &[FROM_7], "}file\\n", "}hello, file\\n"),
    Shown::differs(
        "size_ignores_offset",
        &[FROM_7],
        "size\\\":5",
        "size\\\":12",
    ),
    Shown::differs(
        "offset_beyond_end_accepted",
        &[Json(
            "{\"op\":\"get\",\"name\":\"hello.txt\",\"offset\":13}",
            b"",
        )],
        "behind the end, at 12",
        "size\\\":0,\\\"offset\\\":12",
    ),
    Shown::differs(
        "md5_not_checked",
        &[Json(
            "{\"op\":\"put\",\"name\":\"n\",\"size\":1,\"md5\":\"0\"}",
            b"a",
        )],
        "the header says 0",
        "stored\\\":1",
    ),
    Shown::differs(
        "md5_is_constant",
        &[HELLO],
        "8c253d792191d64064f1204ca22c4ec9",
        "md5\\\":\\\"xxx",
    ),
    Shown::differs(
        "short_upload_stored",
        &[HALF, End],
        "continue; close",
        "stored\\\":1",
    ),
    Shown::differs(
        "upload_overwrites_in_place",
        &[HALF_HELLO, In::Other(&HELLO)],
        "}hello, file\\n",
        "}a continue",
    ),
    Shown::differs(
        "partial_upload_lost",
        &[
            HALF,
            End,
            In::Other(&Json(
                "{\"op\":\"put\",\"name\":\"n\",\"offset\":1,\"size\":1,\
                 \"md5\":\"187ef4436122d1cc2f40dc2b92f0eba0\"}",
                b"b",
            )),
        ],
        "stored\\\":2",
        "kept\\\":0",
    ),
    Shown::differs(
        "two_uploads_of_one_name",
        &[HALF, In::Other(&HALF)],
        "another client",
        "continue; continue",
    ),
    Shown::differs(
        "header_limit_absent",
        &[Read(b"\x7f\xff\xff\xff{")],
        "at most 65536",
        "continue",
    ),
    Shown::differs(
        "dies_on_bad_header",
        &[Read(b"\0\0\0\x02{}")],
        "close",
        "crash",
    ),
];

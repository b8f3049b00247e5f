//! Mistakes that any HTTP/1.1 message may have: name, bytes, and what is wrong.

/// Mistakes in a header line that is added: name, line, and what is wrong.
pub(super) const LINES: [(&str, &[u8], &str); 9] = [
    (
        "headers.folded",
        b"A: b\r\n c",
        "A header line is continued by the next one.",
    ),
    (
        "headers.blank_before_colon",
        b"A : b",
        "A blank stands before a colon.",
    ),
    ("headers.no_colon", b"A b", "A header line has no colon."),
    (
        "headers.no_name",
        b": b",
        "A header line begins with its colon.",
    ),
    (
        "headers.not_a_token",
        b"A(b: c",
        "A field's name has a bracket in it.",
    ),
    (
        "headers.nul",
        b"A: b\0c",
        "A field's value has a NUL in it.",
    ),
    (
        "headers.bare_cr",
        b"A: b\rc",
        "A field's value has a CR in it.",
    ),
    (
        "headers.bare_lf",
        b"A: b\nC: d",
        "A header line ends in LF alone.",
    ),
    (
        "headers.blank_first",
        b" A: b",
        "A header line begins with a blank.",
    ),
];

/// Mistakes in what says where the body ends: the classes of request smuggling (RFC 9112 section
/// 11.2) among them.
pub(super) const ENDS: [(&str, &[&[u8]], &str); 14] = [
    (
        "content-length.negative",
        &[b"Content-Length: -1"],
        "The length is negative.",
    ),
    (
        "content-length.plus",
        &[b"Content-Length: +1"],
        "The length has a plus sign.",
    ),
    (
        "content-length.hex",
        &[b"Content-Length: 0x5"],
        "The length is hexadecimal.",
    ),
    (
        "content-length.text",
        &[b"Content-Length: five"],
        "The length is a word.",
    ),
    (
        "content-length.empty",
        &[b"Content-Length: "],
        "The length is missing.",
    ),
    (
        "content-length.fraction",
        &[b"Content-Length: 1.0"],
        "The length is a fraction.",
    ),
    (
        "content-length.huge",
        &[b"Content-Length: 99999999999999999999"],
        "The length does not fit 64 bits.",
    ),
    (
        "content-length.list",
        &[b"Content-Length: 0, 1"],
        "One field gives two lengths.",
    ),
    (
        "content-length.twice",
        &[b"Content-Length: 0", b"Content-Length: 1"],
        "Two fields give two lengths.",
    ),
    (
        "transfer-encoding.with_length",
        &[b"Content-Length: 0", b"Transfer-Encoding: chunked"],
        "The message has a length and is chunked.",
    ),
    (
        "transfer-encoding.twice",
        &[b"Transfer-Encoding: chunked, chunked"],
        "The message is chunked twice.",
    ),
    (
        "transfer-encoding.not_last",
        &[b"Transfer-Encoding: chunked, identity"],
        "A coding stands behind `chunked`.",
    ),
    (
        "transfer-encoding.unended",
        &[b"Transfer-Encoding: gzip"],
        "The last coding does not end the body of a request.",
    ),
    (
        "transfer-encoding.empty",
        &[b"Transfer-Encoding: "],
        "The coding is missing.",
    ),
];

/// Mistakes in a chunked body.
pub(super) const CHUNKS: [(&str, &[u8], &str); 9] = [
    (
        "chunks.not_hex",
        b"g\r\na\r\n0\r\n\r\n",
        "A chunk's size is no hexadecimal number.",
    ),
    (
        "chunks.negative",
        b"-1\r\n\r\n0\r\n\r\n",
        "A chunk's size is negative.",
    ),
    (
        "chunks.prefix",
        b"0x1\r\na\r\n0\r\n\r\n",
        "A chunk's size begins with 0x.",
    ),
    (
        "chunks.no_size",
        b"\r\na\r\n0\r\n\r\n",
        "A chunk has no size.",
    ),
    (
        "chunks.huge",
        b"fffffffffffffffff\r\na\r\n0\r\n\r\n",
        "A chunk's size does not fit 64 bits.",
    ),
    (
        "chunks.short_by_one",
        b"1\r\nab\r\n0\r\n\r\n",
        "A chunk has one byte more than its size.",
    ),
    (
        "chunks.long_by_one",
        b"3\r\nab\r\n0\r\n\r\n",
        "A chunk has one byte less than its size.",
    ),
    (
        "chunks.bare_lf",
        b"1\na\n0\n\n",
        "The lines of the chunks end in LF alone.",
    ),
    (
        "chunks.no_last",
        b"1\r\na\r\n",
        "The stream ends without a last chunk.",
    ),
];

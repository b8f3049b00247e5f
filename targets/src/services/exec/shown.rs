//! Exchanges in which each fault of `exec` differs from the correct server.

use crate::tests::In::{Read, Words};
use crate::tests::Shown;

pub(super) const SHOWN: &[Shown] = &[
    Shown::reads(
        "header_assumed_whole",
        &[Read(b"\0\0"), Read(b"\0\x06echo a")],
        "continue; \\x00\\x00\\x00\\x03\\x00a\\n continue",
        "close",
    ),
    Shown::reads(
        "body_assumed_whole",
        &[Read(b"\0\0\0\x06ec"), Read(b"ho a")],
        "continue; \\x00\\x00\\x00\\x03\\x00a\\n continue",
        "continue; \\x00\\x00\\x00\\x0f\\x7fec: not found\\n continue; <60 bytes> close",
    ),
    Shown::reads(
        "request_unframed",
        &[Read(b"\0\0\0\x05false\0\0\0\x06exit 3")],
        "\\x00\\x00\\x00\\x01\\x01|\\x00\\x00\\x00\\x01\\x03 continue",
        "\\x00\\x00\\x00!\\x02the command contains a NUL byte\\n continue",
    ),
    Shown::reads(
        "header_and_body_in_two_writes",
        &[Read(b"\0\0\0\x06echo a")],
        "\\x00\\x00\\x00\\x03\\x00a\\n continue",
        "\\x00\\x00\\x00\\x03|\\x00a\\n continue",
    ),
    Shown::reads(
        "negative_length_accepted",
        &[Read(b"\xff\xff\xff\xfbecho a")],
        "<60 bytes> close",
        "\\x00\\x00\\x00\\x01\\x00|<60 bytes> close",
    ),
    Shown::reads(
        "no_length_limit",
        &[Read(b"\x7f\xff\xff\xff"), Read(b"a")],
        "<60 bytes> close",
        "continue; continue",
    ),
    Shown::reads(
        "little_endian_length",
        &[Read(b"\x06\0\0\0echo a")],
        "<59 bytes> close",
        "\\x03\\x00\\x00\\x00\\x00a\\n continue",
    ),
    Shown::reads(
        "next_request_overread",
        &[Read(b"\0\0\0\x05false\0\0\0\x06ex"), Read(b"it 3")],
        "\\x00\\x00\\x00\\x01\\x01 continue; \\x00\\x00\\x00\\x01\\x03 continue",
        "\\x00\\x00\\x00\\x01\\x01 continue; <60 bytes> close",
    ),
    Shown::reads(
        "command_cut_at_1024",
        &[Read(b"\0\0\x04\x04"), Words(b"echo ", b'a', 1023)],
        "continue; <1029 bytes> continue",
        "continue; <1025 bytes> continue",
    ),
    Shown::reads(
        "reply_length_without_status",
        &[Read(b"\0\0\0\x06echo a")],
        "\\x00\\x00\\x00\\x03\\x00a\\n continue",
        "\\x00\\x00\\x00\\x02\\x00a\\n continue",
    ),
    Shown::reads(
        "stderr_hides_stdout",
        &[Read(b"\0\0\0\x08both o e")],
        "\\x00\\x00\\x00\\x05\\x00o\\ne\\n continue",
        "\\x00\\x00\\x00\\x03\\x00e\\n continue",
    ),
    Shown::reads(
        "exit_status_lost",
        &[Read(b"\0\0\0\x05false")],
        "\\x00\\x00\\x00\\x01\\x01 continue",
        "\\x00\\x00\\x00\\x01\\x00 continue",
    ),
    Shown::reads(
        "pipe_deadlock",
        &[Read(b"\0\0\0\x0cstderr 65537"), Read(b"\0\0\0\x04true")],
        "<65542 bytes> continue; \\x00\\x00\\x00\\x01\\x00 continue",
        "continue; continue",
    ),
    Shown::reads(
        "output_read_once",
        &[Read(b"\0\0\0\x0bbytes 65537")],
        "<65542 bytes> continue",
        "<65541 bytes> continue",
    ),
    Shown::process(
        "stdin_left_open",
        "cat",
        "\\x00\\x00\\x00\\x01\\x00 continue",
    ),
    Shown::process(
        "background_child_holds_reply",
        "sh -c 'sleep 9 & :'",
        "\\x00\\x00\\x00\\x01\\x00 continue",
    ),
    Shown::reads(
        "undecodable_command_kills",
        &[Read(b"\0\0\0\x06echo \xff")],
        "\\x00\\x00\\x00\\x03\\x00\\xff\\n continue",
        "crash",
    ),
    Shown::reads(
        "nul_in_command_kills",
        &[Read(b"\0\0\0\x01\0")],
        "\\x00\\x00\\x00!\\x02the command contains a NUL byte\\n continue",
        "crash",
    ),
    Shown::reads(
        "empty_answer_not_sent",
        &[Read(b"\0\0\0\x04true")],
        "\\x00\\x00\\x00\\x01\\x00 continue",
        "continue",
    ),
    Shown::reads(
        "empty_request_ignored",
        &[Read(b"\0\0\0\0")],
        "\\x00\\x00\\x00\\x01\\x00 continue",
        "continue",
    ),
];

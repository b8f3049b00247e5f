//! A correct session answers the same however its input is divided.

use super::In::{Joined, Json, Read};
use super::{In, Transcript, factory, setup};
use crate::command::Runner;
use crate::find;
use crate::folder::Folder;
use crate::service::{Factory, Kind};
use crate::session::{Flow, Output};

/// Per stream service a conversation of whole messages, the beginning of one more, and all that
/// the server sends.
pub(super) const CONVERSATIONS: &[(&str, In, &[u8], &str)] = &[
    (
        "echo",
        Read("a\0 é\n\n".as_bytes()),
        b"",
        "a\\x00 \\xc3\\xa9\\n\\n",
    ),
    (
        "upper",
        Read("hello\n\nstraße é\n".as_bytes()),
        b"\xff",
        "HELLO\\n\\nSTRASSE \\xc3\\x89\\n",
    ),
    (
        "reverse",
        Read("abc\n\né x\n".as_bytes()),
        b"qui",
        "cba\\n\\nx \\xc3\\xa9\\n",
    ),
    (
        "exec",
        Read(b"\0\0\0\x06echo a\0\0\0\0\0\0\0\x08both o e\0\0\0\x06exit 3"),
        b"\0\0\0\x09ec",
        "\\x00\\x00\\x00\\x03\\x00a\\n\\x00\\x00\\x00\\x01\\x00\
         \\x00\\x00\\x00\\x05\\x00o\\ne\\n\\x00\\x00\\x00\\x01\\x03",
    ),
    (
        "exec-json",
        Joined(&[
            Json(
                "{\"total_size\":6,\"md5\":\"7160f5dc15be68cdf21b828fb496bae0\"}",
                b"echo a",
            ),
            Json(
                "{\"total_size\":4,\"md5\":\"b326b5062b2f0e69046810717534cb09\"}",
                b"true",
            ),
        ]),
        b"\0\0\0\x09{",
        "\\x00\\x00\\x00d\
         {\\\"total_size\\\":2,\\\"md5\\\":\\\"60b725f10c9c85c70d97880dfe8191b3\\\",\\\"status\\\":0,\
         \\\"stdout_size\\\":2,\\\"stderr_size\\\":0}a\\n\\x00\\x00\\x00d\
         {\\\"total_size\\\":0,\\\"md5\\\":\\\"d41d8cd98f00b204e9800998ecf8427e\\\",\\\"status\\\":0,\
         \\\"stdout_size\\\":0,\\\"stderr_size\\\":0}",
    ),
    // An upload that is refused: one that takes another's place makes some file systems write.
    (
        "file",
        Joined(&[
            Json(
                "{\"op\":\"put\",\"name\":\"n\",\"size\":2,\"md5\":\"0\"}",
                b"a\n",
            ),
            Json("{\"op\":\"get\",\"name\":\"hello.txt\",\"offset\":7}", b""),
        ]),
        b"\0\0\0\x09{",
        "\\x00\\x00\\x00Z\
         {\\\"size\\\":0,\\\"error\\\":\\\"the file\\'s md5 is 60b725f10c9c85c70d97880dfe8191b3, the header says 0\\\"}\
         \\x00\\x00\\x00>\
         {\\\"size\\\":5,\\\"offset\\\":7,\\\"md5\\\":\\\"8c253d792191d64064f1204ca22c4ec9\\\"}file\\n",
    ),
    (
        "http",
        Read(
            b"\r\nHEAD / HTTP/1.1\r\nHost: h\r\n\r\n\
              POST /echo HTTP/1.1\r\nhost: h\r\ntransfer-encoding: Chunked\r\n\r\n\
              2;x=y\r\nhi\r\n0\r\nT: t\r\n\r\n",
        ),
        b"GET / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: 6\\r\\n\\r\\n\
         HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: 2\\r\\n\\r\\nhi",
    ),
    (
        "encodings",
        Read(b"gbk\n\xd6\xb4\xd0\xd0 a\n\xff\n"),
        b"\xb3",
        "GBK\\n\\xd6\\xb4\\xd0\\xd0 A\\nerror: not valid GBK\\n",
    ),
];

/// What one client says to the server without messages, and what that answers.
pub(super) const UNFRAMED: (&[u8], &[u8]) = (b"both o e", b"o\ne\n");

/// Each conversation with what makes its sessions: one for all of them, since making the files of
/// a folder takes time.
fn conversations() -> impl Iterator<Item = (&'static str, Factory, Vec<u8>, &'static str)> {
    CONVERSATIONS.iter().map(|(name, whole, begun, reply)| {
        let factory = factory(find(name).unwrap(), None, Runner::for_tests());
        (*name, factory, [&whole.bytes()[..], begun].concat(), *reply)
    })
}

fn sent<'a>(factory: &Factory, pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut transcript = Transcript::of(factory);
    for piece in pieces {
        transcript.read(piece);
    }
    transcript.step(|session, out| session.end(out));
    assert!(transcript.text().ends_with("close"));
    transcript.sent.escape_ascii().to_string()
}

#[test]
fn whole() {
    for (name, factory, bytes, reply) in conversations() {
        assert_eq!(sent(&factory, [&bytes[..]]), reply, "{name}");
    }
}

#[test]
fn every_cut() {
    for (name, factory, bytes, reply) in conversations() {
        for cut in 1..bytes.len() {
            let (first, second) = bytes.split_at(cut);
            assert_eq!(
                sent(&factory, [first, second]),
                reply,
                "{name} cut at {cut}"
            );
        }
    }
}

#[test]
fn every_pair_of_cuts() {
    for (name, factory, bytes, reply) in conversations() {
        for end in 2..bytes.len() {
            for cut in 1..end {
                let pieces = [&bytes[..cut], &bytes[cut..end], &bytes[end..]];
                assert_eq!(
                    sent(&factory, pieces),
                    reply,
                    "{name} cut at {cut} and {end}"
                );
            }
        }
    }
}

#[test]
fn each_byte() {
    for (name, factory, bytes, reply) in conversations() {
        assert_eq!(sent(&factory, bytes.chunks(1)), reply, "{name}");
    }
}

#[test]
fn one_write_a_reply() {
    let service = find("exec").unwrap();
    let mut transcript = Transcript::new(service, None, Runner::for_tests());
    transcript.read(b"\0\0\0\x04true\0\0\0\x05false");
    assert_eq!(
        transcript.text(),
        "\\x00\\x00\\x00\\x01\\x00|\\x00\\x00\\x00\\x01\\x01 continue"
    );
}

#[test]
fn commands_that_need_a_process_keep_their_order() {
    let service = find("exec").unwrap();
    let mut transcript = Transcript::new(service, None, Runner::for_tests());
    transcript.read(b"\0\0\0\x0fsh -c 'exit 40'\0\0\0\x06exit 4\0\0\0\x0fsh -c 'exit 41'");
    assert_eq!(
        transcript.text(),
        "\\x00\\x00\\x00\\x01(|\\x00\\x00\\x00\\x01\\x04|\\x00\\x00\\x00\\x01) continue"
    );
}

#[test]
fn limits_are_exact() {
    for (name, fits, too_long) in [
        (
            "upper",
            [&[b'a'; 65_536][..], b"\n"].concat(),
            [&[b'a'; 65_537][..], b"\n"].concat(),
        ),
        (
            "reverse",
            [&[b'a'; 65_536][..], b"\n"].concat(),
            vec![b'a'; 65_537],
        ),
        (
            "exec",
            [&[0, 1, 0, 0, b'\''][..], &[b'a'; 65_535]].concat(),
            vec![0, 1, 0, 1],
        ),
        ("exec-json", [0, 1, 0, 0].to_vec(), vec![0, 1, 0, 1]),
        ("file", [0, 1, 0, 0].to_vec(), vec![0, 1, 0, 1]),
        ("http", vec![b'a'; 65_536], vec![b'a'; 65_537]),
        (
            "encodings",
            [b"gbk\n", &[b'a'; 65_536][..], b"\n"].concat(),
            [b"gbk\n", &[b'a'; 65_537][..]].concat(),
        ),
    ] {
        for (bytes, end) in [(fits, "continue"), (too_long, "close")] {
            let mut transcript = Transcript::new(find(name).unwrap(), None, Runner::for_tests());
            transcript.read(&bytes);
            assert!(transcript.text().ends_with(end), "{name} {end}");
        }
    }
}

#[test]
fn a_file_of_any_size_goes_out_piece_by_piece() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("sparse")).unwrap();
    file.set_len(3 << 20).unwrap();
    let service = find("file").unwrap();
    let Kind::Files(make) = &service.kind else {
        panic!("it serves files");
    };
    let served = Folder::open(folder.path()).unwrap();
    let setup = setup(service, None, Runner::for_tests());
    let factory = make(setup, served);
    let request = Json("{\"op\":\"get\",\"name\":\"sparse\"}", b"").bytes();
    for shrinks in [false, true] {
        let mut session = factory();
        let mut out = Output::default();
        let mut sent = 0;
        let mut flow = session.input(&request, &mut out);
        while matches!(flow, Flow::More) {
            let piece: usize = out.writes().map(<[u8]>::len).sum();
            assert!(piece <= 300 << 10, "{piece} bytes at once");
            sent += piece;
            out.clear();
            if shrinks && sent > 0 {
                file.set_len(1).unwrap();
            }
            flow = session.more(&mut out);
        }
        sent += out.writes().map(<[u8]>::len).sum::<usize>();
        if shrinks {
            // The rest that was promised does not exist: only a break can say so.
            assert!(matches!(flow, Flow::Reset), "{flow:?} after {sent}");
        } else {
            assert!(matches!(flow, Flow::Continue), "{flow:?}");
            assert!(sent > 3 << 20 && sent < (3 << 20) + 200, "{sent}");
        }
    }
}

//! HTTP/1.1 messages that are wrong on purpose, each in one way.

use super::mistakes::{CHUNKS, ENDS, LINES};
use super::syntax::trim;
use crate::candidate::{Candidate, OVERLONG, only_wrong, truncated};
use crate::{Decoder, Encoded, Limits, Malformed, Sender};

/// A valid message in lines, of which some are about to change.
struct Lines {
    start: Vec<u8>,
    headers: Vec<Vec<u8>>,
    body: Vec<u8>,
}

impl Lines {
    /// The message without what says where its body ends, and its body's content.
    fn new(valid: &Encoded) -> Option<Self> {
        let end = memchr::memmem::find(&valid.bytes, b"\r\n\r\n")?;
        let mut lines = valid.bytes.get(..end)?.split(|&byte| byte == b'\n');
        let mut line = || {
            lines
                .next()
                .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        };
        let start = line()?.to_vec();
        let names = |line: &[u8], name: &str| {
            let colon = line.split(|&byte| byte == b':').next().unwrap_or_default();
            trim(colon).1.eq_ignore_ascii_case(name.as_bytes())
        };
        let mut headers = Vec::new();
        while let Some(line) = line() {
            if !names(line, "content-length") && !names(line, "transfer-encoding") {
                headers.push(line.to_vec());
            }
        }
        let body = valid.fields.iter().find(|field| &*field.name == "body")?;
        let pieces = body
            .ranges
            .iter()
            .filter_map(|r| valid.bytes.get(r.clone()));
        Some(Self {
            start,
            headers,
            body: pieces.collect::<Vec<_>>().concat(),
        })
    }

    fn message(&self, start: &[u8], headers: &[&[u8]], body: &[u8]) -> Vec<u8> {
        let mut bytes = [start, b"\r\n"].concat();
        let own = self.headers.iter().map(Vec::as_slice);
        for line in own.chain(headers.iter().copied()) {
            bytes.extend([line, b"\r\n"].concat());
        }
        bytes.extend([b"\r\n", body].concat());
        bytes
    }

    /// The message with these header lines added, and its body as it was.
    fn with(&self, headers: &[&[u8]]) -> Vec<u8> {
        self.message(&self.start, headers, &self.body)
    }
}

pub(super) fn malformed(
    limits: Limits,
    valid: &Encoded,
    sender: Sender,
    decoder: impl Fn() -> Box<dyn Decoder>,
) -> Vec<Malformed> {
    let Some(lines) = Lines::new(valid) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut add = |name: &str, about: &str, bytes| all.push(Candidate::new(name, about, bytes));
    starts(&lines, sender, &mut add);
    let length = format!("Content-Length: {}", lines.body.len());
    for (name, line, about) in LINES {
        add(name, about, lines.with(&[line, length.as_bytes()]));
    }
    for (name, headers, about) in ENDS {
        add(name, about, lines.with(headers));
    }
    for (name, body, about) in CHUNKS {
        let bytes = lines.message(&lines.start, &[b"Transfer-Encoding: chunked"], body);
        add(name, about, bytes);
    }
    if limits.header <= OVERLONG {
        let about = format!(
            "A header line has more than {} bytes, the limit.",
            limits.header
        );
        let line = [b"A: ", vec![b'a'; limits.header].as_slice()].concat();
        add("headers.over_limit", &about, lines.with(&[&line]));
    }
    let over = format!("Content-Length: {}", limits.frame);
    let about = "The length makes the message larger than the limit.";
    add(
        "content-length.over_limit",
        about,
        lines.with(&[over.as_bytes()]),
    );
    truncated(valid, &mut all);
    only_wrong(all, || vec![decoder()])
}

/// Mistakes in the start line, and in what a request alone needs.
fn starts(lines: &Lines, sender: Sender, add: &mut impl FnMut(&str, &str, Vec<u8>)) {
    let mut with = |name: &str, about: &str, start: &[u8]| {
        let length = format!("Content-Length: {}", lines.body.len());
        add(
            name,
            about,
            lines.message(start, &[length.as_bytes()], &lines.body),
        );
    };
    match sender {
        Sender::Client => {
            with(
                "start_line.http_2",
                "The version is HTTP/2.0.",
                b"GET / HTTP/2.0",
            );
            with(
                "start_line.no_version",
                "The request line has no version.",
                b"GET /",
            );
            with(
                "start_line.lower_case",
                "The version is in lower case.",
                b"GET / http/1.1",
            );
            with(
                "method.missing",
                "The request line begins with a blank.",
                b" / HTTP/1.1",
            );
            with(
                "method.not_a_token",
                "The method has a bracket in it.",
                b"G(T / HTTP/1.1",
            );
            with(
                "target.missing",
                "The request line has no target.",
                b"GET  HTTP/1.1",
            );
            with(
                "target.blank",
                "The target has a blank in it.",
                b"GET /a b HTTP/1.1",
            );
            with(
                "target.nul",
                "The target has a NUL in it.",
                b"GET /\0 HTTP/1.1",
            );
            let host = |line: &Vec<u8>| line.to_ascii_lowercase().starts_with(b"host:");
            let length = format!("Content-Length: {}", lines.body.len());
            let others: Vec<&[u8]> = lines
                .headers
                .iter()
                .filter(|l| !host(l))
                .map(|l| &**l)
                .collect();
            let mut bytes = [&lines.start[..], b"\r\n"].concat();
            for line in others.iter().chain(&[length.as_bytes()]) {
                bytes.extend([line, &b"\r\n"[..]].concat());
            }
            bytes.extend([b"\r\n", lines.body.as_slice()].concat());
            add("host.missing", "The request has no Host.", bytes);
            let twice = lines.with(&[b"Host: a.example", length.as_bytes()]);
            add("host.twice", "The request has two Hosts.", twice);
        }
        Sender::Server => {
            with(
                "start_line.http_2",
                "The version is HTTP/2.0.",
                b"HTTP/2.0 200 OK",
            );
            with(
                "start_line.no_version",
                "The status line has no version.",
                b"200 OK",
            );
            with(
                "start_line.no_blank",
                "Nothing follows the status.",
                b"HTTP/1.1 200",
            );
            with(
                "status.short",
                "The status has two digits.",
                b"HTTP/1.1 20 OK",
            );
            with("status.text", "The status is a word.", b"HTTP/1.1 two OK");
            with(
                "status.out_of_range",
                "The status is 600.",
                b"HTTP/1.1 600 OK",
            );
            with(
                "reason.nul",
                "The reason has a NUL in it.",
                b"HTTP/1.1 200 O\0K",
            );
        }
    }
}

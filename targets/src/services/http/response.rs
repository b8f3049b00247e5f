//! What the HTTP server has to say: its resources, and the bytes of a response.

use super::Bug;
use super::request::{Refused, Request};
use crate::session::Output;

/// Largest number of bytes of `/bytes/N` and `/chunked/N`.
const BYTES_MAX: usize = 16 << 20;

/// Data bytes of a chunk.
const CHUNK: usize = 1000;

/// A response before it is bytes.
struct Response<'a> {
    status: u16,
    body: &'a [u8],
    chunked: bool,
    /// The methods of a resource, where the request's is none of them.
    allow: Option<&'static str>,
    close: bool,
    /// False for HEAD.
    with_body: bool,
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        417 => "Expectation Failed",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        505 => "HTTP Version Not Supported",
        _ => "Bad Request",
    }
}

/// True where some method is answered with success.
pub(super) fn exists(path: &str) -> bool {
    matches!(path, "/" | "/echo") || letters(path).is_some()
}

/// The letters of `/bytes/N` or `/chunked/N`, and whether they are to be sent in chunks.
fn letters(path: &str) -> Option<(Vec<u8>, bool)> {
    let (number, chunked) = match path.strip_prefix("/bytes/") {
        Some(number) => (number, false),
        None => (path.strip_prefix("/chunked/")?, true),
    };
    let size = number
        .parse()
        .ok()
        .filter(|&size: &usize| size <= BYTES_MAX)?;
    Some(((b'a'..=b'z').cycle().take(size).collect(), chunked))
}

/// Answers a request that has come whole.
pub(super) fn answer(request: &Request, body: &[u8], bug: Option<Bug>, out: &mut Output) {
    let read = matches!(request.method.as_str(), "GET" | "HEAD");
    let (mut status, mut allow, mut chunked) = (200, None, false);
    let made;
    let body: &[u8] = match request.path.as_str() {
        "/echo" if request.method == "POST" => body,
        "/" if read => b"hello\n",
        path => match letters(path) {
            Some((bytes, chunks)) if read => {
                (made, chunked) = (bytes, chunks && request.takes_chunks);
                &made
            }
            _ if !exists(path) => {
                status = 404;
                b"no such resource\n"
            }
            _ => {
                status = 405;
                allow = Some(if path == "/echo" { "POST" } else { "GET, HEAD" });
                b"no such method here\n"
            }
        },
    };
    let response = Response {
        status,
        body,
        chunked,
        allow,
        close: request.close,
        with_body: request.method != "HEAD" || bug == Some(Bug::HeadWithBody),
    };
    out.write(&response.bytes(bug));
}

/// Says why a request is refused. The connection closes behind it.
pub(super) fn refuse(refused: &Refused, out: &mut Output) {
    let response = Response {
        status: refused.status,
        body: format!("{}\n", refused.why).as_bytes(),
        chunked: false,
        allow: None,
        close: true,
        with_body: true,
    }
    .bytes(None);
    out.write(&response);
}

impl Response<'_> {
    /// Head and body. It has no Date: a session has no clock (RFC 9110 section 6.6.1).
    fn bytes(&self, bug: Option<Bug>) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: text/plain\r\n",
            self.status,
            reason(self.status)
        );
        if let Some(methods) = self.allow {
            head += &format!("Allow: {methods}\r\n");
        }
        let length = match bug {
            Some(Bug::CountsCharacters) => String::from_utf8_lossy(self.body).chars().count(),
            _ => self.body.len(),
        };
        if self.chunked {
            head += "Transfer-Encoding: chunked\r\n";
        } else if bug != Some(Bug::LengthMissing) {
            head += &format!("Content-Length: {length}\r\n");
        }
        if self.close {
            head += "Connection: close\r\n";
        }
        head += "\r\n";
        let mut bytes = head.into_bytes();
        match (self.with_body, self.chunked) {
            (false, _) => {}
            (true, false) => bytes.extend_from_slice(self.body),
            (true, true) => {
                for chunk in self.body.chunks(CHUNK) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                if bug != Some(Bug::LastChunkMissing) {
                    bytes.extend_from_slice(b"0\r\n\r\n");
                }
            }
        }
        bytes
    }
}

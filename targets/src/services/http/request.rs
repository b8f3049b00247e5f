//! The head of an HTTP/1.1 request: what it asks for, and how its body is framed.

use httparse::{EMPTY_HEADER, Header, Status};

use super::Bug;

/// Largest body in bytes.
pub(super) const BODY_MAX: usize = 1 << 20;

/// Most header fields.
const FIELDS: usize = 100;

/// How a request's body is framed (RFC 9112 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Sized(usize),
    Chunked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without a query: no resource here has one.
    pub(super) path: String,
    pub(super) framing: Framing,
    /// True where the connection ends behind the answer.
    pub(super) close: bool,
    /// HTTP/1.0 knows no chunks.
    pub(super) takes_chunks: bool,
    /// True where the body comes only after `100 Continue`.
    pub(super) waits: bool,
}

/// A request that is not answered as asked for; the connection cannot go on behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) why: String,
}

/// `400 Bad Request`, with the reason.
pub(super) fn bad(why: impl Into<String>) -> Refused {
    Refused {
        status: 400,
        why: why.into(),
    }
}

/// # Errors
/// The head breaks the grammar, or asks for what is not offered.
pub(super) fn parse(head: &[u8], bug: Option<Bug>) -> Result<Request, Refused> {
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    match parsed.parse(head) {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) => return Err(bad("the head is cut off")),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Refused {
                status: 431,
                why: format!("at most {FIELDS} header fields are taken"),
            });
        }
        Err(httparse::Error::Version) => {
            return Err(Refused {
                status: 505,
                why: "write HTTP/1.1 or HTTP/1.0".to_owned(),
            });
        }
        Err(e) => return Err(bad(e.to_string())),
    }
    let modern = parsed.version == Some(1);
    let hosts = values(parsed.headers, "host").count();
    if hosts > 1 || (modern && hosts == 0 && bug != Some(Bug::NoHost)) {
        return Err(bad(format!("{hosts} Host fields; one is needed")));
    }
    let framing = framing(parsed.headers, modern, bug)?;
    let waits = match values(parsed.headers, "expect").next() {
        Some(value) if value.eq_ignore_ascii_case(b"100-continue") => modern,
        Some(_) => {
            return Err(Refused {
                status: 417,
                why: "only 100-continue can be expected".to_owned(),
            });
        }
        None => false,
    };
    let says_close = values(parsed.headers, "connection")
        .flat_map(|v| v.split(|&b| b == b','))
        .any(|v| v.trim_ascii().eq_ignore_ascii_case(b"close"));
    Ok(Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path(parsed.path.unwrap_or_default(), bug).to_owned(),
        framing,
        close: !modern || (says_close && bug != Some(Bug::CloseIgnored)),
        takes_chunks: modern,
        waits,
    })
}

/// The path of a request target, which a client may write in absolute form too (RFC 9112 section
/// 3.2).
fn path(target: &str, bug: Option<Bug>) -> &str {
    let path = match target.strip_prefix("http://") {
        Some(rest) if bug != Some(Bug::OriginOnly) => {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
        }
        _ => target,
    };
    path.split('?').next().unwrap_or(path)
}

/// The values of a field, whose name has no case (RFC 9110 section 5.1).
fn values<'h>(fields: &'h [Header<'_>], name: &str) -> impl Iterator<Item = &'h [u8]> {
    fields
        .iter()
        .filter(move |f| f.name.eq_ignore_ascii_case(name))
        .map(|f| f.value)
}

fn framing(fields: &[Header<'_>], modern: bool, bug: Option<Bug>) -> Result<Framing, Refused> {
    let cased = |f: &Header<'_>| bug != Some(Bug::CaseSensitive) || f.name == "Content-Length";
    let lengths: Vec<&[u8]> = fields
        .iter()
        .filter(|f| f.name.eq_ignore_ascii_case("content-length") && cased(f))
        .map(|f| f.value)
        .collect();
    let codings: Vec<&[u8]> = values(fields, "transfer-encoding").collect();
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(Framing::Sized(0)),
        ([], [length]) => sized(length),
        ([], [first, ..]) if bug == Some(Bug::TwoLengths) => sized(first),
        ([], _) => Err(bad("more than one Content-Length")),
        // Who takes one and who takes the other see different messages (RFC 9112 section 6.3).
        (_, [first, ..]) if bug == Some(Bug::LengthBesideChunked) => sized(first),
        (_, [_, ..]) => Err(bad("both Content-Length and Transfer-Encoding")),
        _ if !modern => Err(bad("Transfer-Encoding in HTTP/1.0")),
        ([coding], []) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        _ => Err(Refused {
            status: 501,
            why: "the only transfer coding is chunked".to_owned(),
        }),
    }
}

fn sized(value: &[u8]) -> Result<Framing, Refused> {
    // A sign is no digit, though numbers elsewhere have one.
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(bad("Content-Length is not a number"));
    }
    let size = str::from_utf8(value).ok().and_then(|v| v.parse().ok());
    match size.filter(|&size: &usize| size <= BODY_MAX) {
        Some(size) => Ok(Framing::Sized(size)),
        None => Err(too_large()),
    }
}

pub(super) fn too_large() -> Refused {
    Refused {
        status: 413,
        why: format!("a body has at most {BODY_MAX} bytes"),
    }
}

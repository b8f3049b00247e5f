//! A small HTTP/1.1 server (RFC 9112): heads, sized and chunked bodies, many requests a connection.

mod body;
mod request;
mod response;
#[cfg(test)]
mod shown;

use std::sync::Arc;

use harness_net::Transport;

use self::body::Body;
use self::request::{Refused, Request, bad};
use crate::inbox::Inbox;
use crate::service::{Factory, Kind, Service, Setup, faults};
use crate::session::{Flow, Output, READ, Session};
use crate::{Model, habits};

/// Longest head in bytes.
const HEAD_MAX: usize = 64 << 10;

faults! { Bug:
    HeadWhole "head_assumed_whole" ("S19", ["http"], [HeaderWhole])
        "takes one read for the whole head, and refuses what was cut";
    BodyWithHead "body_assumed_with_head" ("S19", ["http"], [BodyWhole])
        "takes for the body what came in the same read as the head";
    CaseSensitive "content_length_case_sensitive" ("S19", ["http"], [Residue])
        "knows Content-Length in this spelling only, and takes the body for the next request";
    TwoLengths "two_content_lengths_accepted" ("HTTP-SMUGGLE-01", ["http"], [AmbiguousAccepted])
        "takes the first of two Content-Length fields that differ";
    LengthBesideChunked "length_beside_chunked_accepted" ("HTTP-SMUGGLE-01", ["http"], [AmbiguousAccepted])
        "takes Content-Length where the body is chunked";
    NoHost "missing_host_accepted" ("S19", ["http"], [AmbiguousAccepted])
        "answers a request of HTTP/1.1 without Host";
    OriginOnly "absolute_form_not_found" ("S19", ["http"], [WrongContent])
        "does not find a resource that is asked for by its whole URI, as proxies do";
    ChunkSizeWhole "chunk_size_assumed_whole" ("S19", ["http"], [HeaderWhole])
        "takes what a read returned of a chunk's size for all of it";
    DecimalSize "chunk_size_in_decimal" ("S19", ["http"], [Residue])
        "reads the sizes of chunks as decimal numbers";
    ExtensionRefused "chunk_extension_refused" ("S19", ["http"], [WrongContent])
        "refuses chunks with an extension, which must be ignored";
    TrailerLeft "trailer_left_unread" ("S19", ["http"], [Residue])
        "does not read the trailer section of a chunked body";
    SecondLost "pipelined_request_lost" ("FRAME-CUT-02", ["http"], [Overread])
        "drops what a read returned behind the first request";
    BodyLeft "unwanted_body_left_unread" ("S19", ["http"], [Residue])
        "answers 404 before the body is read, and takes the body for the next request";
    HeadWithBody "head_with_body" ("S19", ["http"], [WrongLength, Residue])
        "answers HEAD with the body too";
    CloseIgnored "connection_close_ignored" ("S19", ["http"], [WrongClose])
        "keeps the connection open where the client asked to close it";
    ClosesEach "closes_without_saying" ("S19", ["http"], [WrongClose])
        "closes after each answer without saying so";
    ContinueMissing "continue_not_sent" ("S19", ["http"], [NoAnswer])
        "waits for a body that the client holds back until `100 Continue`";
    LengthMissing "content_length_missing" ("S19", ["http"], [WrongLength])
        "sends no Content-Length and keeps the connection open, so that no answer ends";
    CountsCharacters "content_length_in_characters" ("S19", ["http"], [WrongLength, Residue])
        "counts characters where Content-Length counts bytes";
    LastChunkMissing "last_chunk_missing" ("S19", ["http"], [WrongLength])
        "does not send the chunk of size 0 that ends a chunked body";
    BadKills "bad_request_kills" ("S19", ["http"], [BadInputIsFatal])
        "ends the whole server when a request breaks the grammar";
    BadSilent "bad_request_closes_silently" ("S19", ["http"], [NoAnswer, WrongClose])
        "closes on a wrong request without a word";
    NoHeadLimit "head_limit_absent" ("FRAME-DELIM-04", ["http"], [NoLengthLimit])
        "collects a head without end instead of refusing it";
    + shared:
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["http"]),
        habits::HALF_CLOSE_DROPS_REPLY.caught_by(&["http"]),
        habits::ONE_CLIENT_AT_A_TIME.caught_by(&["http"]),
        habits::PARTIAL_WRITE_IGNORED.caught_by(&["http"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "http",
    about: "a small HTTP/1.1 server: sized and chunked bodies, many requests a connection",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "HTTP/1.1 and 1.0 (RFC 9112): GET and HEAD of /, /bytes/N and /chunked/N (the same \
               letters in chunks), POST of /echo; heads of at most 64 KiB, bodies of at most 1 MiB; \
               what breaks the grammar gets 400 and the connection closes",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: shown::SHOWN,
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    Arc::new(move || {
        Box::new(Http {
            bug,
            inbox: Inbox::default(),
            sought: 0,
            step: Step::Head,
        })
    })
}

/// What is read next.
enum Step {
    Head,
    Body(Request, Body),
}

struct Http {
    bug: Option<Bug>,
    inbox: Inbox,
    /// How far the end of the head has been sought, so that one that comes byte by byte stays
    /// linear.
    sought: usize,
    step: Step,
}

impl Http {
    /// Answers every request that is there.
    fn advance(&mut self, out: &mut Output) -> Flow {
        loop {
            let done = match &mut self.step {
                Step::Head => self.head(out),
                Step::Body(request, body) => match body.take(&mut self.inbox) {
                    Ok(false) => Ok(Some(Flow::Continue)),
                    Ok(true) => {
                        response::answer(request, &body.bytes, self.bug, out);
                        let close = request.close || self.bug == Some(Bug::ClosesEach);
                        self.step = Step::Head;
                        if self.bug == Some(Bug::SecondLost) {
                            self.inbox.clear();
                        }
                        Ok(close.then_some(Flow::Close))
                    }
                    Err(refused) => Err(refused),
                },
            };
            match done {
                Ok(None) => {}
                Ok(Some(flow)) => return flow,
                Err(refused) => return self.refuse(&refused, out),
            }
        }
    }

    fn refuse(&self, refused: &Refused, out: &mut Output) -> Flow {
        match self.bug {
            Some(Bug::BadKills) => Flow::Crash(format!("a request is wrong: {}", refused.why)),
            Some(Bug::BadSilent) => Flow::Close,
            _ => {
                response::refuse(refused, out);
                Flow::Close
            }
        }
    }

    /// Takes a head, once it is there. `None` where the next step can follow at once.
    fn head(&mut self, out: &mut Output) -> Result<Option<Flow>, Refused> {
        self.skip_empty_lines();
        let Some(size) = self.head_size() else {
            if self.bug == Some(Bug::HeadWhole) && self.inbox.len() > 0 {
                return Err(bad("the head is cut off"));
            }
            if self.inbox.len() > HEAD_MAX && self.bug != Some(Bug::NoHeadLimit) {
                return Err(Refused {
                    status: 431,
                    why: format!("a head has at most {HEAD_MAX} bytes"),
                });
            }
            return Ok(Some(Flow::Continue));
        };
        let head = self.inbox.take(size).unwrap_or_default();
        let request = request::parse(head, self.bug)?;
        self.sought = 0;
        if self.bug == Some(Bug::BodyLeft) && !response::exists(&request.path) {
            response::answer(&request, &[], self.bug, out);
            return Ok(None);
        }
        let body = Body::new(request.framing, self.bug);
        // A client whose body has begun to come waits for nothing (RFC 9110 section 10.1.1).
        let held_back = request.waits && !body.is_empty() && self.inbox.len() == 0;
        if held_back && self.bug != Some(Bug::ContinueMissing) {
            out.write(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.step = Step::Body(request, body);
        Ok(None)
    }

    /// Empty lines before a request are left over from broken clients (RFC 9112 section 2.2).
    fn skip_empty_lines(&mut self) {
        loop {
            let size = match self.inbox.all() {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => 1,
                _ => return,
            };
            self.inbox.take(size);
            self.sought = 0;
        }
    }

    /// The size of the head with the empty line that ends it.
    fn head_size(&mut self) -> Option<usize> {
        let bytes = self.inbox.all();
        let from = self.sought.saturating_sub(2);
        let rest = bytes.get(from..).unwrap_or_default();
        let ends = |(at, _): (usize, &u8)| match rest.get(at..)? {
            [b'\n', b'\r', b'\n', ..] => Some(from + at + 3),
            [b'\n', b'\n', ..] => Some(from + at + 2),
            _ => None,
        };
        let size = rest.iter().enumerate().find_map(ends);
        self.sought = bytes.len();
        size
    }
}

impl Session for Http {
    fn want(&self) -> usize {
        READ
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        self.inbox.push(read);
        self.advance(out)
    }
}

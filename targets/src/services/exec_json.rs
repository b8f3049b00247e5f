//! Runs commands like `exec`, with a JSON header before each command and each answer.

pub(crate) mod header;
#[cfg(test)]
mod shown;

use std::sync::Arc;

use harness_net::Transport;

use self::header::{ReplyHeader, SizedHeader};
use crate::command::{COMMAND_MAX, Outcome, Runner, Started};
use crate::inbox::Inbox;
use crate::json_header;
use crate::service::{Factory, Kind, Service, Setup, Sockets, faults};
use crate::session::{Flow, Output, READ, Session};
use crate::{Model, habits};

faults! { Bug:
    LengthWhole "header_assumed_whole" ("S6", ["json-header"], [HeaderWhole])
        "takes the 4-byte length from one read, and closes if that returns fewer bytes";
    HeaderOneRead "json_header_one_read" ("FRAME-CUT-03", ["json-header"], [HeaderWhole])
        "takes one read for the whole JSON header, which then does not parse";
    BodyWhole "body_assumed_whole" ("S6", ["json-header"], [BodyWhole])
        "takes one read for the whole command, whatever total_size said";
    TwoWrites "header_and_body_in_two_writes" ("S6", ["nagle"], [ReplySplit])
        "writes the header and the body of a reply apart, without TCP_NODELAY: 40 ms a reply"
        with Sockets::NAGLE;
    Overread "next_request_overread" ("FRAME-CUT-02", ["json-header"], [Overread])
        "reads in pieces of 1,024 bytes and drops what lies behind the request";
    LittleEndian "little_endian_length" ("FRAME-LEN-01", ["json-header"], [WrongByteOrder])
        "reads and writes lengths with the least significant byte first";
    Unchecked "md5_not_checked" ("S6", ["json-header"], [DigestUnchecked])
        "runs a command whose md5 is not the header's";
    Constant "md5_is_constant" ("S6", ["json-header"], [DigestUnchecked])
        "sends `xxx` for the md5 of every answer";
    TooSmall "total_size_too_small" ("FRAME-LEN-05", ["json-header"], [WrongLength, Residue])
        "announces two bytes less than follow, which then shift the next reply";
    IsString "total_size_is_string" ("FRAME-LEN-05", ["json-header"], [BadHeader])
        "sends total_size as a JSON string";
    IsNegative "total_size_negative" ("FRAME-LEN-05", ["json-header"], [BadHeader, WrongLength])
        "sends -1 for total_size";
    IsMissing "total_size_missing" ("FRAME-LEN-05", ["json-header"], [BadHeader])
        "sends a header without total_size";
    NoHeaderLimit "header_limit_absent" ("FRAME-LEN-04", ["json-header"], [NoLengthLimit])
        "waits for a header of any length, up to 4 GiB";
    NoSizeLimit "no_total_size_limit" ("FRAME-LEN-05", ["json-header"], [NoLengthLimit])
        "waits for a command of any total_size";
    DiesOnBad "dies_on_bad_header" ("FRAME-ENC-01", ["json-header"], [BadInputIsFatal])
        "ends the whole server when a header does not parse";
    ErrorNotSent "error_not_sent" ("S6", ["json-header"], [NoAnswer, WrongClose])
        "closes on a wrong request without a word";
    StdoutOnly "stderr_lost" ("SRV-EXEC-01", ["json-header"], [WrongContent])
        "answers with stdout alone";
    + shared:
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["json-header"]),
        habits::ONE_CLIENT_AT_A_TIME.caught_by(&["json-header"]),
        habits::NO_REUSEADDR.caught_by(&["reuseaddr"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "exec-json",
    about: "runs commands like exec, with a JSON header before each command and each answer",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "both ways: u32 big-endian length of the header, a JSON object with total_size \
               (bytes) and md5 (hex) of the body, the body; a request's header has at most 64 KiB, \
               its command too; a reply's adds status, stdout_size and stderr_size, and its body \
               is stdout, then stderr; a wrong request gets an empty body with `error`, and the \
               connection closes",
    runs_commands: true,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: shown::SHOWN,
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    let runner = setup.runner;
    Arc::new(move || {
        Box::new(ExecJson {
            bug,
            runner: runner.clone(),
            inbox: Inbox::default(),
            step: Step::Length,
        })
    })
}

/// What is read next.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    Length,
    Header(usize),
    Command(SizedHeader),
}

struct ExecJson {
    bug: Option<Bug>,
    runner: Runner,
    inbox: Inbox,
    step: Step,
}

impl ExecJson {
    /// Handles every request that is there, until one needs a process.
    fn advance(&mut self, out: &mut Output) -> Flow {
        loop {
            let next = match &self.step {
                Step::Length => match self.inbox.take_u32() {
                    Some(bytes) => self.length(bytes).map(Step::Header),
                    None => return Flow::Continue,
                },
                Step::Header(size) => match self.inbox.take(*size) {
                    Some(bytes) => request_header(self.bug, bytes).map(Step::Command),
                    None => return Flow::Continue,
                },
                Step::Command(header) => match self.inbox.take(header.size()) {
                    Some(command) => {
                        let (command, header) = (command.to_vec(), header.clone());
                        self.step = Step::Length;
                        match self.execute(&command, &header, out) {
                            Flow::Continue => {}
                            other => return other,
                        }
                        if self.bug == Some(Bug::Overread) {
                            self.inbox.clear();
                        }
                        continue;
                    }
                    None => return Flow::Continue,
                },
            };
            match next {
                Ok(step) => self.step = step,
                Err(why) => return self.refuse(&why, out),
            }
        }
    }

    fn length(&self, bytes: [u8; 4]) -> Result<usize, String> {
        let length = match self.bug {
            Some(Bug::LittleEndian) => u32::from_le_bytes(bytes),
            _ => u32::from_be_bytes(bytes),
        };
        json_header::size(length, self.bug != Some(Bug::NoHeaderLimit))
    }

    fn execute(&mut self, command: &[u8], header: &SizedHeader, out: &mut Output) -> Flow {
        if self.bug != Some(Bug::Unchecked)
            && let Err(why) = header.verify(command)
        {
            return self.refuse(&why, out);
        }
        match self.runner.start(command) {
            Started::Job(job) => return Flow::Run(job),
            Started::Done(outcome) => self.reply(&outcome, out),
        }
        Flow::Continue
    }

    fn refuse(&mut self, why: &str, out: &mut Output) -> Flow {
        match self.bug {
            Some(Bug::DiesOnBad) => return Flow::Crash(format!("a request is wrong: {why}")),
            Some(Bug::ErrorNotSent) => return Flow::Close,
            _ => {}
        }
        self.send(&ReplyHeader::error(why), &[], out);
        Flow::Close
    }

    fn reply(&self, outcome: &Outcome, out: &mut Output) {
        let mut body = outcome.stdout.clone();
        if self.bug != Some(Bug::StdoutOnly) {
            body.extend_from_slice(&outcome.stderr);
        }
        let mut header = ReplyHeader::of(outcome, &body);
        match self.bug {
            Some(Bug::Constant) => header.md5 = "xxx".to_owned(),
            Some(Bug::TooSmall) => header.total_size = Some(body.len().saturating_sub(2).into()),
            Some(Bug::IsString) => header.total_size = Some(body.len().to_string().into()),
            Some(Bug::IsNegative) => header.total_size = Some((-1).into()),
            Some(Bug::IsMissing) => header.total_size = None,
            _ => {}
        }
        self.send(&header, &body, out);
    }

    fn send(&self, header: &ReplyHeader, body: &[u8], out: &mut Output) {
        let header = header.to_bytes();
        let size = u32::try_from(header.len()).unwrap_or(u32::MAX);
        let length = match self.bug {
            Some(Bug::LittleEndian) => size.to_le_bytes(),
            _ => size.to_be_bytes(),
        };
        if self.bug == Some(Bug::TwoWrites) {
            out.write_parts(&[&length, &header]);
            out.write(body);
        } else {
            out.write_parts(&[&length, &header, body]);
        }
    }
}

fn request_header(bug: Option<Bug>, bytes: &[u8]) -> Result<SizedHeader, String> {
    let header = SizedHeader::parse(bytes)?;
    if header.size() > COMMAND_MAX && bug != Some(Bug::NoSizeLimit) {
        return Err(format!(
            "total_size {}; at most {COMMAND_MAX} is allowed",
            header.size()
        ));
    }
    Ok(header)
}

impl Session for ExecJson {
    fn want(&self) -> usize {
        let missing = |size: usize| (size - self.inbox.len()).max(1);
        let exact = match &self.step {
            Step::Length => 4,
            Step::Header(size) => *size,
            Step::Command(header) => header.size(),
        };
        match (self.bug, &self.step) {
            (Some(Bug::LengthWhole), Step::Length) => 4,
            (Some(Bug::HeaderOneRead), Step::Header(_)) => exact,
            (Some(Bug::BodyWhole), Step::Command(_)) => exact,
            (Some(Bug::LengthWhole | Bug::HeaderOneRead | Bug::BodyWhole), _) => missing(exact),
            (Some(Bug::Overread), _) => 1024,
            _ => READ,
        }
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        match (self.bug, &self.step) {
            (Some(Bug::LengthWhole), Step::Length) if read.len() < 4 => return Flow::Close,
            (Some(Bug::HeaderOneRead), Step::Header(_)) => match request_header(self.bug, read) {
                Ok(header) => {
                    self.step = Step::Command(header);
                    return self.advance(out);
                }
                Err(why) => return self.refuse(&why, out),
            },
            (Some(Bug::BodyWhole), Step::Command(header)) => {
                let header = header.clone();
                self.step = Step::Length;
                return self.execute(read, &header, out);
            }
            _ => {}
        }
        self.inbox.push(read);
        self.advance(out)
    }

    fn ran(&mut self, outcome: Outcome, out: &mut Output) -> Flow {
        self.reply(&outcome, out);
        if self.bug == Some(Bug::Overread) {
            self.inbox.clear();
        }
        self.advance(out)
    }
}

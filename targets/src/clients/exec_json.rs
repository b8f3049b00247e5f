//! Asks the `exec-json` server to run commands, checks the digest of each answer, and shows it.

#[cfg(test)]
mod shown;

use harness_net::Transport;

use crate::client::{Client, ClientSetup};
use crate::conversation::{Conversation, Exchange, Questions, Turn};
use crate::digest::md5_hex;
use crate::inbox::Inbox;
use crate::json_header;
use crate::service::faults;
use crate::services::exec_json::header::SizedHeader as Header;
use crate::session::READ;

/// The longest body that is taken: the server's own output limit.
const BODY_MAX: usize = 16 << 20;

faults! { Bug:
    LengthWhole "header_assumed_whole" ("S6", ["clients"], [HeaderWhole])
        "takes the 4-byte length from one read, and fails if that returns fewer bytes";
    HeaderOneRead "json_header_one_read" ("FRAME-CUT-03", ["clients"], [HeaderWhole])
        "takes one read for the whole JSON header, which then does not parse";
    BodyOneRead "body_assumed_whole" ("S6", ["clients"], [BodyWhole])
        "takes one read for the whole body, whatever total_size said, and does not check it";
    Overread "next_reply_overread" ("FRAME-CUT-02", ["clients"], [Overread])
        "reads on in pieces of 1,024 bytes and takes what lies behind the body for a part of it";
    Unchecked "md5_not_checked" ("FRAME-MD5-01", ["clients"], [DigestUnchecked])
        "shows a body whose md5 is not the header's";
    NoSizeLimit "total_size_believed" ("FRAME-LEN-05", ["clients"], [NoLengthLimit])
        "waits for a body of any total_size";
    NoHeaderLimit "header_limit_absent" ("FRAME-LEN-04", ["clients"], [NoLengthLimit])
        "waits for a header of any length, up to 4 GiB";
    LittleEndian "little_endian_length" ("FRAME-LEN-01", ["clients"], [WrongByteOrder])
        "reads lengths with the least significant byte first";
    ShortBody "short_body_is_success" ("S6", ["clients"], [EofAsMessage, DigestUnchecked])
        "shows what came of a body as if it were whole when the stream ends inside it";
    SpinsAtEof "spins_on_eof_in_body" ("FRAME-EOF-02", ["clients"], [SpinsAtEof])
        "adds up reads of 0 bytes for ever when the stream ends inside a body: 100 % CPU";
}

/// The client.
pub(crate) const CLIENT: Client = Client {
    name: "exec-json",
    about: "asks the exec-json server to run commands, checks each answer's digest, and shows it",
    protocol: "both ways: u32 big-endian length of the header, a JSON object with total_size \
               (bytes) and md5 (hex) of the body, the body; headers of more than 64 KiB and bodies \
               of more than 16 MiB are refused, and so is a body with another md5",
    transports: &[Transport::Tcp, Transport::Unix],
    faults: FAULTS,
    make,
    #[cfg(test)]
    shown: shown::SHOWN,
};

fn make(setup: ClientSetup) -> Box<dyn Conversation> {
    let requests = setup.commands.into_iter().map(|command| {
        let (size, md5) = (command.len(), md5_hex(&command));
        let header = format!("{{\"total_size\":{size},\"md5\":\"{md5}\"}}").into_bytes();
        let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes()[..], &header, &command].concat()
    });
    Box::new(ExecJson {
        bug: Bug::planted(setup.fault),
        questions: Questions::new(requests, setup.pipeline),
        inbox: Inbox::default(),
        step: Step::Length,
    })
}

/// What is read next.
#[derive(Clone, PartialEq, Eq)]
enum Step {
    Length,
    Header(usize),
    Body(Header),
}

struct ExecJson {
    bug: Option<Bug>,
    questions: Questions,
    inbox: Inbox,
    step: Step,
}

impl ExecJson {
    /// Shows every reply that is there.
    fn advance(&mut self, io: &mut Exchange) -> Turn {
        loop {
            let next = match &self.step {
                Step::Length => match self.inbox.take_u32() {
                    Some(bytes) => self.length(bytes).map(Step::Header),
                    None => return Turn::Read,
                },
                Step::Header(size) => match self.inbox.take(*size) {
                    Some(bytes) => header(self.bug, bytes).map(Step::Body),
                    None => return Turn::Read,
                },
                Step::Body(header) => {
                    if self.inbox.len() < header.size() {
                        return Turn::Read;
                    }
                    let body = if self.bug == Some(Bug::Overread) {
                        self.inbox.take_all()
                    } else {
                        self.inbox.take(header.size()).unwrap_or_default().to_vec()
                    };
                    let header = header.clone();
                    match self.reply(&header, &body, io) {
                        Turn::Read => continue,
                        other => return other,
                    }
                }
            };
            match next {
                Ok(step) => self.step = step,
                Err(why) => return Turn::Refuse(why),
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

    /// Checks and shows one body, and asks the next command.
    fn reply(&mut self, header: &Header, body: &[u8], io: &mut Exchange) -> Turn {
        self.step = Step::Length;
        let careless = [Some(Bug::Unchecked), Some(Bug::BodyOneRead)].contains(&self.bug);
        if !careless && let Err(why) = header.verify(body) {
            return Turn::Refuse(why);
        }
        show(body, io);
        self.questions.answered(&mut io.out)
    }
}

fn show(body: &[u8], io: &mut Exchange) {
    io.shown
        .extend_from_slice(format!("{} bytes\n", body.len()).as_bytes());
    io.shown.extend_from_slice(body);
}

fn header(bug: Option<Bug>, bytes: &[u8]) -> Result<Header, String> {
    let header = Header::parse(bytes)?;
    if header.size() > BODY_MAX && bug != Some(Bug::NoSizeLimit) {
        return Err(format!(
            "its total_size is {}; at most {BODY_MAX} is taken",
            header.size()
        ));
    }
    Ok(header)
}

impl Conversation for ExecJson {
    fn begin(&mut self, io: &mut Exchange) {
        self.questions.ask(&mut io.out);
    }

    fn want(&self) -> usize {
        let size = match &self.step {
            Step::Length => 4,
            Step::Header(size) => *size,
            Step::Body(header) => header.size(),
        };
        let missing = size.saturating_sub(self.inbox.len()).max(1);
        match self.bug {
            Some(Bug::LengthWhole | Bug::HeaderOneRead | Bug::BodyOneRead) => missing,
            Some(Bug::Overread) => 1024,
            _ => READ,
        }
    }

    fn input(&mut self, read: &[u8], io: &mut Exchange) -> Turn {
        match (self.bug, &self.step) {
            (Some(Bug::LengthWhole), Step::Length) if read.len() < 4 => {
                return Turn::Refuse("the length of its header does not have 4 bytes".to_owned());
            }
            (Some(Bug::HeaderOneRead), Step::Header(_)) => match header(self.bug, read) {
                Ok(header) => {
                    self.step = Step::Body(header);
                    return self.advance(io);
                }
                Err(why) => return Turn::Refuse(why),
            },
            (Some(Bug::BodyOneRead), Step::Body(header)) => {
                let header = header.clone();
                return self.reply(&header, read, io);
            }
            _ => {}
        }
        self.inbox.push(read);
        self.advance(io)
    }

    fn end(&mut self, io: &mut Exchange) -> Turn {
        match (self.bug, &self.step) {
            (Some(Bug::ShortBody), Step::Body(_)) => {
                show(&self.inbox.take_all(), io);
                Turn::Done
            }
            (Some(Bug::SpinsAtEof), Step::Body(_)) => Turn::Spin,
            (_, Step::Length) => Turn::ended("before or inside the length of a reply's header"),
            (_, Step::Header(_)) => Turn::ended("inside the header of a reply"),
            (_, Step::Body(_)) => Turn::ended("inside the body of a reply"),
        }
    }
}

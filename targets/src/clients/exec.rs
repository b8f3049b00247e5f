//! Asks the `exec` server to run commands, and shows each status and output.

#[cfg(test)]
mod shown;

use harness_net::Transport;

use crate::client::{Client, ClientSetup};
use crate::conversation::{Conversation, Exchange, Questions, Turn};
use crate::inbox::Inbox;
use crate::service::{Sockets, faults};
use crate::session::READ;

/// The longest reply that is taken: the server's own output limit, and the status.
const REPLY_MAX: usize = (16 << 20) + 1;

faults! { Bug:
    HeaderWhole "header_assumed_whole" ("S5", ["clients"], [HeaderWhole])
        "takes the 4-byte length from one read, and fails if that returns fewer bytes";
    OneRead "one_read_one_reply" ("S2", ["clients"], [OneRead, BodyWhole])
        "takes one read of 1,024 bytes for a whole reply, whatever its length says";
    Overread "next_reply_overread" ("FRAME-CUT-02", ["clients"], [Overread])
        "reads on in pieces of 1,024 bytes and shows what lies behind the reply as part of it";
    EofInHeader "eof_in_header_is_success" ("FRAME-EOF-01", ["clients"], [EofAsMessage])
        "takes the end of the stream before or inside a length for the end of its work";
    EofInBody "eof_in_body_is_reply" ("FRAME-EOF-02", ["clients"], [EofAsMessage])
        "shows what came of a reply as if it were whole when the stream ends inside it";
    SpinsAtEof "spins_on_eof_in_body" ("FRAME-EOF-02", ["clients"], [SpinsAtEof])
        "adds up reads of 0 bytes for ever when the stream ends inside a reply: 100 % CPU";
    ResetIsEnd "reset_is_success" ("FRAME-EOF-03", ["clients"], [EofAsMessage])
        "takes a reset connection for the end of its work";
    Negative "negative_length_accepted" ("FRAME-LEN-03", ["clients"], [NoLengthLimit, Residue])
        "takes the length for signed, and a negative one for an empty reply";
    NoLimit "no_length_limit" ("FRAME-LEN-04", ["clients"], [NoLengthLimit])
        "waits for as much as any length promises, up to 4 GiB";
    LittleEndian "little_endian_length" ("FRAME-LEN-01", ["clients"], [WrongByteOrder])
        "reads lengths with the least significant byte first";
    DecodePerRead "decode_per_read" ("FRAME-CUT-04", ["clients"], [DecodedPerRead])
        "decodes each read as UTF-8 by itself, and fails at a character between two reads";
    NotText "dies_on_undecodable_output" ("FRAME-ENC-01", ["clients"], [BadInputIsFatal])
        "fails at output that is not UTF-8";
    Unframed "request_unframed" ("FRAME-CMD-01", ["clients"], [OneRead, WrongLength])
        "sends commands without their length, as if each write arrived by itself";
    PartialWrite "partial_write_ignored" ("STREAM-SEND-02", ["clients"], [PartialWrite])
        "writes a request once and forgets what did not fit into the send buffer"
        with Sockets { single_write: Some(8 << 10), ..Sockets::RIGHT };
    NoTimeout "no_timeout" ("FRAME-IDLE-01", ["clients"], [NoDeadline])
        "waits for ever for a server that does not answer";
    Late "late_reply_to_next" ("STREAM-SEND-03", ["clients"], [LateReply])
        "asks on after a time-out on the same connection, where the late reply answers the next one";
}

/// The client.
pub(crate) const CLIENT: Client = Client {
    name: "exec",
    about: "asks the exec server to run commands, and shows each status and output",
    protocol: "request: u32 big-endian length, then the command; reply: u32 big-endian length of \
               the rest, one status byte, output; replies of more than 16 MiB are refused",
    transports: &[Transport::Tcp, Transport::Unix],
    faults: FAULTS,
    make,
    #[cfg(test)]
    shown: shown::SHOWN,
};

fn make(setup: ClientSetup) -> Box<dyn Conversation> {
    let bug = Bug::planted(setup.fault);
    let requests = setup.commands.into_iter().map(|command| {
        let length = u32::try_from(command.len()).unwrap_or(u32::MAX);
        let length = length.to_be_bytes();
        let header: &[u8] = if bug == Some(Bug::Unframed) {
            &[]
        } else {
            &length
        };
        [header, &command].concat()
    });
    Box::new(Exec {
        bug,
        questions: Questions::new(requests, setup.pipeline),
        inbox: Inbox::default(),
        body: None,
    })
}

struct Exec {
    bug: Option<Bug>,
    questions: Questions,
    inbox: Inbox,
    /// The size of the reply's rest, once its length is known.
    body: Option<usize>,
}

impl Exec {
    /// Shows every reply that is there.
    fn advance(&mut self, io: &mut Exchange) -> Turn {
        loop {
            let size = match self.body {
                Some(size) => size,
                None => {
                    let Some(bytes) = self.inbox.take_u32() else {
                        return Turn::Read;
                    };
                    match self.length(bytes) {
                        Ok(size) => *self.body.insert(size),
                        Err(why) => return Turn::Refuse(why),
                    }
                }
            };
            let overreads = self.bug == Some(Bug::Overread) && self.inbox.len() >= size;
            let reply = if overreads {
                self.inbox.take_all()
            } else {
                match self.inbox.take(size) {
                    Some(reply) => reply.to_vec(),
                    None => return Turn::Read,
                }
            };
            self.body = None;
            match self.reply(&reply, io) {
                Turn::Read => {}
                other => return other,
            }
        }
    }

    fn length(&self, bytes: [u8; 4]) -> Result<usize, String> {
        let length = match self.bug {
            Some(Bug::LittleEndian) => u32::from_le_bytes(bytes),
            Some(Bug::Negative) => u32::try_from(i32::from_be_bytes(bytes)).unwrap_or(0),
            _ => u32::from_be_bytes(bytes),
        };
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if size > REPLY_MAX && self.bug != Some(Bug::NoLimit) {
            return Err(format!(
                "it claims {length} bytes; at most {REPLY_MAX} are taken"
            ));
        }
        if size == 0 && self.bug != Some(Bug::Negative) {
            return Err("it is empty, without the status byte".to_owned());
        }
        Ok(size)
    }

    /// Shows one reply, and asks the next command.
    fn reply(&mut self, reply: &[u8], io: &mut Exchange) -> Turn {
        if self.bug == Some(Bug::NotText) && str::from_utf8(reply).is_err() {
            return Turn::Refuse("it is not UTF-8".to_owned());
        }
        show(reply, io);
        self.questions.answered(&mut io.out)
    }
}

fn show(reply: &[u8], io: &mut Exchange) {
    let (status, output) = reply.split_first().unwrap_or((&0, &[]));
    let head = format!("status {status}, {} bytes\n", output.len());
    io.shown.extend_from_slice(head.as_bytes());
    io.shown.extend_from_slice(output);
}

impl Conversation for Exec {
    fn begin(&mut self, io: &mut Exchange) {
        self.questions.ask(&mut io.out);
    }

    fn want(&self) -> usize {
        let missing = |size: usize| (size - self.inbox.len()).max(1);
        match (self.bug, self.body) {
            (Some(Bug::OneRead | Bug::Overread), _) => 1024,
            (Some(Bug::HeaderWhole | Bug::DecodePerRead), None) => 4 - self.inbox.len(),
            (Some(Bug::HeaderWhole), Some(size)) => missing(size),
            (Some(Bug::DecodePerRead), Some(size)) => missing(size).min(1024),
            _ => READ,
        }
    }

    fn input(&mut self, read: &[u8], io: &mut Exchange) -> Turn {
        match (self.bug, self.body) {
            (Some(Bug::HeaderWhole), None) if read.len() < 4 => {
                return Turn::Refuse("its length does not have 4 bytes".to_owned());
            }
            (Some(Bug::OneRead), _) => {
                return self.reply(read.get(4..).unwrap_or_default(), io);
            }
            (Some(Bug::DecodePerRead), Some(_)) if str::from_utf8(read).is_err() => {
                return Turn::Refuse("it is not UTF-8".to_owned());
            }
            _ => {}
        }
        self.inbox.push(read);
        self.advance(io)
    }

    fn end(&mut self, io: &mut Exchange) -> Turn {
        match (self.bug, self.body) {
            (Some(Bug::EofInHeader), None) => Turn::Done,
            (Some(Bug::EofInBody), Some(_)) => {
                show(&self.inbox.take_all(), io);
                Turn::Done
            }
            (Some(Bug::SpinsAtEof), Some(_)) => Turn::Spin,
            (_, None) => Turn::ended("before or inside the length of a reply"),
            (_, Some(_)) => Turn::ended("inside a reply"),
        }
    }

    fn broken(&mut self, why: String) -> Turn {
        match self.bug {
            Some(Bug::ResetIsEnd) => Turn::Done,
            _ => Turn::Lost(why),
        }
    }

    fn silence(&mut self, io: &mut Exchange) -> Turn {
        match self.bug {
            Some(Bug::NoTimeout) => Turn::Read,
            Some(Bug::Late) => {
                self.questions.ask(&mut io.out);
                if io.out.writes().next().is_some() {
                    Turn::Read
                } else {
                    Turn::Silent
                }
            }
            _ => Turn::Silent,
        }
    }
}

//! Answers each line with its upper case.

use std::sync::{Arc, Mutex, PoisonError};

use harness_net::Transport;

use crate::habits;
use crate::inbox::Inbox;
use crate::service::{Factory, Kind, Service, Setup, Sockets, faults};
use crate::session::{Flow, Output, READ, Session};
#[cfg(test)]
use crate::tests::{
    In::{End, Fill, Other, Read},
    Shown,
};
use crate::{Model, text};

/// Longest line in bytes, its LF not counted.
pub(super) const LINE_MAX: usize = 64 << 10;

faults! { Bug:
    OneRead "one_read_one_message" ("S10", ["burst", "load/split", "nagle", "sticky"], [OneRead])
        "takes each read for a whole line, adds the line end itself, and answers";
    Overread "overread_dropped" ("S4", ["echo", "sticky"], [Overread])
        "drops what a read returned behind the first line";
    Twice "split_read_answered_twice" ("FRAME-CMD-01", ["burst", "nagle", "sticky"], [OneRead, Residue])
        "answers the part of a line that a read returned, and later the whole line too";
    DecodePerRead "decode_per_read" ("S21", ["sticky"], [DecodedPerRead])
        "decodes each read as UTF-8 by itself, so that a character between two reads is damaged";
    DiesOnCut "dies_on_cut_character" ("FRAME-CUT-04", ["sticky"], [DecodedPerRead, BadInputIsFatal])
        "ends the whole server when a read ends inside a character";
    ResidueLast "residue_prepended_wrong" ("S4", ["burst", "nagle", "sticky"], [Residue])
        "puts the rest of the last read behind the next one instead of before it";
    SharedDecoder "decoder_shared" ("S10", ["echo", "sticky"], [DecoderShared])
        "keeps one buffer for all connections, so that one client's half line reaches another";
    NoLimit "line_limit_absent" ("FRAME-DELIM-04", ["sticky"], [NoLengthLimit])
        "collects a line without end instead of closing at 64 KiB";
    CutAt1024 "line_cut_at_1024" ("UDP-TRUNC-02", ["sticky"], [CutAtBuffer])
        "answers the first 1,024 bytes of a line and forgets the others";
    EofIsLineEnd "eof_inside_line_answered" ("FRAME-EOF-02", ["sticky"], [EofAsMessage])
        "takes the client's FIN for the end of a line and answers half a message";
    NoEmpty "empty_answer_not_sent" ("SRV-EMPTY-01", ["burst", "sticky"], [NoAnswer])
        "sends nothing for an empty line, so that the client waits for ever";
    TwoWrites "reply_in_two_writes" ("S5", ["nagle"], [ReplySplit])
        "writes a line and its LF apart, without TCP_NODELAY: 40 ms a reply" with Sockets::NAGLE;
    + shared:
        habits::SPIN_ON_EOF.caught_by(&["disconnects", "echo", "sticky"]),
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["disconnects", "echo"]),
        habits::DIES_ON_RESET.caught_by(&["disconnects", "echo"]),
        habits::HALF_CLOSE_DROPS_REPLY.caught_by(&["echo"]),
        habits::ONE_CLIENT_AT_A_TIME.caught_by(&["server-models", "sticky"]),
        habits::NO_REUSEADDR.caught_by(&["reuseaddr"]),
        habits::REUSEPORT_SHARES_PORT.caught_by(&["reuseaddr"]),
        habits::STALE_SOCKET_FILE.caught_by(&["unix", "unix-restart"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "upper",
    about: "answers each line with its upper case",
    transports: &[Transport::Tcp, Transport::Unix, Transport::UnixSeqpacket],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "lines ended by LF, of at most 64 KiB; a line that is not UTF-8 has only its ASCII \
               letters changed; a longer line closes the connection; over seqpacket each \
               message is a line without its LF",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: &[
        Shown::reads(
            "one_read_one_message",
            &[Read(b"he"), Read(b"llo\n")],
            "continue; HELLO\\n continue",
            "HE\\n continue; LLO\\n continue",
        ),
        Shown::reads(
            "overread_dropped",
            &[Read(b"a\nb\nc"), Read(b"\n")],
            "A\\n|B\\n continue; C\\n continue",
            "A\\n continue; \\n continue",
        ),
        Shown::reads(
            "split_read_answered_twice",
            &[Read(b"he"), Read(b"llo\n")],
            "continue; HELLO\\n continue",
            "HE\\n continue; HELLO\\n continue",
        ),
        Shown::reads(
            "decode_per_read",
            &[Read(b"\xc3"), Read(b"\xa9\n")],
            "continue; \\xc3\\x89\\n continue",
            "continue; \\xef\\xbf\\xbd\\xef\\xbf\\xbd\\n continue",
        ),
        Shown::reads(
            "dies_on_cut_character",
            &[Read(b"\xc3"), Read(b"\xa9\n")],
            "continue; \\xc3\\x89\\n continue",
            "crash",
        ),
        Shown::reads(
            "residue_prepended_wrong",
            &[Read(b"he"), Read(b"llo\n")],
            "continue; HELLO\\n continue",
            "continue; LLO\\n continue",
        ),
        Shown::reads(
            "decoder_shared",
            &[Read(b"he"), Other(&Read(b"x\n"))],
            "continue; X\\n continue",
            "continue; HEX\\n continue",
        ),
        Shown::reads(
            "line_limit_absent",
            &[Fill(b'a', LINE_MAX), Read(b"a"), Read(b"\n")],
            "continue; close",
            "continue; continue; <65538 bytes> continue",
        ),
        Shown::reads(
            "line_cut_at_1024",
            &[Fill(b'a', 1025), Read(b"\n")],
            "continue; <1026 bytes> continue",
            "continue; <1025 bytes> continue",
        ),
        Shown::reads(
            "eof_inside_line_answered",
            &[Read(b"a\nb"), End],
            "A\\n continue; close",
            "A\\n continue; B\\n close",
        ),
        Shown::reads(
            "empty_answer_not_sent",
            &[Read(b"\n")],
            "\\n continue",
            "continue",
        ),
        Shown::reads(
            "reply_in_two_writes",
            &[Read(b"a\n")],
            "A\\n continue",
            "A|\\n continue",
        ),
    ],
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    let shared = Arc::new(Mutex::new(Inbox::default()));
    if setup.transport == Transport::UnixSeqpacket {
        return Arc::new(|| Box::new(UpperMessages));
    }
    Arc::new(move || {
        Box::new(Upper {
            bug,
            inbox: Inbox::default(),
            shared: Arc::clone(&shared),
        })
    })
}

struct Upper {
    bug: Option<Bug>,
    inbox: Inbox,
    /// `decoder_shared`: what all connections have in common.
    shared: Arc<Mutex<Inbox>>,
}

/// Over seqpacket: the kernel divides messages, so nothing is collected.
struct UpperMessages;

impl Session for UpperMessages {
    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        out.message(&text::upper(read));
        Flow::Continue
    }
}

impl Upper {
    fn swap_inbox(&mut self) {
        if self.bug == Some(Bug::SharedDecoder) {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut *shared, &mut self.inbox);
        }
    }

    fn lines(&mut self, out: &mut Output) -> Flow {
        while let Some(line) = self.inbox.take_line() {
            if line.len() > LINE_MAX && self.bug != Some(Bug::NoLimit) {
                return Flow::Close;
            }
            answer(self.bug, line, out);
            if self.bug == Some(Bug::Overread) {
                self.inbox.clear();
            }
        }
        if self.inbox.len() > LINE_MAX && self.bug != Some(Bug::NoLimit) {
            return Flow::Close;
        }
        Flow::Continue
    }
}

fn answer(bug: Option<Bug>, line: &[u8], out: &mut Output) {
    let line = match bug {
        Some(Bug::CutAt1024) => line.get(..1024).unwrap_or(line),
        _ => line,
    };
    let upper = text::upper(line);
    match bug {
        Some(Bug::NoEmpty) if line.is_empty() => {}
        Some(Bug::TwoWrites) => {
            out.write(&upper);
            out.write(b"\n");
        }
        _ => out.write_parts(&[&upper, b"\n"]),
    }
}

impl Session for Upper {
    fn want(&self) -> usize {
        match self.bug {
            Some(Bug::OneRead) => 1024,
            _ => READ,
        }
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        match self.bug {
            Some(Bug::OneRead) => {
                answer(self.bug, read.strip_suffix(b"\n").unwrap_or(read), out);
                return Flow::Continue;
            }
            Some(Bug::DiesOnCut) if str::from_utf8(read).is_err() => {
                return Flow::Crash("a read cannot be decoded as UTF-8".to_owned());
            }
            Some(Bug::DecodePerRead) => {
                self.inbox.push(String::from_utf8_lossy(read).as_bytes());
                return self.lines(out);
            }
            Some(Bug::ResidueLast) => {
                let residue = self.inbox.take_all();
                self.inbox.push(read);
                self.inbox.push(&residue);
                return self.lines(out);
            }
            _ => {}
        }
        self.swap_inbox();
        self.inbox.push(read);
        let flow = self.lines(out);
        if self.bug == Some(Bug::Twice) && self.inbox.len() > 0 {
            answer(self.bug, self.inbox.all(), out);
        }
        self.swap_inbox();
        flow
    }

    fn end(&mut self, out: &mut Output) -> Flow {
        if self.bug == Some(Bug::EofIsLineEnd) && self.inbox.len() > 0 {
            answer(self.bug, &self.inbox.take_all(), out);
        }
        Flow::Close
    }
}

//! Answers each line with its characters in reverse order, until `quit`.

use std::sync::Arc;

use harness_net::Transport;

use super::upper::LINE_MAX;
use crate::habits;
use crate::inbox::Inbox;
use crate::service::{Factory, Kind, Service, Setup, faults};
use crate::session::{Flow, Output, Session};
#[cfg(test)]
use crate::tests::{
    In::{End, Read},
    Shown,
};
use crate::{Model, text};

faults! { Bug:
    OneRead "one_read_one_message" ("S10", ["sticky"], [OneRead])
        "takes each read for a whole line, adds the line end itself, and answers";
    QuitAlone "quit_ignored_when_merged" ("S10", ["sticky"], [OneRead, WrongClose])
        "knows `quit` only when a read returns that line and nothing else";
    QuitAnswered "quit_answered" ("S10", ["sticky"], [WrongContent, WrongClose])
        "answers `tiuq` before it closes";
    QuitStops "quit_stops_server" ("S10", ["sticky"], [CloseIsFatal])
        "ends the whole server when one client quits";
    QuitResets "quit_resets" ("S16", ["sticky"], [WrongClose])
        "closes with RST after `quit`, which can destroy replies that the client has not read";
    QuitIgnored "quit_keeps_open" ("S10", ["sticky"], [WrongClose])
        "leaves the connection open after `quit`";
    Bytes "reverses_bytes" ("S21", ["sticky"], [WrongContent])
        "reverses the bytes of a line instead of its characters";
    + shared:
        habits::SPIN_ON_EOF.caught_by(&["disconnects", "sticky"]),
        habits::DIES_ON_RESET.caught_by(&["disconnects", "sticky"]),
        habits::ONE_CLIENT_AT_A_TIME.caught_by(&["sticky"]),
        habits::NO_REUSEADDR.caught_by(&["reuseaddr"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "reverse",
    about: "answers each line with its characters in reverse order, until `quit`",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "lines ended by LF, of at most 64 KiB; a line that is not UTF-8 is reversed by \
               bytes; the line `quit` gets no answer and closes the connection",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: &[
        Shown::reads(
            "one_read_one_message",
            &[Read(b"ab"), Read(b"c\n")],
            "continue; cba\\n continue",
            "ba\\n continue; c\\n continue",
        ),
        Shown::reads(
            "quit_ignored_when_merged",
            &[Read(b"ab\nquit\n")],
            "ba\\n close",
            "ba\\n|tiuq\\n continue",
        ),
        Shown::reads(
            "quit_answered",
            &[Read(b"quit\n")],
            "close",
            "tiuq\\n close",
        ),
        Shown::reads("quit_stops_server", &[Read(b"quit\n")], "close", "crash"),
        Shown::reads(
            "quit_resets",
            &[Read(b"ab\nquit\n")],
            "ba\\n close",
            "ba\\n reset",
        ),
        Shown::reads(
            "quit_keeps_open",
            &[Read(b"quit\n"), End],
            "close",
            "continue; close",
        ),
        Shown::reads(
            "reverses_bytes",
            &[Read(b"a\xc3\xa9\n")],
            "\\xc3\\xa9a\\n continue",
            "\\xa9\\xc3a\\n continue",
        ),
    ],
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    Arc::new(move || {
        Box::new(Reverse {
            bug,
            inbox: Inbox::default(),
        })
    })
}

struct Reverse {
    bug: Option<Bug>,
    inbox: Inbox,
}

/// Answers one line. `alone` where a read returned just that.
fn answer(bug: Option<Bug>, line: &[u8], alone: bool, out: &mut Output) -> Flow {
    let quits = line == b"quit" && (alone || bug != Some(Bug::QuitAlone));
    match bug {
        Some(Bug::QuitIgnored) if quits => return Flow::Continue,
        Some(Bug::QuitStops) if quits => return Flow::Crash("a client quit".to_owned()),
        Some(Bug::QuitResets) if quits => return Flow::Reset,
        Some(Bug::QuitAnswered) => {}
        _ if quits => return Flow::Close,
        _ => {}
    }
    let reversed = match bug {
        Some(Bug::Bytes) => line.iter().rev().copied().collect(),
        _ => text::reverse(line),
    };
    out.write_parts(&[&reversed, b"\n"]);
    if quits { Flow::Close } else { Flow::Continue }
}

impl Session for Reverse {
    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        if self.bug == Some(Bug::OneRead) {
            return answer(
                self.bug,
                read.strip_suffix(b"\n").unwrap_or(read),
                true,
                out,
            );
        }
        self.inbox.push(read);
        while let Some(line) = self.inbox.take_line() {
            if line.len() > LINE_MAX {
                return Flow::Close;
            }
            match answer(self.bug, line, read == b"quit\n", out) {
                Flow::Continue => {}
                other => return other,
            }
        }
        if self.inbox.len() > LINE_MAX {
            return Flow::Close;
        }
        Flow::Continue
    }
}

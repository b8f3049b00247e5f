//! Sends back every byte, in order, until the client has sent its last.

use std::sync::Arc;

use harness_net::Transport;

use crate::Model;
use crate::habits;
use crate::service::{Factory, Kind, Service, Setup, Sockets, faults};
use crate::session::{Flow, Output, Session};
#[cfg(test)]
use crate::tests::{
    In::{End, Read},
    Shown, unix,
};

faults! { Bug:
    NulEndsText "nul_ends_text" ("S1", ["echo", "short-recv"], [WrongContent])
        "takes what it read for a C string and drops everything from the first NUL byte on";
    DecodePerRead "decode_per_read" ("S21", ["echo"], [DecodedPerRead])
        "decodes each read as UTF-8 by itself, so that a character between two reads is damaged";
    FirstReadOnly "answers_once" ("S1", ["burst", "echo", "load/echo", "short-recv", "unix"], [OneRead, WrongClose])
        "answers the first read only and closes, as a server without a loop does";
    StripsSpace "strips_white_space" ("S1", ["echo", "short-recv"], [WrongContent])
        "removes white space at the ends of each read, line ends included";
    Buffer1024 "message_buffer_1024" ("UNIX-BND-01", ["unix"], [TruncationUnseen])
        "receives messages into 1,024 bytes and loses the rest of longer ones"
        only [Transport::UnixSeqpacket] with Sockets { datagram_buffer: 1024, ..Sockets::RIGHT };
    EmptyEnds "empty_message_ends" ("UNIX-BND-01", ["unix"], [EmptyIsEnd])
        "takes an empty message for the end of the connection, as read(2) shows both as 0"
        only [Transport::UnixSeqpacket];
    + shared:
        habits::SPIN_ON_EOF.caught_by(&["echo"]),
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["echo", "load/churn", "server-models"]),
        habits::DIES_ON_RESET.caught_by(&["echo"]),
        habits::HALF_CLOSE_DROPS_REPLY.caught_by(&["echo"]),
        habits::ONE_CLIENT_AT_A_TIME.caught_by(&["backlog", "echo", "server-models"]),
        habits::FORTY_CLIENTS_AT_MOST.caught_by(&["echo", "load/echo", "server-models"]),
        habits::STALLS.caught_by(&["load/echo", "load/stages"]),
        habits::STOP_WAITS_FOR_CLIENTS.caught_by(&["reuseaddr", "server-models", "unix-restart"]),
        habits::PARTIAL_WRITE_IGNORED.caught_by(&["short-recv"]),
        habits::NO_REUSEADDR.caught_by(&["reuseaddr"]),
        habits::REUSEPORT_SHARES_PORT.caught_by(&["reuseaddr"]),
        habits::STALE_SOCKET_FILE.caught_by(&["unix", "unix-restart"]),
        habits::TAKES_LIVE_SOCKET_FILE.caught_by(&["unix"]),
        habits::DIES_WITHOUT_DESCRIPTORS.caught_by(&["server-models"]),
        habits::SPINS_WITHOUT_DESCRIPTORS.caught_by(&["server-models"]),
        habits::ZOMBIES_LEFT_BEHIND.caught_by(&["server-models"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "echo",
    about: "sends back every byte, in order, until the client has sent its last",
    transports: &[Transport::Tcp, Transport::Unix, Transport::UnixSeqpacket],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "raw bytes, without messages; over seqpacket each message comes back as one",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: &[
        Shown::reads(
            "nul_ends_text",
            &[Read(b"a\0b")],
            "a\\x00b continue",
            "a continue",
        ),
        Shown::reads(
            "decode_per_read",
            &[Read(b"\xe5\x9f"), Read(b"\xb7")],
            "\\xe5\\x9f continue; \\xb7 continue",
            "\\xef\\xbf\\xbd continue; \\xef\\xbf\\xbd continue",
        ),
        Shown::reads(
            "answers_once",
            &[Read(b"a"), Read(b"b"), End],
            "a continue; b continue; close",
            "a close",
        ),
        Shown::reads(
            "strips_white_space",
            &[Read(b" a\n")],
            " a\\n continue",
            "a continue",
        ),
        Shown::sockets("message_buffer_1024", unix::long_messages_are_cut),
        Shown::sockets("empty_message_ends", unix::an_empty_message_ends_it),
    ],
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    Arc::new(move || Box::new(Echo { bug }))
}

struct Echo {
    bug: Option<Bug>,
}

impl Session for Echo {
    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        match self.bug {
            Some(Bug::EmptyEnds) if read.is_empty() => return Flow::Close,
            None | Some(Bug::Buffer1024 | Bug::EmptyEnds) => out.message(read),
            Some(Bug::NulEndsText) => {
                out.write(read.split(|&b| b == 0).next().unwrap_or_default());
            }
            Some(Bug::DecodePerRead) => out.write(String::from_utf8_lossy(read).as_bytes()),
            Some(Bug::StripsSpace) => out.write(read.trim_ascii()),
            Some(Bug::FirstReadOnly) => {
                out.write(read);
                return Flow::Close;
            }
        }
        Flow::Continue
    }
}

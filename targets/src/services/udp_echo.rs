//! Sends each datagram back to its sender.

use harness_net::Transport;

use crate::datagram::{Answer, Incoming, Responder};
use crate::habits;
use crate::service::{Kind, Service, Setup, Sockets, faults};
#[cfg(test)]
use crate::tests::{Shown, datagrams, sockets, unix};

faults! { Bug:
    Buffer1024 "buffer_1024" ("UDP-TRUNC-02", ["udp-oversize"], [TruncationUnseen])
        "receives into 1,024 bytes and loses the rest of a datagram without a word"
        with Sockets { datagram_buffer: 1024, ..Sockets::RIGHT };
    Buffer8192 "buffer_8192" ("UDP-TRUNC-02", ["udp-oversize", "unix"], [TruncationUnseen])
        "receives into 8,192 bytes and loses the rest of a datagram without a word"
        with Sockets { datagram_buffer: 8192, ..Sockets::RIGHT };
    OneByte "reads_one_byte" ("S7", ["udp-oversize", "unix"], [TruncationUnseen])
        "receives into 1 byte, as if the rest of the datagram could be read next"
        with Sockets { datagram_buffer: 1, ..Sockets::RIGHT };
    EmptyEnds "empty_datagram_ends_loop" ("S7", ["udp-oversize", "unix"], [EmptyIsEnd])
        "takes an empty datagram for the end of a stream and stops serving";
    EmptySilent "empty_not_answered" ("UDP-BND-02", ["udp-oversize", "unix"], [NoAnswer])
        "sends nothing back for an empty datagram";
    OtherPort "replies_from_other_port" ("UDP-PEER-01", ["udp-oversize", "unix"], [WrongAddress])
        "answers from a second socket, whose replies a connected client never sees"
        with Sockets { other_port: true, ..Sockets::RIGHT };
    First "replies_to_first_client" ("S13", ["load/udp", "udp-oversize", "unix"], [WrongAddress])
        "sends every reply to the sender of its first datagram";
    Tail "tail_of_previous_datagram" ("S7", ["udp-oversize", "unix"], [DecoderShared])
        "keeps its buffer, and sends the end of a longer datagram behind a shorter one";
    Pieces "reply_in_two_datagrams" ("S7", ["udp-oversize", "unix"], [SplitDatagram])
        "sends a reply of more than 512 bytes as several datagrams";
    Steals "reuseaddr_shares_port" ("UDP-BIND-01", ["udp-oversize"], [PortShared])
        "sets SO_REUSEADDR, so that a second instance takes every datagram from it"
        only [Transport::Udp] with Sockets { reuseaddr_udp: true, ..Sockets::RIGHT };
    Unnamed "dies_on_unnamed_client" ("UNIX-DG-01", ["unix"], [BadInputIsFatal])
        "ends the whole server when a datagram comes from a socket without a name"
        only [Transport::UnixDgram] with Sockets { dies_on_unnamed: true, ..Sockets::RIGHT };
    + shared:
        habits::STALE_SOCKET_FILE.caught_by(&["unix"]),
        habits::TAKES_LIVE_SOCKET_FILE.caught_by(&["unix"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "udp-echo",
    about: "sends each datagram back to its sender",
    transports: &[Transport::Udp, Transport::UnixDgram],
    models: &[],
    faults: FAULTS,
    protocol: "one datagram in, the same out, from 0 to 65,507 bytes (Unix: what the send buffer \
               takes)",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Datagram(responder),
    #[cfg(test)]
    shown: &[
        Shown::datagrams(
            "buffer_1024",
            &[&[b'a'; 1025]],
            "<1025 bytes>",
            "<1024 bytes>",
        ),
        Shown::datagrams(
            "buffer_8192",
            &[&[b'a'; 8193]],
            "<8193 bytes>",
            "<8192 bytes>",
        ),
        Shown::datagrams("reads_one_byte", &[b"abc", b"d"], "abc; d", "a; d"),
        Shown::datagrams("empty_datagram_ends_loop", &[b"", b"a"], "; a", "crash"),
        Shown::datagrams("empty_not_answered", &[b"", b"a"], "; a", "silence; a"),
        Shown::sockets(
            "replies_from_other_port",
            datagrams::replies_come_from_elsewhere,
        ),
        Shown::datagrams("replies_to_first_client", &[b"a"], "a", "to first: a"),
        Shown::datagrams(
            "tail_of_previous_datagram",
            &[b"abc", b"d"],
            "abc; d",
            "abc; dbc",
        ),
        Shown::datagrams(
            "reply_in_two_datagrams",
            &[&[b'a'; 513]],
            "<513 bytes>",
            "in pieces of 512: <513 bytes>",
        ),
        Shown::sockets("reuseaddr_shares_port", sockets::second_instance_starts),
        Shown::sockets("dies_on_unnamed_client", unix::an_unnamed_client_ends_it),
    ],
};

fn responder(setup: Setup) -> Box<dyn Responder> {
    Box::new(Echo {
        bug: Bug::planted(setup.fault),
        kept: Vec::new(),
    })
}

struct Echo {
    bug: Option<Bug>,
    /// `tail_of_previous_datagram`: the buffer.
    kept: Vec<u8>,
}

impl Responder for Echo {
    fn datagram(&mut self, datagram: Incoming<'_>, reply: &mut Vec<u8>) -> Answer {
        let datagram = datagram.bytes;
        reply.extend_from_slice(datagram);
        match self.bug {
            Some(Bug::EmptyEnds) if datagram.is_empty() => {
                return Answer::Crash("an empty datagram ended its loop".to_owned());
            }
            Some(Bug::EmptySilent) if datagram.is_empty() => return Answer::Silence,
            Some(Bug::First) => return Answer::ReplyToFirst,
            Some(Bug::Pieces) if datagram.len() > 512 => return Answer::Pieces(512),
            Some(Bug::Tail) => {
                reply.extend(self.kept.iter().skip(datagram.len()));
                self.kept.clone_from(reply);
            }
            _ => {}
        }
        Answer::Reply
    }
}

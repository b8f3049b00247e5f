//! Answers each datagram with its upper case.

use harness_net::Transport;

use crate::datagram::{Answer, DATAGRAM_MAX, Incoming, Responder};
use crate::service::{Kind, Service, Setup, Sockets, faults};
#[cfg(test)]
use crate::tests::{Shown, datagrams};
use crate::text;

faults! { Bug:
    Buffer1024 "buffer_1024" ("UDP-TRUNC-02", ["udp-oversize"], [TruncationUnseen])
        "receives into 1,024 bytes and loses the rest of a datagram without a word"
        with Sockets { datagram_buffer: 1024, ..Sockets::RIGHT };
    OneByte "reads_one_byte" ("S7", ["udp-oversize"], [TruncationUnseen])
        "receives into 1 byte, as if the rest of the datagram could be read next"
        with Sockets { datagram_buffer: 1, ..Sockets::RIGHT };
    EmptyEnds "empty_datagram_ends_loop" ("S7", ["udp-oversize"], [EmptyIsEnd])
        "takes an empty datagram for the end of a stream and stops serving";
    EmptySilent "empty_not_answered" ("UDP-BND-02", ["udp-oversize"], [NoAnswer])
        "sends nothing back for an empty datagram";
    DiesOnBad "dies_on_bad_datagram" ("SRV-NTP-01", ["udp-oversize", "unix"], [BadInputIsFatal])
        "ends the whole server at a datagram that is not UTF-8";
    OtherPort "replies_from_other_port" ("UDP-PEER-01", ["udp-oversize"], [WrongAddress])
        "answers from a second socket, whose replies a connected client never sees"
        with Sockets { other_port: true, ..Sockets::RIGHT };
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "udp-upper",
    about: "answers each datagram with its upper case",
    transports: &[Transport::Udp, Transport::UnixDgram],
    models: &[],
    faults: FAULTS,
    protocol: "one datagram in, one out, from 0 to 65,507 bytes (Unix: more); where a datagram is not UTF-8, \
               or its upper case would not fit, only its ASCII letters are changed",
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
        Shown::datagrams("reads_one_byte", &[b"abc", b"d"], "ABC; D", "A; D"),
        Shown::datagrams("empty_datagram_ends_loop", &[b"", b"a"], "; A", "crash"),
        Shown::datagrams("empty_not_answered", &[b"", b"a"], "; A", "silence; A"),
        Shown::datagrams("dies_on_bad_datagram", &[b"a\xff"], "A\\xff", "crash"),
        Shown::sockets(
            "replies_from_other_port",
            datagrams::replies_come_from_elsewhere,
        ),
    ],
};

fn responder(setup: Setup) -> Box<dyn Responder> {
    Box::new(Upper {
        bug: Bug::planted(setup.fault),
    })
}

struct Upper {
    bug: Option<Bug>,
}

impl Responder for Upper {
    fn datagram(&mut self, datagram: Incoming<'_>, reply: &mut Vec<u8>) -> Answer {
        let datagram = datagram.bytes;
        match self.bug {
            Some(Bug::EmptyEnds) if datagram.is_empty() => {
                return Answer::Crash("an empty datagram ended its loop".to_owned());
            }
            Some(Bug::EmptySilent) if datagram.is_empty() => return Answer::Silence,
            Some(Bug::DiesOnBad) if str::from_utf8(datagram).is_err() => {
                return Answer::Crash("a datagram cannot be decoded as UTF-8".to_owned());
            }
            _ => {}
        }
        *reply = text::upper(datagram);
        if reply.len() > DATAGRAM_MAX {
            *reply = datagram.to_ascii_uppercase();
        }
        Answer::Reply
    }
}

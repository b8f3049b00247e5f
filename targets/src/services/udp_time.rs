//! Answers a format with the time in it.

use harness_net::Transport;
use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::datagram::{Answer, Incoming, Responder};
use crate::service::{Kind, Service, Setup, Sockets, faults};
#[cfg(test)]
use crate::tests::{Shown, datagrams};

faults! { Bug:
    DiesOnBad "dies_on_bad_format" ("SRV-NTP-01", ["udp-time"], [BadInputIsFatal])
        "ends the whole server at a format that is not UTF-8, holds a NUL byte, or is malformed";
    Amplifies "answers_without_bound" ("SRV-NTP-01", ["udp-time"], [Amplifies])
        "sends whatever a format makes: twelve times the request, to whatever address it came from";
    Buffer16 "buffer_16" ("UDP-TRUNC-01", ["udp-time"], [TruncationUnseen])
        "receives into 16 bytes and answers the front of a longer format"
        with Sockets { datagram_buffer: 16, ..Sockets::RIGHT };
    BadSilent "bad_format_not_answered" ("SRV-NTP-01", ["udp-time"], [NoAnswer])
        "sends nothing back for a format that it cannot use";
    NoDefault "empty_format_not_answered" ("UDP-BND-02", ["udp-time"], [NoAnswer])
        "takes an empty datagram for none, and sends nothing back";
}

/// What an empty datagram asks for.
const DEFAULT: &str = "%Y-%m-%d %H:%M:%S";
/// Longest format in bytes.
const FORMAT_MAX: usize = 1024;
/// How many bytes an answer may have more than its request.
const GROWTH_MAX: usize = 64;

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "udp-time",
    about: "answers a format with the time in it",
    transports: &[Transport::Udp, Transport::UnixDgram],
    models: &[],
    faults: FAULTS,
    protocol: "one datagram in, a format of strftime(3) in UTF-8, of at most 1,024 bytes, or empty \
               for %Y-%m-%d %H:%M:%S; one out, the time in UTC, or `error: ` and why; never more \
               than 64 bytes longer than the request",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Datagram(responder),
    #[cfg(test)]
    shown: &[
        Shown::datagrams(
            "dies_on_bad_format",
            &[b"100%%", b"\xff"],
            "100%; error: the format is not UTF-8",
            "100%; crash",
        ),
        Shown::datagrams(
            "answers_without_bound",
            &[b"%F%F%F%F%F%F%F%F%F%F"],
            "error: the answer would be too long",
            "<100 bytes>",
        ),
        Shown::datagrams(
            "buffer_16",
            &[b"twenty characters 20"],
            "twenty characters 20",
            "twenty character",
        ),
        Shown::datagrams(
            "bad_format_not_answered",
            &[b"100%"],
            "error: the format is malformed",
            "silence",
        ),
        Shown::sockets(
            "empty_format_not_answered",
            datagrams::an_empty_format_has_its_answer,
        ),
    ],
};

fn responder(setup: Setup) -> Box<dyn Responder> {
    Box::new(Time {
        bug: Bug::planted(setup.fault),
    })
}

struct Time {
    bug: Option<Bug>,
}

impl Time {
    fn answer(&self, format: &[u8]) -> Result<String, &'static str> {
        if format.len() > FORMAT_MAX {
            return Err("the format is too long");
        }
        let text = str::from_utf8(format).map_err(|_| "the format is not UTF-8")?;
        if text.contains('\0') {
            return Err("the format holds a NUL byte");
        }
        let text = if text.is_empty() { DEFAULT } else { text };
        let now = Timestamp::now().to_zoned(TimeZone::UTC);
        let answer = strtime::format(text, &now).map_err(|_| "the format is malformed")?;
        if answer.len() > format.len() + GROWTH_MAX && self.bug != Some(Bug::Amplifies) {
            return Err("the answer would be too long");
        }
        Ok(answer)
    }
}

impl Responder for Time {
    fn datagram(&mut self, datagram: Incoming<'_>, reply: &mut Vec<u8>) -> Answer {
        let datagram = datagram.bytes;
        if self.bug == Some(Bug::NoDefault) && datagram.is_empty() {
            return Answer::Silence;
        }
        match (self.answer(datagram), self.bug) {
            (Ok(answer), _) => *reply = answer.into_bytes(),
            (Err(why), Some(Bug::DiesOnBad)) => return Answer::Crash(why.to_owned()),
            (Err(_), Some(Bug::BadSilent)) => return Answer::Silence,
            (Err(why), _) => *reply = format!("error: {why}").into_bytes(),
        }
        Answer::Reply
    }
}

//! Asks a UDP echo or upper-case server, and shows each answer.

#[cfg(test)]
mod shown;

use harness_net::Transport;

use crate::client::{Client, ClientSetup};
use crate::conversation::{Conversation, Exchange, Questions, Turn};
use crate::service::faults;

/// Larger than any datagram: UDP's length field has 16 bits (RFC 768).
const DATAGRAM: usize = 65_536;

faults! { Bug:
    AnySender "any_sender_accepted" ("UDP-PEER-01", ["clients"], [WrongAddress])
        "takes datagrams of anyone for the server's answer";
    OneByte "reads_one_byte" ("UDP-TRUNC-01", ["clients"], [TruncationUnseen])
        "receives into 1 byte, as if the rest of the datagram could be read next";
    NoTimeout "no_timeout" ("UDP-BLK-01", ["clients"], [NoDeadline])
        "waits for ever for an answer that was lost";
    Late "late_reply_to_next" ("UDP-PEER-01", ["clients"], [LateReply])
        "takes any datagram of the server for the answer to its last question, a late one too";
}

/// The client.
pub(crate) const CLIENT: Client = Client {
    name: "udp",
    about: "asks the udp-echo or udp-upper server, and shows each answer",
    protocol: "one datagram a question; the answer is the question itself or its upper case, from \
               the address that was asked; others are dropped",
    transports: &[Transport::Udp],
    faults: FAULTS,
    make,
    #[cfg(test)]
    shown: shown::SHOWN,
};

fn make(setup: ClientSetup) -> Box<dyn Conversation> {
    Box::new(Udp {
        bug: Bug::planted(setup.fault),
        asked: 0,
        all: setup.commands.clone(),
        questions: Questions::new(setup.commands, false),
        unanswered: false,
    })
}

struct Udp {
    bug: Option<Bug>,
    questions: Questions,
    all: Vec<Vec<u8>>,
    /// The index of the question that waits for its answer.
    asked: usize,
    /// Some question got no answer.
    unanswered: bool,
}

impl Udp {
    fn fits(&self, answer: &[u8]) -> bool {
        let careless = [Some(Bug::OneByte), Some(Bug::Late)].contains(&self.bug);
        let asked = self.all.get(self.asked).map_or(&[][..], Vec::as_slice);
        careless || answer == asked || answer == asked.to_ascii_uppercase()
    }

    fn next(&mut self, io: &mut Exchange) -> Turn {
        io.shown.push(b'\n');
        self.asked += 1;
        match self.questions.answered(&mut io.out) {
            Turn::Done if self.unanswered => Turn::Silent,
            turn => turn,
        }
    }
}

impl Conversation for Udp {
    fn begin(&mut self, io: &mut Exchange) {
        self.questions.ask(&mut io.out);
    }

    fn want(&self) -> usize {
        if self.bug == Some(Bug::OneByte) {
            1
        } else {
            DATAGRAM
        }
    }

    fn input(&mut self, datagram: &[u8], io: &mut Exchange) -> Turn {
        if !self.fits(datagram) {
            return Turn::Read;
        }
        io.shown.extend_from_slice(datagram);
        self.next(io)
    }

    fn end(&mut self, _io: &mut Exchange) -> Turn {
        // A datagram socket has no end.
        Turn::Read
    }

    fn silence(&mut self, io: &mut Exchange) -> Turn {
        if self.bug == Some(Bug::NoTimeout) {
            return Turn::Read;
        }
        self.unanswered = true;
        io.shown.extend_from_slice(b"no answer");
        self.next(io)
    }

    fn takes_any_sender(&self) -> bool {
        self.bug == Some(Bug::AnySender)
    }
}

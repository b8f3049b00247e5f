//! Relays what one member sends to all the others.

use std::net::SocketAddr;

use harness_net::Transport;

use crate::datagram::{Answer, DATAGRAM_MAX, Incoming, Responder};
use crate::service::{Kind, Service, Setup, faults};
#[cfg(test)]
use crate::tests::Shown;

faults! { Bug:
    Swapped "data_and_address_swapped" ("S13", ["udp-chat"], [WrongContent])
        "sends the text in front of its sender's address, as if the two had been mixed up";
    Unchecked "sender_never_checked" ("UDP-PEER-01", ["udp-chat"], [WrongAddress])
        "relays what anybody sends, member or not";
    LastSender "address_of_first_sender" ("S13", ["udp-chat"], [WrongAddress])
        "shows the address of the first member for every text";
    EmptyEnds "empty_datagram_ends_loop" ("UDP-BND-02", ["udp-chat"], [EmptyIsEnd])
        "takes an empty datagram for the end of the conversation and stops serving";
    Echoes "relays_to_sender" ("S13", ["udp-chat"], [WrongAddress])
        "sends a text back to who sent it too";
    OnlyTwo "only_two_members" ("S13", ["udp-chat"], [NoAnswer])
        "knows two members at a time, and forgets the one before when a third joins";
    NeverLeaves "leaving_is_ignored" ("S13", ["udp-chat"], [WrongAddress])
        "goes on relaying to members that have left";
}

/// Most members at a time.
const MEMBERS_MAX: usize = 64;

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "udp-chat",
    about: "relays what one member sends to all the others, with the sender's address",
    transports: &[Transport::Udp],
    models: &[],
    faults: FAULTS,
    protocol: "`join` makes the sender a member and is answered `joined`, `leave` with `left`; any \
               other datagram of a member goes to each other member as `ADDRESS:PORT TEXT`, that \
               of a stranger is answered `error: join first`; 64 members at the most",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Datagram(responder),
    #[cfg(test)]
    shown: &[
        Shown::senders(
            "data_and_address_swapped",
            &[(1, b"join"), (2, b"join"), (1, b"hi")],
            "joined; joined; to 2: 127.0.0.1:1 hi",
            "joined; joined; to 2: hi 127.0.0.1:1",
        ),
        Shown::senders(
            "sender_never_checked",
            &[(1, b"join"), (3, b"spoofed")],
            "joined; error: join first",
            "joined; to 1: 127.0.0.1:3 spoofed",
        ),
        Shown::senders(
            "address_of_first_sender",
            &[(1, b"join"), (2, b"join"), (2, b"hi")],
            "joined; joined; to 1: 127.0.0.1:2 hi",
            "joined; joined; to 1: 127.0.0.1:1 hi",
        ),
        Shown::senders(
            "empty_datagram_ends_loop",
            &[(1, b"join"), (2, b"join"), (1, b"")],
            "joined; joined; to 2: 127.0.0.1:1 ",
            "joined; joined; crash",
        ),
        Shown::senders(
            "relays_to_sender",
            &[(1, b"join"), (1, b"hi")],
            "joined; ",
            "joined; to 1: 127.0.0.1:1 hi",
        ),
        Shown::senders(
            "only_two_members",
            &[(1, b"join"), (2, b"join"), (3, b"join"), (3, b"hi")],
            "joined; joined; joined; to 1: 127.0.0.1:3 hi + to 2: 127.0.0.1:3 hi",
            "joined; joined; joined; to 2: 127.0.0.1:3 hi",
        ),
        Shown::senders(
            "leaving_is_ignored",
            &[(1, b"join"), (2, b"join"), (2, b"leave"), (1, b"hi")],
            "joined; joined; left; ",
            "joined; joined; left; to 2: 127.0.0.1:1 hi",
        ),
    ],
};

fn responder(setup: Setup) -> Box<dyn Responder> {
    Box::new(Chat {
        bug: Bug::planted(setup.fault),
        members: Vec::new(),
    })
}

struct Chat {
    bug: Option<Bug>,
    /// In the order in which they joined.
    members: Vec<SocketAddr>,
}

impl Chat {
    fn join(&mut self, from: SocketAddr) -> &'static str {
        if self.members.contains(&from) {
            return "joined";
        }
        if self.members.len() >= MEMBERS_MAX {
            return "error: full";
        }
        if self.bug == Some(Bug::OnlyTwo) && self.members.len() == 2 {
            self.members.remove(0);
        }
        self.members.push(from);
        "joined"
    }

    fn leave(&mut self, from: SocketAddr) {
        if self.bug != Some(Bug::NeverLeaves) {
            self.members.retain(|member| *member != from);
        }
    }

    fn relay(&self, from: SocketAddr, text: &[u8]) -> Answer {
        let shown = match self.bug {
            Some(Bug::LastSender) => self.members.first().copied().unwrap_or(from),
            _ => from,
        }
        .to_string();
        let mut relayed = match self.bug {
            Some(Bug::Swapped) => [text, b" ", shown.as_bytes()].concat(),
            _ => [shown.as_bytes(), b" ", text].concat(),
        };
        // The largest text does not fit behind an address.
        relayed.truncate(DATAGRAM_MAX);
        let to = |member: &&SocketAddr| **member != from || self.bug == Some(Bug::Echoes);
        let members = self.members.iter().filter(to);
        Answer::Relay(members.map(|to| (*to, relayed.clone())).collect())
    }
}

impl Responder for Chat {
    fn datagram(&mut self, datagram: Incoming<'_>, reply: &mut Vec<u8>) -> Answer {
        let Incoming {
            bytes: datagram,
            from,
        } = datagram;
        let Some(from) = from else {
            return Answer::Silence;
        };
        let answer: &[u8] = match datagram {
            [] if self.bug == Some(Bug::EmptyEnds) => {
                return Answer::Crash("an empty datagram ended its loop".to_owned());
            }
            b"join" => self.join(from).as_bytes(),
            b"leave" => {
                self.leave(from);
                b"left"
            }
            text if self.members.contains(&from) || self.bug == Some(Bug::Unchecked) => {
                return self.relay(from, text);
            }
            _ => b"error: join first",
        };
        reply.extend_from_slice(answer);
        Answer::Reply
    }
}

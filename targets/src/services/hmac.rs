//! Runs commands for clients that prove that they know a key.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use harness_net::Transport;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::exec;
use crate::command::Outcome;
use crate::inbox::Inbox;
use crate::service::{Factory, Kind, Service, Setup, Sockets, faults};
use crate::session::{Flow, Output, Session};
#[cfg(test)]
use crate::tests::{
    In::{Answer, Begin, Broken, Idle, Read, Replay},
    Shown,
    hmac::a_silent_client_blocks,
};
use crate::{Digest, Model};

faults! { Bug:
    Nonce "nonce_repeated" ("S12", ["hmac-auth"], [AuthBypassed])
        "challenges every client with the same 32 zero bytes, a buffer that nobody filled";
    ShortRead "digest_short_read" ("SRV-HMAC-02", ["hmac-auth"], [BodyWhole])
        "takes one read for the whole answer, so that right users are turned away at random";
    Blocks "silent_client_blocks_all" ("SRV-SLOW-01", ["hmac-auth"], [BlockedByOne])
        "serves one client at a time, so that a silent one keeps all others from authentication"
        with Sockets { clients: Some(1), ..Sockets::RIGHT };
    Prefix "digest_prefix_accepted" ("S12", [], [AuthBypassed])
        "compares the first 8 bytes of the answer only";
    Empty "empty_digest_accepted" ("S12", ["hmac-auth"], [AuthBypassed])
        "compares answers as C strings, as far as the client's goes: one that begins with NUL fits";
    NoDeadline "no_deadline" ("SRV-SLOW-01", ["hmac-auth"], [NoDeadline])
        "waits for an answer to its challenge for ever";
    Replay "replay_accepted" ("SRV-HMAC-01", [], [AuthBypassed])
        "accepts an answer again that was right once";
    Any "any_digest_accepted" ("SRV-HMAC-01", ["hmac-auth"], [AuthBypassed])
        "reads the answer to its challenge and never compares it";
    DiesOnReset "dies_on_reset_in_handshake" ("SRV-RST-01", ["hmac-auth"], [CloseIsFatal])
        "ends the whole server when a client resets before it has answered the challenge";
}

/// The size of a challenge in bytes.
const NONCE: usize = 32;
/// How long a client may take to answer the challenge.
const WITHIN: Duration = Duration::from_secs(3);

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "hmac",
    about: "runs commands for clients that prove that they know a key",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "the server sends 32 random bytes; the client answers within 3 s with their HMAC-SHA256 \
               (32 bytes) or, with `--digest md5`, HMAC-MD5 (16 bytes) under the key; then as `exec`; \
               a wrong answer closes the connection",
    runs_commands: true,
    authenticates: true,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: &[
        Shown::reads(
            "nonce_repeated",
            &[Begin],
            "<nonce> within",
            "<zeros> within",
        ),
        Shown::reads(
            "digest_short_read",
            &[Begin, Answer(0, 8), Answer(8, 32), Read(EXIT_3)],
            "<nonce> within; within; continue; \\x00\\x00\\x00\\x01\\x03 continue",
            "<nonce> within; close",
        ),
        Shown::sockets("silent_client_blocks_all", a_silent_client_blocks),
        Shown::reads(
            "digest_prefix_accepted",
            &[Begin, Answer(0, 8), Read(&[0; 24]), Read(EXIT_3)],
            "<nonce> within; within; close",
            "<nonce> within; within; continue; \\x00\\x00\\x00\\x01\\x03 continue",
        ),
        Shown::reads(
            "empty_digest_accepted",
            &[Begin, Read(&[0; 32]), Read(EXIT_3)],
            "<nonce> within; close",
            "<nonce> within; continue; \\x00\\x00\\x00\\x01\\x03 continue",
        ),
        Shown::reads(
            "no_deadline",
            &[Begin, Idle],
            "<nonce> within; close",
            "<nonce> continue; continue",
        ),
        Shown::reads(
            "replay_accepted",
            &[Begin, Answer(0, 32), Replay],
            "<nonce> within; continue; <nonce> within; close",
            "<nonce> within; continue; <nonce> within; continue",
        ),
        Shown::reads(
            "any_digest_accepted",
            &[Begin, Read(&[7; 32]), Read(EXIT_3)],
            "<nonce> within; close",
            "<nonce> within; continue; \\x00\\x00\\x00\\x01\\x03 continue",
        ),
        Shown::reads(
            "dies_on_reset_in_handshake",
            &[Begin, Broken],
            "<nonce> within; close",
            "<nonce> within; crash",
        ),
    ],
};

/// A command of `exec`, whose status is 3.
#[cfg(test)]
const EXIT_3: &[u8] = b"\0\0\0\x06exit 3";

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    let key: Arc<[u8]> = setup.key.clone().into();
    let digest = setup.digest;
    let accepted = Arc::default();
    // Its own faults are none of `exec`'s.
    let commands = exec::factory(Setup {
        fault: None,
        ..setup
    });
    Arc::new(move || {
        Box::new(Challenge {
            bug,
            key: Arc::clone(&key),
            digest,
            expected: Vec::new(),
            inbox: Inbox::default(),
            accepted: Arc::clone(&accepted),
            authenticated: false,
            commands: commands(),
        })
    })
}

struct Challenge {
    bug: Option<Bug>,
    key: Arc<[u8]>,
    digest: Digest,
    /// The one right answer to this connection's challenge.
    expected: Vec<u8>,
    inbox: Inbox,
    /// `replay_accepted`: the right answers of all connections.
    accepted: Arc<Mutex<HashSet<Vec<u8>>>>,
    authenticated: bool,
    commands: Box<dyn Session>,
}

/// The answer to a challenge (RFC 2104).
pub(crate) fn answer(digest: Digest, key: &[u8], nonce: &[u8]) -> Vec<u8> {
    fn mac<M: Mac + KeyInit>(key: &[u8], nonce: &[u8]) -> Vec<u8> {
        // A key of any length is one (RFC 2104 section 3).
        M::new_from_slice(key).map_or_else(
            |_| Vec::new(),
            |mut mac| {
                mac.update(nonce);
                mac.finalize().into_bytes().to_vec()
            },
        )
    }
    match digest {
        Digest::Sha256 => mac::<Hmac<Sha256>>(key, nonce),
        Digest::Md5 => mac::<Hmac<Md5>>(key, nonce),
    }
}

impl Challenge {
    /// Judges an answer in a time that does not depend on where it is wrong.
    fn is_right(&self, given: &[u8]) -> bool {
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let right = match self.bug {
            Some(Bug::Any) => true,
            Some(Bug::Prefix) => given.get(..8) == self.expected.get(..8),
            Some(Bug::Empty) if given.first() == Some(&0) => true,
            Some(Bug::Replay) if accepted.contains(given) => true,
            _ => bool::from(given.ct_eq(&self.expected)),
        };
        if right && self.bug == Some(Bug::Replay) {
            accepted.insert(given.to_vec());
        }
        right
    }

    fn waits(&self) -> Flow {
        match self.bug {
            Some(Bug::NoDeadline) => Flow::Continue,
            _ => Flow::Within(WITHIN),
        }
    }
}

impl Session for Challenge {
    fn begin(&mut self, out: &mut Output) -> Flow {
        let mut nonce = [0; NONCE];
        if self.bug != Some(Bug::Nonce) && getrandom::fill(&mut nonce).is_err() {
            return Flow::Close;
        }
        self.expected = answer(self.digest, &self.key, &nonce);
        out.write(&nonce);
        self.waits()
    }

    fn want(&self) -> usize {
        if self.authenticated {
            self.commands.want()
        } else {
            // What follows the answer is left to `exec`.
            self.digest.size() - self.inbox.len()
        }
    }

    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        if self.authenticated {
            return self.commands.input(read, out);
        }
        self.inbox.push(read);
        if self.inbox.len() < self.digest.size() && self.bug != Some(Bug::ShortRead) {
            return self.waits();
        }
        let given = self.inbox.take_all();
        if !self.is_right(&given) {
            return Flow::Close;
        }
        self.authenticated = true;
        Flow::Continue
    }

    fn end(&mut self, out: &mut Output) -> Flow {
        if self.authenticated {
            self.commands.end(out)
        } else {
            Flow::Close
        }
    }

    fn idle(&mut self, out: &mut Output) -> Flow {
        match self.bug {
            _ if self.authenticated => self.commands.idle(out),
            Some(Bug::NoDeadline) => Flow::Continue,
            _ => Flow::Close,
        }
    }

    fn broken(&mut self) -> Flow {
        match self.bug {
            _ if self.authenticated => self.commands.broken(),
            Some(Bug::DiesOnReset) => Flow::Crash("a client reset its connection".to_owned()),
            _ => Flow::Close,
        }
    }

    fn ran(&mut self, outcome: Outcome, out: &mut Output) -> Flow {
        self.commands.ran(outcome, out)
    }
}

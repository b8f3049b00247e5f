//! Tests of all services alike: the registry, sessions, real sockets, and every fault.

pub(crate) mod clients;
pub(crate) mod datagrams;
mod habits;
pub(crate) mod hmac;
mod registry;
mod serving;
mod sessions;
pub(crate) mod sockets;
pub(crate) mod unix;

use std::time::Duration;

use crate::command::Runner;
use crate::datagram::{Answer, Incoming};
use crate::folder::Folder;
use crate::service::{Factory, Fault, Kind, Service, Setup, Sockets};
use crate::services::answer;
use crate::session::{Flow, Output, Session};
use crate::{Digest, TEST_KEY, server};

/// What happens to a session.
#[derive(Clone, Copy)]
pub(crate) enum In {
    /// These bytes wait; the session reads them as its `want` has it.
    Read(&'static [u8]),
    /// A byte, so many times.
    Fill(u8, usize),
    /// A text, then a byte, so many times.
    Words(&'static [u8], u8, usize),
    /// A header with its u32 big-endian length, and a body.
    Json(&'static str, &'static [u8]),
    /// All of these wait together.
    Joined(&'static [In]),
    /// The same service's next connection reads these.
    Other(&'static In),
    /// The connection is there.
    Begin,
    /// These bytes, from and to, of the right answer to the challenge.
    Answer(usize, usize),
    /// The next connection begins, and reads the answer that was right for this one.
    Replay,
    /// EOF.
    End,
    /// ECONNRESET.
    Broken,
    /// The time that `Wait` named passed.
    Idle,
}

impl In {
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::Read(bytes) => bytes.to_vec(),
            Self::Other(is) => is.bytes(),
            Self::Fill(byte, size) => vec![byte; size],
            Self::Words(text, byte, size) => [text, &vec![byte; size]].concat(),
            Self::Json(header, body) => {
                let size = u32::try_from(header.len()).unwrap();
                [&size.to_be_bytes(), header.as_bytes(), body].concat()
            }
            Self::Joined(parts) => parts.iter().flat_map(|p| p.bytes()).collect(),
            Self::Begin | Self::Answer(..) | Self::Replay => Vec::new(),
            Self::End | Self::Broken | Self::Idle => Vec::new(),
        }
    }
}

/// How a fault shows.
pub(crate) struct Shown {
    pub(crate) fault: &'static str,
    by: By,
}

pub(crate) type SocketTest = fn(&'static Service, &'static str);

enum By {
    Reads(&'static [In], &'static str, &'static str),
    Differs(&'static [In], &'static str, &'static str),
    Process(&'static str, &'static str),
    Datagrams(&'static [&'static [u8]], &'static str, &'static str),
    Senders(&'static [(u16, &'static [u8])], &'static str, &'static str),
    Sockets(SocketTest),
}

impl Shown {
    /// The correct session's transcript, and the faulty one's.
    pub(crate) const fn reads(
        fault: &'static str,
        reads: &'static [In],
        right: &'static str,
        wrong: &'static str,
    ) -> Self {
        let by = By::Reads(reads, right, wrong);
        Self { fault, by }
    }

    /// What only the correct session's transcript contains, and what only the faulty one's does
    /// (empty: nothing).
    pub(crate) const fn differs(
        fault: &'static str,
        reads: &'static [In],
        right: &'static str,
        wrong: &'static str,
    ) -> Self {
        let by = By::Differs(reads, right, wrong);
        Self { fault, by }
    }

    /// A command that needs a process, the correct transcript, and the faulty one: a time-out.
    pub(crate) const fn process(
        fault: &'static str,
        command: &'static str,
        right: &'static str,
    ) -> Self {
        let by = By::Process(command, right);
        Self { fault, by }
    }

    /// The correct server's answers to these datagrams, and the faulty one's.
    pub(crate) const fn datagrams(
        fault: &'static str,
        datagrams: &'static [&'static [u8]],
        right: &'static str,
        wrong: &'static str,
    ) -> Self {
        let by = By::Datagrams(datagrams, right, wrong);
        Self { fault, by }
    }

    /// The correct server's answers to these datagrams from these ports, and the faulty one's.
    pub(crate) const fn senders(
        fault: &'static str,
        datagrams: &'static [(u16, &'static [u8])],
        right: &'static str,
        wrong: &'static str,
    ) -> Self {
        let by = By::Senders(datagrams, right, wrong);
        Self { fault, by }
    }

    /// A test of its own with real sockets.
    pub(crate) const fn sockets(fault: &'static str, test: SocketTest) -> Self {
        let by = By::Sockets(test);
        Self { fault, by }
    }

    pub(crate) fn check(&self, service: &'static Service) {
        let name = self.fault;
        let fault = service.fault(name).expect(name);
        let runner = Runner::for_tests;
        match self.by {
            By::Reads(reads, right, wrong) => {
                assert_eq!(transcript(service, None, reads, runner()), right, "{name}");
                let faulty = transcript(service, Some(fault), reads, runner());
                assert_eq!(faulty, wrong, "{name}");
            }
            By::Differs(reads, right, wrong) => {
                let is = transcript(service, None, reads, runner());
                assert!(is.contains(right), "{name}: {is}");
                assert!(wrong.is_empty() || !is.contains(wrong), "{name}: {is}");
                let is = transcript(service, Some(fault), reads, runner());
                assert!(is.contains(wrong) && !is.contains(right), "{name}: {is}");
            }
            By::Process(command, right) => {
                let size = u32::try_from(command.len()).unwrap();
                let request = [&size.to_be_bytes(), command.as_bytes()].concat();
                let run = |fault, runner| {
                    let mut session = Transcript::new(service, fault, runner);
                    session.read(&request);
                    (session.text(), session.sent.escape_ascii().to_string())
                };
                assert_eq!(run(None, runner()).0, right, "{name}");
                let limited = Runner {
                    timeout: Duration::from_millis(200),
                    ..runner()
                };
                let faulty = run(Some(fault), limited).1;
                assert!(
                    faulty.contains("after the time limit of 200ms"),
                    "{name}: {faulty}"
                );
            }
            By::Datagrams(datagrams, right, wrong) => {
                let datagrams: Vec<_> = datagrams.iter().map(|d| (9, *d)).collect();
                assert_eq!(answers(service, None, &datagrams), right, "{name}");
                assert_eq!(answers(service, Some(fault), &datagrams), wrong, "{name}");
            }
            By::Senders(datagrams, right, wrong) => {
                assert_eq!(answers(service, None, datagrams), right, "{name}");
                assert_eq!(answers(service, Some(fault), datagrams), wrong, "{name}");
            }
            By::Sockets(test) => test(service, name),
        }
    }
}

/// A session and what it has done so far: per input the writes, divided by `|`, and the flow.
pub(crate) struct Transcript {
    session: Box<dyn Session>,
    other: Box<dyn Session>,
    done: Vec<String>,
    closed: bool,
    /// All bytes written.
    pub(crate) sent: Vec<u8>,
}

/// What makes the sessions of a stream service.
pub(crate) fn factory(
    service: &'static Service,
    fault: Option<&'static Fault>,
    runner: Runner,
) -> Factory {
    let setup = setup(service, fault, runner);
    match &service.kind {
        Kind::Stream(make) => server::factory(setup, make),
        Kind::Files(make) => {
            server::factory(setup, |setup| make(setup, Folder::samples().unwrap()))
        }
        Kind::Datagram(_) => panic!("{} has no sessions", service.name),
    }
}

/// What a service is made with, on its first transport.
pub(crate) fn setup(
    service: &'static Service,
    fault: Option<&'static Fault>,
    runner: Runner,
) -> Setup {
    Setup {
        fault,
        transport: service.transports[0],
        runner,
        key: TEST_KEY.into(),
        digest: Digest::default(),
    }
}

impl Transcript {
    pub(crate) fn new(
        service: &'static Service,
        fault: Option<&'static Fault>,
        runner: Runner,
    ) -> Self {
        Self::of(&factory(service, fault, runner))
    }

    pub(crate) fn of(factory: &Factory) -> Self {
        Self {
            session: factory(),
            other: factory(),
            done: Vec::new(),
            closed: false,
            sent: Vec::new(),
        }
    }

    /// Reads all of these bytes, in pieces of at most what the session wants.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.closed {
            let (read, rest) = bytes.split_at(bytes.len().min(self.session.want()));
            bytes = rest;
            self.step(|session, out| session.input(read, out));
        }
    }

    pub(crate) fn step(&mut self, call: impl FnOnce(&mut dyn Session, &mut Output) -> Flow) {
        let mut out = Output::default();
        let mut flow = call(self.session.as_mut(), &mut out);
        loop {
            flow = match flow {
                Flow::Run(job) => self.session.ran(job.run(), &mut out),
                Flow::More => self.session.more(&mut out),
                _ => break,
            };
        }
        let writes: Vec<String> = out.writes().map(shown).collect();
        self.sent.extend(out.writes().flatten());
        self.closed = !matches!(
            flow,
            Flow::Continue | Flow::Wait(_) | Flow::Within(_) | Flow::Spin
        );
        let mut text = writes.join("|");
        if !text.is_empty() {
            text.push(' ');
        }
        self.done.push(text + flow.word());
    }

    /// Begins a connection that is challenged. The challenge is random: only that it is one shows.
    fn begin(&mut self) {
        let before = self.sent.len();
        self.step(|session, out| session.begin(out));
        let nonce = &self.sent[before..];
        let told = match nonce.iter().all(|b| *b == 0) {
            true => "<zeros>",
            false => "<nonce>",
        };
        let shown = shown(nonce);
        let last = self.done.last_mut().unwrap();
        *last = last.replace(&shown, told);
    }

    pub(crate) fn text(&self) -> String {
        self.done.join("; ")
    }
}

fn transcript(
    service: &'static Service,
    fault: Option<&'static Fault>,
    events: &[In],
    runner: Runner,
) -> String {
    let mut transcript = Transcript::new(service, fault, runner);
    let mut right = Vec::new();
    for event in events {
        if transcript.closed && !matches!(event, In::Other(_)) {
            break;
        }
        match *event {
            In::Begin => {
                transcript.begin();
                right = answer(Digest::default(), TEST_KEY.as_bytes(), &transcript.sent);
            }
            In::Answer(from, to) => transcript.read(&right[from..to]),
            In::Replay => {
                std::mem::swap(&mut transcript.session, &mut transcript.other);
                transcript.begin();
                transcript.read(&right);
            }
            In::End => transcript.step(|session, out| session.end(out)),
            In::Broken => transcript.step(|session, _| session.broken()),
            In::Idle => transcript.step(|session, out| session.idle(out)),
            In::Other(is) => {
                let closed = std::mem::take(&mut transcript.closed);
                std::mem::swap(&mut transcript.session, &mut transcript.other);
                transcript.read(&is.bytes());
                std::mem::swap(&mut transcript.session, &mut transcript.other);
                transcript.closed = closed;
            }
            bytes => transcript.read(&bytes.bytes()),
        }
    }
    transcript.text()
}

fn answers(
    service: &'static Service,
    fault: Option<&'static Fault>,
    datagrams: &[(u16, &[u8])],
) -> String {
    let Kind::Datagram(make) = &service.kind else {
        panic!("{} has no datagrams", service.name);
    };
    let mut responder = make(setup(service, fault, Runner::for_tests()));
    let buffer = fault.map_or(Sockets::RIGHT, |f| f.sockets).datagram_buffer;
    let mut all = Vec::new();
    for (port, datagram) in datagrams {
        let from = Some((std::net::Ipv4Addr::LOCALHOST, *port).into());
        let mut reply = Vec::new();
        let bytes = &datagram[..datagram.len().min(buffer)];
        all.push(
            match responder.datagram(Incoming { bytes, from }, &mut reply) {
                Answer::Reply => shown(&reply),
                Answer::ReplyToFirst => format!("to first: {}", shown(&reply)),
                Answer::Pieces(size) => format!("in pieces of {size}: {}", shown(&reply)),
                Answer::Relay(all) => {
                    let all = all.iter();
                    let all = all.map(|(to, text)| format!("to {}: {}", to.port(), shown(text)));
                    all.collect::<Vec<_>>().join(" + ")
                }
                Answer::Silence => "silence".to_owned(),
                Answer::Crash(_) => {
                    all.push("crash".to_owned());
                    break;
                }
            },
        );
    }
    all.join("; ")
}

/// Bytes as text; long ones by their size, JSON always in full.
fn shown(bytes: &[u8]) -> String {
    let is_json = bytes.get(4) == Some(&b'{');
    if bytes.len() > 40 && !is_json {
        format!("<{} bytes>", bytes.len())
    } else {
        bytes.escape_ascii().to_string()
    }
}

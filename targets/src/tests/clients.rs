//! Reference clients: the registry, conversations in every division, and what shows each fault.

use std::collections::BTreeSet;
use std::path::Path;

use crate::client::{Client, ClientSetup};
use crate::conversation::{Conversation, Exchange, Turn};
use crate::{Fault, clients};

/// What happens to a conversation.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// These bytes wait; the client reads them as its `want` has it. Over UDP one datagram.
    Read(&'static [u8]),
    /// EOF.
    End,
    /// ECONNRESET.
    Broken,
    /// Nothing came in time.
    Silence,
}

/// How a fault shows: what the server does, and how the correct client and the faulty one take it.
pub(crate) struct Shown {
    pub(crate) fault: &'static str,
    pub(crate) pipeline: bool,
    pub(crate) events: &'static [Event],
    pub(crate) right: &'static str,
    pub(crate) wrong: &'static str,
}

/// Faults of sockets, which scenarios alone can show.
const OF_SOCKETS: [&str; 2] = ["partial_write_ignored", "any_sender_accepted"];

struct Run {
    conversation: Box<dyn Conversation>,
    io: Exchange,
    last: Turn,
    sent: Vec<u8>,
}

impl Run {
    fn new(client: &Client, fault: Option<&'static Fault>, pipeline: bool) -> Self {
        let mut run = Self {
            conversation: (client.make)(ClientSetup {
                fault,
                commands: vec![b"one".to_vec(), b"two".to_vec()],
                pipeline,
            }),
            io: Exchange::default(),
            last: Turn::Read,
            sent: Vec::new(),
        };
        run.conversation.begin(&mut run.io);
        run.flush();
        run
    }

    fn flush(&mut self) {
        self.sent.extend(self.io.out.writes().flatten());
        self.io.out.clear();
    }

    fn step(&mut self, call: impl FnOnce(&mut dyn Conversation, &mut Exchange) -> Turn) {
        if matches!(self.last, Turn::Read | Turn::Spin) {
            self.last = call(self.conversation.as_mut(), &mut self.io);
            self.flush();
        }
    }

    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.last == Turn::Read {
            let (read, rest) = bytes.split_at(bytes.len().min(self.conversation.want()));
            bytes = rest;
            self.step(|c, io| c.input(read, io));
        }
    }

    fn text(&self) -> String {
        format!("{} {:?}", self.io.shown.escape_ascii(), self.last)
    }
}

fn take(client: &Client, fault: Option<&'static Fault>, shown: &Shown) -> String {
    let mut run = Run::new(client, fault, shown.pipeline);
    for event in shown.events {
        match event {
            Event::Read(bytes) => run.read(bytes),
            Event::End => run.step(|c, io| c.end(io)),
            Event::Broken => run.step(|c, _| c.broken("reset".to_owned())),
            Event::Silence => run.step(|c, io| c.silence(io)),
        }
    }
    format!("{} sent {}", run.text(), run.sent.escape_ascii())
}

#[test]
fn every_client_is_registered_and_every_fault_is_shown() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/clients");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| {
            path.file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .replace('_', "-")
        })
        .filter(|name| name != "mod")
        .collect();
    let names: BTreeSet<String> = clients().iter().map(|c| c.name.to_owned()).collect();
    assert_eq!(files, names);
    for client in clients() {
        let shown: BTreeSet<&str> = client
            .shown
            .iter()
            .map(|s| s.fault)
            .chain(OF_SOCKETS)
            .collect();
        for fault in client.faults {
            assert!(shown.contains(fault.name), "{}:{}", client.name, fault.name);
            assert!(!fault.caught_by.is_empty(), "{}", fault.name);
        }
        for one in client.shown {
            let fault = client.fault(one.fault).expect(one.fault);
            let right = take(client, None, one);
            assert!(right.starts_with(one.right), "{}: {right}", one.fault);
            let wrong = take(client, Some(fault), one);
            assert!(wrong.starts_with(one.wrong), "{}: {wrong}", one.fault);
            assert_ne!(right, wrong, "{}", one.fault);
        }
    }
}

/// Per stream client two whole replies, and what it shows of them.
const REPLIES: [(&str, &[u8], &str); 2] = [
    (
        "exec",
        b"\0\0\0\x05\0one\n\0\0\0\x01\x07",
        "status 0, 4 bytes\\none\\nstatus 7, 0 bytes\\n Done",
    ),
    (
        "exec-json",
        b"\0\0\0\x39{\"total_size\":2,\"md5\":\"60b725f10c9c85c70d97880dfe8191b3\"}a\n\
          \0\0\0\x39{\"total_size\":0,\"md5\":\"d41d8cd98f00b204e9800998ecf8427e\"}",
        "2 bytes\\na\\n0 bytes\\n Done",
    ),
];

#[test]
fn replies_are_taken_the_same_however_they_are_divided() {
    for (name, replies, right) in REPLIES {
        let client = crate::find_client(name).unwrap();
        for pipeline in [false, true] {
            for cut in 0..=replies.len() {
                let mut run = Run::new(client, None, pipeline);
                run.read(&replies[..cut]);
                run.read(&replies[cut..]);
                assert_eq!(run.text(), right, "{name} cut at {cut}");
            }
            let mut run = Run::new(client, None, pipeline);
            replies.chunks(1).for_each(|byte| run.read(byte));
            assert_eq!(run.text(), right, "{name} byte by byte");
        }
    }
}

#[test]
fn the_end_of_the_stream_is_never_success() {
    for (name, replies, _) in REPLIES {
        let client = crate::find_client(name).unwrap();
        for cut in 0..replies.len() {
            let mut run = Run::new(client, None, true);
            run.read(&replies[..cut]);
            run.step(|c, io| c.end(io));
            assert!(matches!(run.last, Turn::Lost(_)), "{name} cut at {cut}");
        }
    }
}

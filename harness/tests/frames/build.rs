//! Framings from the shipped files, as the vector files name them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness::scenario::load;
use harness::scenario::model::Protocol;
use harness_wire::{Framing, Limits, Message};

use crate::drive::Found;
use crate::message::message;

/// A framing, and the bounds of its frames.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) framing: Arc<dyn Framing>,
    pub(crate) limits: Limits,
    /// The words that it was built from.
    pub(crate) line: String,
}

/// The folder of the shipped frames.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/frames")
}

/// The protocol of a shipped file.
pub(crate) fn protocol(file: &str) -> Arc<Protocol> {
    let document = load(&folder().join(file)).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let [protocol] = document.protocols.as_slice() else {
        panic!("{file} has one protocol")
    };
    Arc::clone(protocol)
}

impl Built {
    /// `line` is file and frame, and `udp` for the frame as it is in datagrams.
    pub(crate) fn new(line: &str, _fields: &[String], _limits: Limits) -> Built {
        let words: Vec<&str> = line.split_whitespace().collect();
        let protocol = protocol(words[0]);
        let frames = match words.get(2) {
            Some(&"udp") => &protocol.datagrams,
            _ => &protocol.frames,
        };
        let framing = frames.get(words[1]);
        Built {
            framing: Arc::clone(framing.unwrap_or_else(|| panic!("no frame {line}"))),
            limits: protocol.limits,
            line: line.to_owned(),
        }
    }

    /// The message that a decoded frame came from.
    pub(crate) fn message(&self, found: &Found) -> Message {
        if !self.framing.specs().is_empty() {
            return message(self.framing.specs(), "", found);
        }
        let settable = self.framing.settable().into_iter();
        let fields = settable.map(|name| {
            let bytes = found.content(&name).expect("the frame has every field");
            (name, harness_wire::Value::Bytes(bytes))
        });
        Message {
            fields: fields.collect(),
        }
    }
}

//! Answers lines of text with their upper case, in the encoding that the client names first.

#[cfg(test)]
mod shown;

use std::borrow::Cow;
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};
use harness_net::Transport;

use crate::inbox::Inbox;
use crate::service::{Factory, Kind, Service, Setup, faults};
use crate::session::{Flow, Output, Session};
use crate::{Model, habits};

/// Longest line in bytes, its LF not counted.
const LINE_MAX: usize = 64 << 10;

faults! { Bug:
    DiesOnCut "dies_on_cut_character" ("S21", ["encodings"], [DecodedPerRead, BadInputIsFatal])
        "decodes each read strictly by itself, and ends the server when one ends in a character";
    Replaced "cut_character_replaced" ("S21", ["encodings"], [DecodedPerRead])
        "decodes each read by itself and puts U+FFFD or `?` where a character was cut";
    Dropped "cut_character_dropped" ("S21", ["encodings"], [DecodedPerRead])
        "decodes each read by itself and drops what does not decode: other characters in GBK";
    Buffer "decodes_per_1024_bytes" ("FRAME-CUT-04", ["encodings"], [DecodedPerRead, CutAtBuffer])
        "decodes a line in pieces of 1,024 bytes, so that a character between two is damaged";
    StrictKills "invalid_bytes_kill" ("FRAME-ENC-01", ["encodings"], [BadInputIsFatal])
        "ends the whole server when a line does not decode";
    Lossy "invalid_bytes_accepted" ("FRAME-ENC-01", ["encodings"], [WrongContent])
        "takes U+FFFD for what does not decode, and answers as if all were well";
    OnBytes "upper_case_of_bytes" ("S21", ["encodings"], [WrongContent])
        "changes the ASCII letters among the bytes, which in GBK are halves of characters";
    AnswersUtf8 "answers_in_utf8" ("FRAME-ENC-01", ["encodings"], [WrongContent])
        "answers in UTF-8, whatever the encoding of the conversation";
    + shared:
        habits::DIES_WHEN_CLIENT_LEAVES.caught_by(&["encodings"]);
}

/// The service.
pub(crate) const SERVICE: Service = Service {
    name: "encodings",
    about: "answers lines of text with their upper case, in the encoding that the client names",
    transports: &[Transport::Tcp, Transport::Unix],
    models: Model::OF_STREAMS,
    faults: FAULTS,
    protocol: "lines ended by LF, of at most 64 KiB; the first is a label of the Encoding Standard \
               such as utf-8 or gbk, answered with the encoding's name; one that is unknown, or \
               keeps no ASCII (UTF-16), with `error: ...`; each further line with its upper case, \
               or with `error: not valid NAME`; a longer line closes the connection",
    runs_commands: false,
    authenticates: false,
    kind: Kind::Stream(factory),
    #[cfg(test)]
    shown: shown::SHOWN,
};

fn factory(setup: Setup) -> Factory {
    let bug = Bug::planted(setup.fault);
    Arc::new(move || {
        Box::new(Encodings {
            bug,
            inbox: Inbox::default(),
            encoding: None,
        })
    })
}

struct Encodings {
    bug: Option<Bug>,
    inbox: Inbox,
    /// What the conversation is in, once that is agreed.
    encoding: Option<&'static Encoding>,
}

/// The encoding of a label, where LF and the letters of labels are what they are in ASCII.
fn encoding(label: &[u8]) -> Option<&'static Encoding> {
    Encoding::for_label(label).filter(|e| e.is_ascii_compatible())
}

/// The text in an encoding. Where that lacks a letter's upper case, the text is left as it is.
fn upper(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    match encoding.encode(&text.to_uppercase()) {
        (bytes, _, false) => bytes.into_owned(),
        _ => plain(text, encoding),
    }
}

/// What the encoding lacks becomes `?`.
fn plain(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let mut buffer = [0; 4];
    text.chars()
        .flat_map(|c| match encoding.encode(c.encode_utf8(&mut buffer)) {
            (bytes, _, false) => bytes.into_owned(),
            _ => b"?".to_vec(),
        })
        .collect()
}

/// Text that decodes, and a mark for what does not.
fn lossy(bytes: &[u8], encoding: &'static Encoding) -> String {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    text.into_owned()
}

impl Encodings {
    fn line(&mut self, line: &[u8], out: &mut Output) -> Flow {
        let Some(encoding) = self.encoding else {
            self.encoding = encoding(line);
            match self.encoding {
                Some(encoding) => out.write_parts(&[encoding.name().as_bytes(), b"\n"]),
                None => out.write(b"error: no encoding of this name keeps ASCII\n"),
            }
            return Flow::Continue;
        };
        let strict = encoding.decode_without_bom_handling_and_without_replacement(line);
        let text = match (self.bug, strict) {
            (Some(Bug::Buffer), _) => {
                let pieces = line.chunks(1024).map(|piece| lossy(piece, encoding));
                Some(Cow::Owned(pieces.collect()))
            }
            (Some(Bug::StrictKills), None) => {
                return Flow::Crash(format!("a line is not valid {}", encoding.name()));
            }
            (Some(Bug::Lossy), None) => Some(Cow::Owned(lossy(line, encoding))),
            (_, strict) => strict,
        };
        let Some(text) = text else {
            out.write(format!("error: not valid {}\n", encoding.name()).as_bytes());
            return Flow::Continue;
        };
        let answer = match self.bug {
            Some(Bug::OnBytes) => line.to_ascii_uppercase(),
            Some(Bug::AnswersUtf8) => upper(&text, UTF_8),
            _ => upper(&text, encoding),
        };
        out.write_parts(&[&answer, b"\n"]);
        Flow::Continue
    }

    /// What a read returned, as the faults take it that decode each read.
    fn decoded(&self, read: &[u8]) -> Result<Vec<u8>, Flow> {
        let (Some(bug), Some(encoding)) = (self.bug, self.encoding) else {
            return Ok(read.to_vec());
        };
        let is_text = encoding
            .decode_without_bom_handling_and_without_replacement(read)
            .is_some();
        Ok(match bug {
            _ if is_text => read.to_vec(),
            Bug::DiesOnCut => {
                return Err(Flow::Crash(format!(
                    "a read is not valid {}",
                    encoding.name()
                )));
            }
            Bug::Replaced => plain(&lossy(read, encoding), encoding),
            Bug::Dropped => plain(&lossy(read, encoding).replace('\u{fffd}', ""), encoding),
            _ => read.to_vec(),
        })
    }
}

impl Session for Encodings {
    fn input(&mut self, read: &[u8], out: &mut Output) -> Flow {
        match self.decoded(read) {
            Ok(bytes) => self.inbox.push(&bytes),
            Err(flow) => return flow,
        }
        while let Some(line) = self.inbox.take_line() {
            if line.len() > LINE_MAX {
                return Flow::Close;
            }
            let line = line.to_vec();
            match self.line(&line, out) {
                Flow::Continue => {}
                other => return other,
            }
        }
        if self.inbox.len() > LINE_MAX {
            return Flow::Close;
        }
        Flow::Continue
    }
}

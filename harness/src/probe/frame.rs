//! The value of `--frame`: a short word for a common framing, or what a profile's `frames:` takes.

use std::path::Path;
use std::sync::Arc;

use harness_wire::{Framing, Message, Progress, Value};

use crate::scenario;

/// Short words, and what they stand for in a profile.
const SHORT: &[(&str, &str)] = &[
    ("line", r#"{delimiter: {bytes: "\n"}}"#),
    ("crlf", r#"{delimiter: {bytes: "\r\n"}}"#),
    ("nul", r#"{delimiter: {bytes: {hex: "00"}}}"#),
];

/// A framing that the user chose.
#[derive(Clone, Debug)]
pub struct FrameChoice {
    /// As a profile has it.
    pub yaml: String,
    /// The framing itself.
    pub framing: Arc<dyn Framing>,
}

/// A value of `--frame` or a message that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It is no framing.
    #[error(
        "--frame {given}: {why}\nwrite line, crlf, nul, the type of a length such as u32be, or what \
         `frames:` takes, such as '{{fixed: {{size: 16}}}}'"
    )]
    Unknown {
        /// What was given.
        given: String,
        /// What is wrong with it.
        why: String,
    },
    /// The message does not fit into it.
    #[error("the message {message} does not fit into the frame: {why}")]
    Unfit {
        /// The message, quoted.
        message: String,
        /// Why.
        why: String,
    },
}

impl FrameChoice {
    /// Reads the value of `--frame`.
    ///
    /// # Errors
    /// It is neither a short word nor a framing of the scenario language.
    pub fn parse(given: &str) -> Result<Self, FrameError> {
        let given = given.trim();
        let short = SHORT.iter().find(|(word, _)| *word == given);
        let integer: Result<harness_wire::IntType, _> = given.parse();
        let yaml = match (short, integer) {
            (Some((_, yaml)), _) => (*yaml).to_owned(),
            (None, Ok(_)) => format!("{{length_prefix: {{type: {given}}}}}"),
            (None, Err(_)) => given.to_owned(),
        };
        // The language itself knows what is a framing and what is not.
        let text =
            format!("target: probed\nconnect: tcp://127.0.0.1:1\nframes:\n  answer: {yaml}\n");
        let unknown = |why: String| FrameError::Unknown {
            given: given.to_owned(),
            why,
        };
        let document = scenario::parse(Path::new("--frame"), &text).map_err(|d| {
            unknown(
                d.iter()
                    .next()
                    .map_or_else(String::new, |d| d.message.clone()),
            )
        })?;
        let framing = document
            .profiles
            .first()
            .and_then(|p| p.frames.get("answer"))
            .ok_or_else(|| unknown("it is no framing".to_owned()))?;
        Ok(Self {
            yaml,
            framing: Arc::clone(framing),
        })
    }

    /// The bytes of a message as they go over the wire: as they are where they are one whole frame
    /// already, else as the value of one.
    ///
    /// # Errors
    /// They are neither.
    pub fn message(&self, given: &[u8]) -> Result<Vec<u8>, FrameError> {
        let mut frame = harness_wire::Frame::default();
        let whole = matches!(
            self.framing.decoder().decode(given, &mut frame),
            Ok(Progress::Frame) if frame.len == given.len()
        );
        if whole || !self.framing.has_boundaries() {
            return Ok(given.to_vec());
        }
        let unfit = |why: String| FrameError::Unfit {
            message: crate::quote::bytes(given),
            why,
        };
        let field = self.framing.sole_field().ok_or_else(|| {
            unfit("it is not a whole frame, and the frame has no single field to put it in".into())
        })?;
        let message = Message {
            fields: vec![(field, Value::Bytes(given.to_vec()))],
        };
        let encoded = self.framing.encode(&message);
        encoded.map(|e| e.bytes).map_err(|e| unfit(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_words_integers_and_framings_are_known() {
        for given in ["line", "crlf", "nul", "u32be", "raw", "{fixed: {size: 4}}"] {
            assert!(FrameChoice::parse(given).is_ok(), "{given}");
        }
        for given in ["lines", "u33be", "{fixed: {size: 0}}", "a: b: c", ""] {
            assert!(FrameChoice::parse(given).is_err(), "{given}");
        }
    }

    #[test]
    fn whole_frames_stay_as_they_are_and_values_are_framed() {
        let framed = |frame, message: &[u8]| FrameChoice::parse(frame).unwrap().message(message);
        assert_eq!(framed("crlf", b"PING").unwrap(), b"PING\r\n");
        assert_eq!(framed("crlf", b"PING\r\n").unwrap(), b"PING\r\n");
        assert_eq!(framed("u16be", b"abc").unwrap(), b"\0\x03abc");
        assert_eq!(framed("u16be", b"\0\x03abc").unwrap(), b"\0\x03abc");
        assert_eq!(framed("raw", b"abc").unwrap(), b"abc");
        assert!(framed("crlf", b"a\r\nb\r\n").is_err());
    }
}

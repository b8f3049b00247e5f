//! Bytes without boundaries.

use std::sync::Arc;

use crate::{
    Decoder, EncodeError, Encoded, Field, FieldLayout, Frame, FrameError, Framing, Limits,
    Malformed, Message, Progress, Value,
};

/// One field, `data`: whatever is there. A frame says nothing about what was sent together.
#[derive(Debug)]
pub struct Raw {
    name: Arc<str>,
    limit: usize,
}

impl Raw {
    /// Raw bytes. More than the frame's limit are answered in several frames.
    pub fn new(limits: Limits) -> Self {
        Self {
            name: "data".into(),
            limit: limits.frame.max(1),
        }
    }
}

impl Framing for Raw {
    fn name(&self) -> &'static str {
        "raw"
    }

    fn has_boundaries(&self) -> bool {
        false
    }

    fn settable(&self) -> Vec<String> {
        vec![self.name.to_string()]
    }

    fn sole_field(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    fn layout(&self) -> Vec<FieldLayout> {
        vec![FieldLayout {
            name: self.name.to_string(),
            ..FieldLayout::default()
        }]
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(RawDecoder {
            name: Arc::clone(&self.name),
            limit: self.limit,
        })
    }

    fn encode(&self, message: &Message) -> Result<Encoded, EncodeError> {
        let name = self.name.to_string();
        if let Some((unknown, _)) = message.fields.iter().find(|(given, _)| *given != name) {
            return Err(EncodeError::UnknownField {
                name: unknown.clone(),
                known: vec![name],
            });
        }
        let bytes = match &*message.fields {
            [] => return Err(EncodeError::Missing { name }),
            [(_, Value::Bytes(bytes))] => bytes.clone(),
            [(_, other)] => {
                let given = format!("{other:?}");
                return Err(EncodeError::Unfit {
                    name,
                    given,
                    expected: "it holds bytes".into(),
                });
            }
            [_, _, ..] => {
                let given = "a second value".into();
                let expected = "it has a value already, set it once".into();
                return Err(EncodeError::Unfit {
                    name,
                    given,
                    expected,
                });
            }
        };
        let whole = 0..bytes.len();
        let data = Field {
            name: Arc::clone(&self.name),
            ranges: vec![whole],
        };
        Ok(Encoded {
            bytes,
            fields: vec![data],
        })
    }

    fn malformed(&self, _valid: &Encoded) -> Vec<Malformed> {
        Vec::new()
    }
}

#[derive(Debug)]
struct RawDecoder {
    name: Arc<str>,
    limit: usize,
}

impl Decoder for RawDecoder {
    fn decode(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<Progress, FrameError> {
        if bytes.is_empty() {
            return Ok(Progress::NeedMore { at_least: 1 });
        }
        let whole = 0..bytes.len().min(self.limit);
        frame.len = whole.end;
        frame.fields.truncate(1);
        frame.set_field(0, &self.name, &[whole]);
        Ok(Progress::Frame)
    }

    fn end(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<bool, FrameError> {
        Ok(self.decode(bytes, frame)? == Progress::Frame)
    }

    fn reset(&mut self) {}
}

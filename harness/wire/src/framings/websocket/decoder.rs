//! The decoder of WebSocket messages: frame by frame, until the last fragment.

use super::header::{CLOSE, Found, Header, TEXT, read};
use super::utf8::Utf8;
use crate::draft::Draft;
use crate::walk::Walk;
use crate::{FrameError, FrameErrorKind, Limits, Sender, effort};

use FrameErrorKind::{BadLength, Malformed};

pub(super) const NAMES: [&str; 5] = ["opcode", "length", "mask", "payload", "control"];
const OPCODE: usize = 0;
const LENGTH: usize = 1;
const MASK: usize = 2;
const PAYLOAD: usize = 3;
const CONTROL: usize = 4;

/// Bytes that are unmasked at once. A multiple of the key's four.
const BLOCK: usize = 4096;

#[derive(Debug)]
pub(super) struct WebSocketDecoder {
    limits: Limits,
    sender: Option<Sender>,
    draft: Draft,
    /// Where the current frame begins.
    at: usize,
    /// Its header, once it is known.
    header: Option<Header>,
    /// The kind of the message that was begun.
    begun: Option<u8>,
    /// How far the payload was checked.
    checked: usize,
    text: Utf8,
    least: usize,
}

impl WebSocketDecoder {
    pub(super) fn new(limits: Limits, sender: Option<Sender>) -> Self {
        Self {
            limits,
            sender,
            draft: Draft::new(&NAMES, NAMES.len()),
            at: 0,
            header: None,
            begun: None,
            checked: 0,
            text: Utf8::default(),
            least: 0,
        }
    }

    /// Checks the part of a text that is there.
    fn check_text(&mut self, header: &Header, bytes: &[u8]) -> Result<(), FrameError> {
        let end = bytes.len().min(header.end);
        if header.is_control() || self.begun.unwrap_or(header.opcode) != TEXT || end <= self.checked
        {
            return Ok(());
        }
        let from = self.checked;
        self.checked = end;
        let text = &mut self.text;
        let found = match header.mask {
            None => text.push(&bytes[from..end]),
            Some(key) => {
                let offset = from - header.payload;
                let mut block = [0; BLOCK];
                let mut blocks = bytes[from..end].chunks(BLOCK).enumerate();
                blocks.try_for_each(|(n, masked)| {
                    let clear = &mut block[..masked.len()];
                    clear.copy_from_slice(masked);
                    unmask(clear, key, offset);
                    text.push(clear).map_err(|at| n * BLOCK + at)
                })
            }
        };
        found.map_err(|at| not_utf8(from + at))
    }

    /// Takes a frame that is there whole; true where it ends the message.
    fn ends(&mut self, header: &Header, bytes: &[u8]) -> Result<bool, FrameError> {
        if header.opcode == CLOSE {
            check_close(header, bytes)?;
        }
        (self.at, self.header) = (header.end, None);
        if header.is_control() && self.begun.is_some() {
            self.draft.push(CONTROL, header.at..header.end)?;
            return Ok(false);
        }
        self.draft.push(OPCODE, header.at..header.at + 1)?;
        self.draft.push(LENGTH, header.at + 1..header.length_end)?;
        if header.mask.is_some() {
            self.draft.push(MASK, header.length_end..header.payload)?;
        }
        self.draft.push(PAYLOAD, header.payload..header.end)?;
        if !header.fin {
            self.begun = self.begun.or(Some(header.opcode));
            return Ok(false);
        }
        if !self.text.is_whole() {
            return Err(not_utf8(header.end));
        }
        Ok(true)
    }
}

/// The mask is an exclusive or with the key again and again; `offset` is that of the first byte
/// from the payload's.
pub(super) fn unmask(bytes: &mut [u8], mut key: [u8; 4], offset: usize) {
    key.rotate_left(offset % 4);
    let mut fours = bytes.chunks_exact_mut(4);
    for four in &mut fours {
        four.iter_mut()
            .zip(key)
            .for_each(|(byte, key)| *byte ^= key);
    }
    let rest = fours.into_remainder().iter_mut();
    rest.zip(key).for_each(|(byte, key)| *byte ^= key);
}

fn not_utf8(at: usize) -> FrameError {
    let what = "the text is not UTF-8 (RFC 6455 section 8.1), here at the latest";
    FrameError::new(Malformed, NAMES[PAYLOAD], at, what)
}

/// A code that may be sent (RFC 6455 section 7.4), and a reason in UTF-8 (section 5.5.1).
fn check_close(header: &Header, bytes: &[u8]) -> Result<(), FrameError> {
    let payload = &bytes[header.payload..header.end];
    let mut clear = [0; super::header::CONTROL];
    let Some(clear) = clear.get_mut(..payload.len()) else {
        return Ok(());
    };
    clear.copy_from_slice(payload);
    unmask(clear, header.mask.unwrap_or_default(), 0);
    let (code, reason) = match clear {
        [] => return Ok(()),
        [_] => {
            let what = "a close has no payload, or a code of two bytes and a reason";
            return Err(FrameError::new(
                BadLength,
                NAMES[LENGTH],
                header.at + 1,
                what,
            ));
        }
        [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
    };
    // 1012 to 1014: the IANA registry of close codes.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        let what = format!("{code} is no code that a close may have (RFC 6455 section 7.4)");
        return Err(FrameError::new(
            Malformed,
            NAMES[PAYLOAD],
            header.payload,
            what,
        ));
    }
    let mut text = Utf8::default();
    let whole = text.push(reason).map_err(|at| header.payload + 2 + at);
    whole.map_err(not_utf8)?;
    if text.is_whole() {
        return Ok(());
    }
    Err(not_utf8(header.end))
}

impl Walk for WebSocketDecoder {
    fn walk(&mut self, bytes: &[u8], _ended: bool) -> Result<bool, FrameError> {
        loop {
            effort::add(1);
            let header = match self.header {
                Some(header) => header,
                None => {
                    let begun = self.begun.is_some();
                    match read(bytes, self.at, self.sender, begun, self.limits.frame)? {
                        Found::Whole(header) => {
                            self.checked = header.payload;
                            *self.header.insert(header)
                        }
                        Found::NeedMore(least) => {
                            self.least = least.min(self.limits.frame);
                            return Ok(false);
                        }
                    }
                }
            };
            self.check_text(&header, bytes)?;
            if bytes.len() < header.end {
                self.least = header.end;
                return Ok(false);
            }
            if self.ends(&header, bytes)? {
                return Ok(true);
            }
        }
    }

    fn passed(&self) -> usize {
        self.at.max(self.checked)
    }

    fn least(&self) -> usize {
        self.least
    }

    fn part(&self, bytes: &[u8]) -> &'static str {
        match self.header {
            Some(_) => NAMES[PAYLOAD],
            None if bytes.len() <= self.at => NAMES[OPCODE],
            None => NAMES[LENGTH],
        }
    }

    fn draft(&mut self) -> &mut Draft {
        &mut self.draft
    }

    fn restart(&mut self) {
        (self.header, self.begun, self.text) = (None, None, Utf8::default());
        (self.at, self.checked, self.least) = (0, 0, 0);
    }
}

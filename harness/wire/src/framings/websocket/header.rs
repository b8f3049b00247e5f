//! The header of a frame (RFC 6455 section 5.2).

use crate::{FrameError, FrameErrorKind, Sender};

use FrameErrorKind::{BadConst, BadLength, Malformed, TooLarge};

pub(super) const FIN: u8 = 0x80;
pub(super) const MASKED: u8 = 0x80;

pub(super) const CONTINUATION: u8 = 0;
pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;

/// The most bytes of a control frame's payload (section 5.5).
pub(super) const CONTROL: usize = 125;

/// The parts of a header, as offsets from the message's first byte.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    pub(super) at: usize,
    pub(super) fin: bool,
    pub(super) opcode: u8,
    /// Where the length ends, and the masking key begins if there is one.
    pub(super) length_end: usize,
    pub(super) mask: Option<[u8; 4]>,
    pub(super) payload: usize,
    /// Where the payload ends.
    pub(super) end: usize,
}

impl Header {
    pub(super) fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }
}

/// What is known of a header.
pub(super) enum Found {
    /// All of it.
    Whole(Header),
    /// It lies in at least so many bytes.
    NeedMore(usize),
}

/// Refuses a message that has at least `end` bytes, if that is too much.
fn within(at: usize, end: usize, limit: usize) -> Result<(), FrameError> {
    if end <= limit {
        return Ok(());
    }
    let what = format!("the message has at least {end} bytes, and the limit is {limit}");
    Err(FrameError::new(TooLarge, "length", at + 1, what))
}

/// Reads the header that begins at `at`, and refuses it as early as it can be known to be wrong.
/// `begun` says whether a message was begun that is not complete.
pub(super) fn read(
    bytes: &[u8],
    at: usize,
    sender: Option<Sender>,
    begun: bool,
    limit: usize,
) -> Result<Found, FrameError> {
    let error = |kind, field: &str, at, what: String| Err(FrameError::new(kind, field, at, what));
    let masks = |sender| usize::from(sender == Some(Sender::Client)) * 4;
    let Some(&first) = bytes.get(at) else {
        return Ok(Found::NeedMore(at + 2 + masks(sender)));
    };
    let (fin, opcode) = (first & FIN != 0, first & 0x0f);
    if first & 0x70 != 0 {
        let what = format!("0x{first:02x} sets a reserved bit, and no extension was agreed on");
        return error(Malformed, "opcode", at, what);
    }
    let is_control = match (opcode, begun) {
        (CONTINUATION, true) | (TEXT | BINARY, false) => false,
        (CLOSE | PING | PONG, _) => true,
        (CONTINUATION, false) => {
            let what = "a continuation, and no message was begun".into();
            return error(BadConst, "opcode", at, what);
        }
        (TEXT | BINARY, true) => {
            let what = "a new message, and the one before is not complete".into();
            return error(BadConst, "opcode", at, what);
        }
        _ => {
            let what = format!("the opcode {opcode} means nothing (RFC 6455 section 11.8)");
            return error(Malformed, "opcode", at, what);
        }
    };
    if is_control && !fin {
        let what = format!("0x{first:02x}: a control frame has no fragments");
        return error(BadConst, "opcode", at, what);
    }
    let Some(&second) = bytes.get(at + 1) else {
        return Ok(Found::NeedMore(at + 2 + masks(sender)));
    };
    let masked = second & MASKED != 0;
    match sender {
        Some(Sender::Client) if !masked => {
            let what = "a client masks what it sends (RFC 6455 section 5.1)".into();
            return error(BadConst, "length", at + 1, what);
        }
        Some(Sender::Server) if masked => {
            let what = "a server masks nothing (RFC 6455 section 5.1)".into();
            return error(BadConst, "length", at + 1, what);
        }
        _ => {}
    }
    let short = usize::from(second & 0x7f);
    if is_control && short > CONTROL {
        let what = format!("a control frame has at most {CONTROL} bytes of payload");
        return error(BadLength, "length", at + 1, what);
    }
    let (wide, least) = match short {
        126 => (2, 126),
        127 => (8, 1 << 16),
        _ => (0, 0),
    };
    let length_end = at + 2 + wide;
    let payload = length_end + usize::from(masked) * 4;
    within(at, payload + least, limit)?;
    let Some(digits) = bytes.get(at + 2..length_end) else {
        return Ok(Found::NeedMore(payload + least));
    };
    let long = digits
        .iter()
        .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    let size = if wide == 0 {
        short
    } else {
        usize::try_from(long).unwrap_or(usize::MAX)
    };
    if size < least {
        let what = format!("{size} is written in {wide} bytes, and fits fewer");
        return error(BadLength, "length", at + 1, what);
    }
    if long >> 63 != 0 {
        let what = format!("{long} sets the highest bit, which is 0");
        return error(BadLength, "length", at + 1, what);
    }
    let end = payload.saturating_add(size);
    within(at, end, limit)?;
    let Some(key) = bytes.get(length_end..payload) else {
        return Ok(Found::NeedMore(end));
    };
    Ok(Found::Whole(Header {
        at,
        fin,
        opcode,
        length_end,
        mask: key.try_into().ok(),
        payload,
        end,
    }))
}

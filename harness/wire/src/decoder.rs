//! Finding the next frame in bytes that arrive in any pieces.

use crate::{Frame, FrameError};

/// What a decoder knows after looking at the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The frame is not complete yet.
    NeedMore {
        /// How many further bytes are certainly needed, at least 1. A hint for sizing reads;
        /// bounded by the decoder's limits, never by what a length field claims alone.
        at_least: usize,
    },
    /// A frame is complete and described in the `Frame` that was passed in.
    Frame,
}

/// Finds frames, one after the other. It keeps its place between calls.
///
/// The caller holds the bytes: it passes everything from the first byte of the current frame, a
/// slice that only ever grows until a frame or an error is answered. After a frame it drops
/// `frame.len` bytes from the front and calls again.
pub trait Decoder: Send {
    /// Looks at `bytes` and, where they hold a whole frame, describes it in `frame`.
    ///
    /// # Errors
    /// The bytes can never become a valid frame, whatever follows. The stream position is lost:
    /// after an error the decoder must not be used again before [`Decoder::reset`].
    fn decode(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<Progress, FrameError>;

    /// Says what the end of the stream means with `bytes` left over: `Ok(false)` when nothing is
    /// left and the stream ended between two frames, `Ok(true)` when the end itself completes a
    /// frame (described in `frame`), as it does for raw bytes or a last line without its LF where
    /// the framing permits that.
    ///
    /// # Errors
    /// [`FrameError`] with kind `Truncated` when the stream ended inside a frame.
    fn end(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<bool, FrameError>;

    /// Forgets the current frame, ready for the first byte of another.
    fn reset(&mut self);
}

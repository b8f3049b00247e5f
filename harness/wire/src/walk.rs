//! What decoders have in common that go over a frame part by part.

use crate::draft::Draft;
use crate::{Decoder, Frame, FrameError, Progress};

/// Goes over the parts of a frame, and knows where it is.
pub(crate) trait Walk: Send {
    /// Goes on over whole parts; true once the frame is complete. `ended` says that no more bytes
    /// come.
    fn walk(&mut self, bytes: &[u8], ended: bool) -> Result<bool, FrameError>;

    /// How many bytes lie behind it.
    fn passed(&self) -> usize;

    /// How many bytes the frame has at least.
    fn least(&self) -> usize;

    /// The name of the part that is read now.
    fn part(&self, bytes: &[u8]) -> &'static str;

    /// The fields of the frame so far.
    fn draft(&mut self) -> &mut Draft;

    /// Forgets all but the fields.
    fn restart(&mut self);
}

fn complete<W: Walk>(walk: &mut W, frame: &mut Frame) {
    let len = walk.passed();
    walk.draft().describe(len, frame);
    walk.reset();
}

impl<W: Walk> Decoder for W {
    fn decode(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<Progress, FrameError> {
        if bytes.len() < self.passed() || !self.walk(bytes, false)? {
            let at_least = self.least().saturating_sub(bytes.len()).max(1);
            return Ok(Progress::NeedMore { at_least });
        }
        complete(self, frame);
        Ok(Progress::Frame)
    }

    fn end(&mut self, bytes: &[u8], frame: &mut Frame) -> Result<bool, FrameError> {
        if bytes.is_empty() {
            self.reset();
            return Ok(false);
        }
        if bytes.len() >= self.passed() && self.walk(bytes, true)? {
            complete(self, frame);
            return Ok(true);
        }
        Err(FrameError::truncated(
            self.part(bytes),
            bytes.len(),
            self.least(),
        ))
    }

    fn reset(&mut self) {
        self.draft().clear();
        self.restart();
    }
}

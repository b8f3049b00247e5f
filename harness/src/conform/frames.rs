//! Finds the frames of one answer.

use harness_wire::{Decoder, Frame, FrameErrorKind, Progress};

use super::line::Line;
use crate::verdict::{Match, Stop};

/// Finds the frames of one answer, one decoder a frame, without looking at any byte twice.
pub(super) struct FrameReader {
    decoders: Vec<Box<dyn Decoder>>,
    done: usize,
    end: usize,
    frames: Vec<Frame>,
}

impl FrameReader {
    pub(super) fn new(decoders: Vec<Box<dyn Decoder>>) -> Self {
        Self {
            decoders,
            done: 0,
            end: 0,
            frames: Vec::new(),
        }
    }

    /// Met when as many frames as there are decoders lie in `bytes`. Bytes that already differ
    /// from `want` end the long wait, not the reading: a wrong answer is shown whole.
    pub(super) fn read(&mut self, bytes: &[u8], want: Option<&[u8]>) -> Result<Match, Stop> {
        while let Some(decoder) = self.decoders.get_mut(self.done) {
            let mut frame = Frame::default();
            match decoder.decode(&bytes[self.end.min(bytes.len())..], &mut frame) {
                Ok(Progress::Frame) => {
                    self.done += 1;
                    self.end += frame.len;
                    self.frames.push(frame);
                }
                Ok(Progress::NeedMore { .. }) => {
                    let differs =
                        want.is_some_and(|w| !w.starts_with(bytes) && !bytes.starts_with(w));
                    return Ok(if differs { Match::Never } else { Match::NotYet });
                }
                Err(error) if error.kind == FrameErrorKind::Truncated => return Err(Stop::End),
                Err(error) => return Err(Stop::Invalid(error)),
            }
        }
        Ok(Match::Met(self.end))
    }

    /// True where the end of the stream completes the last frame of `bytes`, as it does for a body
    /// that has no length.
    pub(super) fn end(&mut self, bytes: &[u8]) -> bool {
        let left = self.decoders.len() - self.done;
        let Some(decoder) = self.decoders.get_mut(self.done).filter(|_| left == 1) else {
            return false;
        };
        let mut frame = Frame::default();
        match decoder.end(bytes.get(self.end..).unwrap_or_default(), &mut frame) {
            Ok(true) if self.end + frame.len == bytes.len() => {
                self.done += 1;
                self.end += frame.len;
                self.frames.push(frame);
                true
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// The frames that were found, which the trace shows.
    pub(super) fn traced(self, line: &mut Line) -> Vec<Frame> {
        for frame in &self.frames {
            line.trace.frame_in(frame.len, &frame.fields);
        }
        self.frames
    }
}

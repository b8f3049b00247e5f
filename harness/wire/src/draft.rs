//! The fields of a frame while it is being found: kept between calls, reused between frames.

use std::ops::Range;
use std::sync::Arc;

use crate::{Field, Frame, FrameError, FrameErrorKind, Limits};

/// The fields found so far. Those with fixed names come first and last; between them stand those
/// that the bytes name, such as the header fields of HTTP.
#[derive(Debug)]
pub(crate) struct Draft {
    fixed: Vec<Field>,
    /// How many fixed fields stand before the named ones.
    before: usize,
    /// Named fields of this frame and, behind them, of earlier ones: their names are kept, since
    /// the next frame most likely has the same.
    named: Vec<Field>,
    used: usize,
    pieces: usize,
}

impl Draft {
    /// Fields with these names, the first `before` of which stand before the named ones.
    pub(crate) fn new(names: &[&str], before: usize) -> Self {
        let field = |name: &&str| Field {
            name: (*name).into(),
            ranges: Vec::new(),
        };
        Self {
            fixed: names.iter().map(field).collect(),
            before,
            named: Vec::new(),
            used: 0,
            pieces: 0,
        }
    }

    /// Forgets the frame.
    pub(crate) fn clear(&mut self) {
        for field in self.fixed.iter_mut().chain(&mut self.named[..self.used]) {
            field.ranges.clear();
        }
        (self.used, self.pieces) = (0, 0);
    }

    /// Adds a piece to the fixed field at `place`. A piece that continues the last one joins it.
    ///
    /// # Errors
    /// The frame has [`Limits::PIECES`] pieces already.
    #[inline]
    pub(crate) fn push(&mut self, place: usize, piece: Range<usize>) -> Result<(), FrameError> {
        add(&mut self.pieces, &mut self.fixed[place], piece)
    }

    /// Adds a piece to the field that the bytes call `name`, in any case of letters. False for a
    /// name that a fixed field has: it gets no field of its own.
    ///
    /// # Errors
    /// As for [`Draft::push`].
    #[inline]
    pub(crate) fn push_named(
        &mut self,
        name: &[u8],
        piece: Range<usize>,
    ) -> Result<bool, FrameError> {
        let is = |field: &Field| field.name.as_bytes().eq_ignore_ascii_case(name);
        let place = match self.named[..self.used].iter().position(is) {
            Some(place) => place,
            None if self.fixed.iter().any(is) => return Ok(false),
            None => {
                match self.named.get_mut(self.used) {
                    Some(known) if is(known) => {}
                    Some(known) => known.name = lower(name),
                    None => self.named.push(Field {
                        name: lower(name),
                        ranges: Vec::new(),
                    }),
                }
                self.used += 1;
                self.used - 1
            }
        };
        add(&mut self.pieces, &mut self.named[place], piece)?;
        Ok(true)
    }

    /// True where the fixed field at `place` has a piece.
    pub(crate) fn has(&self, place: usize) -> bool {
        !self.fixed[place].ranges.is_empty()
    }

    /// How many named fields there are.
    pub(crate) fn named(&self) -> usize {
        self.used
    }

    /// Describes a frame of `len` bytes: the fields that it has.
    #[inline]
    pub(crate) fn describe(&self, len: usize, frame: &mut Frame) {
        let (first, last) = self.fixed.split_at(self.before);
        let all = first.iter().chain(&self.named[..self.used]).chain(last);
        let mut count = 0;
        for field in all.filter(|field| !field.ranges.is_empty()) {
            frame.set_field(count, &field.name, &field.ranges);
            count += 1;
        }
        frame.fields.truncate(count);
        frame.len = len;
    }
}

#[inline]
fn add(pieces: &mut usize, field: &mut Field, piece: Range<usize>) -> Result<(), FrameError> {
    match field.ranges.last_mut() {
        Some(last) if last.end == piece.start => last.end = piece.end,
        _ if *pieces == Limits::PIECES => {
            let what = format!("the frame has more than {pieces} pieces, the limit");
            let kind = FrameErrorKind::TooLarge;
            return Err(FrameError::new(
                kind,
                Arc::clone(&field.name),
                piece.start,
                what,
            ));
        }
        _ => {
            *pieces += 1;
            field.ranges.push(piece);
        }
    }
    Ok(())
}

/// A name is ASCII here: its caller checked it.
#[cold]
fn lower(name: &[u8]) -> Arc<str> {
    let name: String = name
        .iter()
        .map(|byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    name.into()
}

//! Where the parts of one message lie: the frame, and its fields as ranges of bytes.

use std::ops::Range;
use std::sync::Arc;

/// A named part of a frame, as offsets from the frame's first byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name that the frame's description gives it.
    pub name: Arc<str>,
    /// The bytes it covers, in order. A field may be in several pieces (a chunked body), or empty.
    pub ranges: Vec<Range<usize>>,
}

/// One decoded frame. Reused between calls, so that decoding need not allocate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Its length in bytes, headers and terminators included. The next frame starts here.
    pub len: usize,
    /// Its fields, in the order in which they stand.
    pub fields: Vec<Field>,
}

impl Frame {
    /// The field of that name, if the frame has one.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| &*f.name == name)
    }

    /// Describes the field at `place`, the next one or one of before: a frame that is used again
    /// costs no allocation.
    #[inline]
    pub(crate) fn set_field(&mut self, place: usize, name: &Arc<str>, ranges: &[Range<usize>]) {
        match self.fields.get_mut(place) {
            Some(field) => {
                if !Arc::ptr_eq(&field.name, name) {
                    field.name = Arc::clone(name);
                }
                field.ranges.clear();
                field.ranges.extend_from_slice(ranges);
            }
            None => self.fields.push(Field {
                name: Arc::clone(name),
                ranges: ranges.to_vec(),
            }),
        }
    }
}

/// One encoded message: its bytes, and where its fields lie in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The bytes to send.
    pub bytes: Vec<u8>,
    /// Its fields, in the order in which they stand.
    pub fields: Vec<Field>,
}

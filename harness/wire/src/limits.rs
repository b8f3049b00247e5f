//! The bounds that keep a decoder safe from what a peer claims.

/// Upper bounds for one frame. A decoder answers `TooLarge` as soon as a bound must be broken,
/// from the length field alone where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The whole frame, in bytes.
    pub frame: usize,
    /// A header: everything before the body, in bytes.
    pub header: usize,
    /// Nesting of recursive formats and of JSON.
    pub depth: usize,
}

impl Limits {
    /// The most pieces that the fields of one frame may be in, whatever its size: chunks of a body,
    /// elements of an array. A list of them costs more memory than the smallest of them.
    pub const PIECES: usize = 1 << 16;

    /// No bounds: for bytes that this program made itself.
    pub(crate) const NONE: Self = Self {
        frame: usize::MAX,
        header: usize::MAX,
        depth: usize::MAX,
    };
}

impl Default for Limits {
    /// 16 MiB a frame, 64 KiB a header, 128 levels.
    fn default() -> Self {
        Self {
            frame: 16 << 20,
            header: 64 << 10,
            depth: 128,
        }
    }
}

//! Text as people read it: lines with roles, wrapping, numbers, bytes.

mod difference;
mod line;
mod number;
mod shown;
mod wrap;

pub(crate) use difference::difference;
pub(crate) use line::{Line, Role, write_lines};
pub(crate) use number::{bytes, count, duration_ns, duration_us, grouped, measured};
pub(crate) use shown::show_octets;
pub(crate) use wrap::{clean, elide_middle, take_width, width, wrap};

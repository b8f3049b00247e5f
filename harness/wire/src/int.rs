//! Integers as they stand on the wire: width, sign and byte order.

use std::fmt;
use std::str::FromStr;

/// The order of an integer's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Most significant byte first, the network order of RFC 1700.
    Big,
    /// Least significant byte first.
    Little,
    /// As the machine that runs this keeps its own integers: what a C program writes that sends
    /// its variables as they are.
    Native,
}

impl Order {
    /// True where the most significant byte comes first on this machine.
    const fn is_big(self) -> bool {
        match self {
            Self::Big => true,
            Self::Little => false,
            Self::Native => cfg!(target_endian = "big"),
        }
    }
}

/// An integer type. Written `u8`, `i8`, and from 16 to 64 bits in steps of 8 with an order:
/// `u16be`, `u24be`, `i32le`, `u64ne`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntType {
    /// Bytes, 1 to 8.
    pub width: u8,
    /// True for two's complement.
    pub signed: bool,
    /// The order of the bytes. Without meaning where `width` is 1; parsing then says `Big`.
    pub order: Order,
}

/// A text that names no integer type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no integer type: {expected}")]
pub struct UnknownInt {
    /// The text that was given.
    pub given: String,
    /// What would be right.
    pub expected: String,
}

impl IntType {
    /// An unsigned big-endian integer of so many bytes.
    pub const fn be(width: u8) -> Self {
        Self {
            width,
            signed: false,
            order: Order::Big,
        }
    }

    /// An unsigned little-endian integer of so many bytes.
    pub const fn le(width: u8) -> Self {
        Self {
            width,
            signed: false,
            order: Order::Little,
        }
    }

    /// An unsigned integer of so many bytes, in this machine's own order.
    pub const fn ne(width: u8) -> Self {
        Self {
            width,
            signed: false,
            order: Order::Native,
        }
    }

    /// The same width and order, signed.
    pub const fn signed(self) -> Self {
        Self {
            signed: true,
            ..self
        }
    }

    /// The same width and sign, the bytes the other way round.
    pub const fn swapped(self) -> Self {
        let order = if self.order.is_big() {
            Order::Little
        } else {
            Order::Big
        };
        Self { order, ..self }
    }

    /// True where the width is one that this crate can express, 1 to 8 bytes.
    pub const fn is_valid(self) -> bool {
        matches!(self.width, 1..=8)
    }

    /// The width in bytes, never above 8.
    pub const fn bytes(self) -> usize {
        if self.width > 8 {
            8
        } else {
            self.width as usize
        }
    }

    /// The least value.
    pub const fn min(self) -> i128 {
        if self.signed {
            -(1 << (self.bytes() * 8).saturating_sub(1))
        } else {
            0
        }
    }

    /// The greatest value.
    pub const fn max(self) -> i128 {
        if self.signed {
            !self.min()
        } else {
            (1 << (self.bytes() * 8)) - 1
        }
    }

    /// True where `value` can be written.
    pub const fn holds(self, value: i128) -> bool {
        self.min() <= value && value <= self.max()
    }

    /// The value that stands in the first `width` bytes. Bytes that are not there count as absent:
    /// the caller makes sure that they are.
    #[inline]
    pub fn read(self, bytes: &[u8]) -> i128 {
        let width = self.bytes().min(bytes.len());
        let mut word = [0u8; 8];
        if self.order.is_big() {
            word[8 - width..].copy_from_slice(&bytes[..width]);
        } else {
            word[..width].copy_from_slice(&bytes[..width]);
            word.reverse();
        }
        let raw = u64::from_be_bytes(word);
        if self.signed && width > 0 {
            let unused = 64 - 8 * width;
            i128::from((raw << unused).cast_signed() >> unused)
        } else {
            i128::from(raw)
        }
    }

    /// Appends the bytes of `value`; of a value that it cannot hold, the low bytes.
    pub fn write(self, value: i128, out: &mut Vec<u8>) {
        let width = self.bytes();
        let word = value.to_be_bytes();
        let at = out.len();
        out.extend_from_slice(&word[16 - width..]);
        if !self.order.is_big() {
            out[at..].reverse();
        }
    }
}

impl fmt::Display for IntType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.signed { 'i' } else { 'u' };
        let order = match (self.width, self.order) {
            (1, _) => "",
            (_, Order::Big) => "be",
            (_, Order::Little) => "le",
            (_, Order::Native) => "ne",
        };
        write!(f, "{sign}{}{order}", u32::from(self.width) * 8)
    }
}

impl FromStr for IntType {
    type Err = UnknownInt;

    fn from_str(text: &str) -> Result<Self, UnknownInt> {
        let wrong = |expected: &str| UnknownInt {
            given: text.into(),
            expected: expected.into(),
        };
        let form = "write u8, i8, or 16 to 64 bits in steps of 8 with an order, such as u32be";
        let (signed, rest) = match (text.strip_prefix('u'), text.strip_prefix('i')) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(wrong(form)),
        };
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (bits, order) = rest.split_at(digits);
        let width = match bits {
            "8" => 1,
            "16" => 2,
            "24" => 3,
            "32" => 4,
            "40" => 5,
            "48" => 6,
            "56" => 7,
            "64" => 8,
            _ => return Err(wrong(form)),
        };
        let order = match (width, order) {
            (1, "") | (2.., "be") => Order::Big,
            (2.., "le") => Order::Little,
            (2.., "ne") => Order::Native,
            (1, _) => return Err(wrong("one byte has no order, write u8 or i8")),
            _ => return Err(wrong(form)),
        };
        Ok(Self {
            width,
            signed,
            order,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = IntType> {
        (1..=8).flat_map(|width| {
            [IntType::be(width), IntType::le(width), IntType::ne(width)]
                .into_iter()
                .flat_map(|t| [t, t.signed()])
        })
    }

    #[test]
    fn text_and_type_agree() {
        for int in all() {
            let parsed: IntType = int.to_string().parse().unwrap();
            let expected = if int.width == 1 {
                IntType {
                    order: Order::Big,
                    ..int
                }
            } else {
                int
            };
            assert_eq!(parsed, expected, "{int}");
        }
        for wrong in [
            "",
            "u",
            "u0be",
            "u7",
            "u12be",
            "u72be",
            "u16",
            "i32native",
            "u8be",
            "f32",
            "u016be",
        ] {
            let error = wrong.parse::<IntType>().unwrap_err();
            assert_eq!(error.given, wrong);
        }
    }

    #[test]
    fn values_survive_at_the_edges_of_every_type() {
        for int in all() {
            for value in [
                int.min(),
                int.min() + 1,
                0,
                1,
                0x7f,
                int.max() - 1,
                int.max(),
            ] {
                let mut out = vec![0xaa];
                int.write(value, &mut out);
                assert_eq!(out.len(), 1 + int.bytes());
                assert_eq!(int.read(&out[1..]), value, "{int}");
            }
            assert!(!int.holds(int.max() + 1) && !int.holds(int.min() - 1));
        }
    }

    #[test]
    fn bytes_stand_in_the_stated_order() {
        let mut out = Vec::new();
        IntType::be(3).write(0x010203, &mut out);
        IntType::le(4).signed().write(-5, &mut out);
        assert_eq!(out, [1, 2, 3, 0xfb, 0xff, 0xff, 0xff]);
        let mut native = Vec::new();
        IntType::ne(4).write(0x0102_0304, &mut native);
        assert_eq!(native, 0x0102_0304_u32.to_ne_bytes());
        IntType::ne(4).swapped().write(0x0102_0304, &mut native);
        native[4..].reverse();
        assert_eq!(native[..4], native[4..]);
        assert_eq!(IntType::be(2).read(&[0xff, 0xfe, 9]), 0xfffe);
        assert_eq!(IntType::be(2).signed().read(&[0xff, 0xfe]), -2);
    }
}

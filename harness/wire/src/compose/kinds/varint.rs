//! Integers in groups of 7 bits, as MQTT's "variable byte integer" and LEB128 have them.

use std::fmt;

use super::Scan;
use super::number::{self, Form, Number};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::spec::IntRole;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{FrameErrorKind, effort};

/// The most groups: 64 bits need no more.
const MOST: u8 = 10;

/// A varint of at most `max` bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Varint {
    max: u8,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    max: u8,
    role: &IntRole,
) -> Result<(Number<Varint>, Draft), SpecError> {
    if !(1..=MOST).contains(&max) {
        let what = format!("the varint has up to {max} bytes");
        let kind = SpecErrorKind::BadWidth;
        return Err(SpecError::new(kind, c.name(), what, "up to 1 to 10 can be"));
    }
    Ok((number::compile(c, Varint { max }, role)?, Draft::own(1)))
}

fn wrong(kind: FrameErrorKind, at: usize, what: String) -> Wrong {
    Wrong { kind, at, what }
}

impl Form for Varint {
    fn min(&self) -> i128 {
        0
    }

    fn max(&self) -> i128 {
        let bits = (u32::from(self.max) * 7).min(64);
        (1 << bits) - 1
    }

    #[inline]
    fn read(&self, content: &[u8]) -> Result<i128, Wrong> {
        let groups = content.iter().enumerate();
        let value = groups.fold(0i128, |sum, (n, byte)| {
            sum | i128::from(byte & 0x7f) << (7 * n.min(MOST.into()))
        });
        if let [.., _, 0] = content {
            let what = format!(
                "the varint has {} bytes, and {value} needs fewer",
                content.len()
            );
            return Err(wrong(FrameErrorKind::Malformed, content.len() - 1, what));
        }
        if value > self.max() {
            let what = format!("the varint is {value}, and {} is the greatest", self.max());
            return Err(wrong(FrameErrorKind::TooLarge, content.len() - 1, what));
        }
        Ok(value)
    }

    fn write(&self, value: i128, out: &mut Vec<u8>) {
        let mut rest = value.cast_unsigned();
        loop {
            let group = u8::try_from(rest & 0x7f).unwrap_or_default();
            rest >>= 7;
            if rest == 0 {
                out.push(group);
                return;
            }
            out.push(group | 0x80);
        }
    }

    #[inline]
    fn scan(&self, bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
        let max = usize::from(self.max);
        let seen = &bytes[..bytes.len().min(max)];
        effort::add(seen.len() - from.min(seen.len()));
        match seen.iter().skip(from).position(|byte| byte & 0x80 == 0) {
            Some(at) => {
                let end = from + at + 1;
                Ok(Scan::End { end, next: end })
            }
            None if seen.len() == max => {
                let what = format!("the varint goes on after {max} bytes, the most");
                Err(wrong(FrameErrorKind::Malformed, max - 1, what))
            }
            None => Ok(Scan::More {
                least: seen.len() + 1,
                resume: seen.len(),
            }),
        }
    }

    fn misspelt(&self, value: i128) -> Vec<(&'static str, String, Vec<u8>)> {
        let mut overlong = Vec::new();
        self.write(value, &mut overlong);
        if let Some(last) = overlong.last_mut() {
            *last |= 0x80;
        }
        overlong.push(0);
        let about = format!(
            "{value} is written in {} bytes, one too many.",
            overlong.len()
        );
        let endless = format!("{} bytes all say that another follows.", self.max);
        vec![
            ("overlong", about, overlong),
            ("endless", endless, vec![0xff; self.max.into()]),
        ]
    }
}

impl fmt::Display for Varint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a varint of {} bytes", self.max)
    }
}

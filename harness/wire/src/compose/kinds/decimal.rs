//! Integers in ASCII digits.

use std::fmt;

use super::Scan;
use super::constant::compare;
use super::number::{self, Form, Number};
use crate::compose::compile::{Compiling, Draft};
use crate::compose::spec::{Digits, IntRole};
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;
use crate::{FrameErrorKind, effort};

/// The most digits: 64 bits need no more.
const MOST: usize = 20;

/// Digits, as many as `width` says or up to 20 of them.
#[derive(Debug)]
pub(crate) struct Decimal {
    width: Option<usize>,
    /// The terminator. Empty where there is a width.
    end: Vec<u8>,
}

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    digits: &Digits,
    role: &IntRole,
) -> Result<(Number<Decimal>, Draft), SpecError> {
    let refuse = |kind, what: String, mend: &str| Err(SpecError::new(kind, c.name(), what, mend));
    let (width, end, draft) = match digits {
        Digits::Width(width) if !(1..=MOST).contains(width) => {
            let what = format!("the number is {width} digits wide");
            return refuse(SpecErrorKind::BadWidth, what, "1 to 20 digits can be");
        }
        Digits::Width(width) => (Some(*width), Vec::new(), Draft::Fixed(*width)),
        Digits::Until(bytes) => match bytes.first() {
            None => {
                let mend = "digits end before at least 1 byte, such as \":\"";
                return refuse(SpecErrorKind::Empty, "the terminator is empty".into(), mend);
            }
            Some(first) if first.is_ascii_digit() => {
                let what = "the terminator begins with a digit".to_owned();
                let mend = "end the number with a byte that is none, such as \":\"";
                return refuse(SpecErrorKind::TwoExtents, what, mend);
            }
            Some(_) => {
                let draft = Draft::Own {
                    min: bytes.len() + 1,
                    terminator: Some(bytes.clone()),
                };
                (None, bytes.clone(), draft)
            }
        },
    };
    let form = Decimal { width, end };
    Ok((number::compile(c, form, role)?, draft))
}

fn malformed(at: usize, what: String) -> Wrong {
    Wrong {
        kind: FrameErrorKind::Malformed,
        at,
        what,
    }
}

impl Form for Decimal {
    fn min(&self) -> i128 {
        0
    }

    fn max(&self) -> i128 {
        let most = i128::from(u64::MAX);
        match self.width {
            Some(width) if width < MOST => {
                most.min(10i128.pow(u32::try_from(width).unwrap_or(0)) - 1)
            }
            _ => most,
        }
    }

    #[inline]
    fn read(&self, content: &[u8]) -> Result<i128, Wrong> {
        if content.is_empty() {
            return Err(malformed(0, "there are no digits".into()));
        }
        if let Some(at) = content.iter().position(|byte| !byte.is_ascii_digit()) {
            let what = format!("0x{:02x} is no decimal digit", content[at]);
            return Err(malformed(at, what));
        }
        if self.width.is_none() && content.len() > 1 && content[0] == b'0' {
            return Err(malformed(0, "the number has a leading zero".into()));
        }
        let value = content.iter().fold(0i128, |sum, digit| {
            sum.saturating_mul(10)
                .saturating_add(i128::from(digit - b'0'))
        });
        if value > self.max() {
            return Err(Wrong {
                kind: FrameErrorKind::TooLarge,
                at: 0,
                what: format!("the number is {value}, and {} is the greatest", self.max()),
            });
        }
        Ok(value)
    }

    fn write(&self, value: i128, out: &mut Vec<u8>) {
        let width = self.width.unwrap_or(1);
        out.extend_from_slice(format!("{value:0width$}").as_bytes());
    }

    #[inline]
    fn scan(&self, bytes: &[u8], from: usize) -> Result<Scan, Wrong> {
        let len = self.end.len();
        let seen = &bytes[..bytes.len().min(MOST + 1)];
        effort::add(seen.len().saturating_sub(from));
        for (at, byte) in seen.iter().enumerate().skip(from) {
            if self.end.first() == Some(byte) {
                let given = &bytes[at..bytes.len().min(at + len)];
                compare(&self.end, given, 0).map_err(|wrong| Wrong {
                    at: at + wrong.at,
                    ..wrong
                })?;
                return Ok(match given.len() < len {
                    true => Scan::More {
                        least: at + len,
                        resume: at,
                    },
                    false => Scan::End {
                        end: at,
                        next: at + len,
                    },
                });
            }
            if !byte.is_ascii_digit() {
                let what = format!("0x{byte:02x} is neither a decimal digit nor the terminator");
                return Err(malformed(at, what));
            }
        }
        match seen.len() > MOST {
            true => Err(malformed(
                MOST,
                format!("the number has more than {MOST} digits"),
            )),
            false => Ok(Scan::More {
                least: seen.len().max(1) + len,
                resume: seen.len(),
            }),
        }
    }

    fn misspelt(&self, value: i128) -> Vec<(&'static str, String, Vec<u8>)> {
        let mut word = Vec::new();
        self.write(value, &mut word);
        // A fixed width keeps its width: the digits behind give way.
        let tail = &word[usize::from(self.width.is_some())..];
        let with = |byte: u8| [&[byte], tail].concat();
        let mut all = vec![
            (
                "plus",
                format!("A plus sign stands before {value}."),
                with(b'+'),
            ),
            (
                "minus",
                format!("A minus sign stands before {value}."),
                with(b'-'),
            ),
            (
                "blank",
                format!("A blank stands before {value}."),
                with(b' '),
            ),
            ("letter", "A digit is the letter O.".into(), with(b'O')),
        ];
        if self.width.is_none() {
            let zero = format!("{value} has a leading zero.");
            let huge = "The number has 30 digits.".to_owned();
            all.push(("leading_zero", zero, with(b'0')));
            all.push(("over_64_bits", huge, vec![b'9'; 30]));
            all.push(("empty", "There are no digits.".into(), Vec::new()));
        }
        all
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.width {
            Some(width) => write!(f, "a number of {width} digits"),
            None => f.write_str("a decimal number"),
        }
    }
}

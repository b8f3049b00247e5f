//! Integers of a fixed width.

use super::number::{self, Form, Number};
use crate::IntType;
use crate::compose::compile::{Compiling, Draft};
use crate::compose::spec::IntRole;
use crate::compose::spec_error::{SpecError, SpecErrorKind};
use crate::compose::wrong::Wrong;

pub(crate) fn compile(
    c: &mut Compiling<'_>,
    int: IntType,
    role: &IntRole,
) -> Result<(Number<IntType>, Draft), SpecError> {
    if !int.is_valid() {
        let what = format!("the integer is {} bytes wide", int.width);
        let kind = SpecErrorKind::BadWidth;
        return Err(SpecError::new(kind, c.name(), what, "1 to 8 bytes are"));
    }
    Ok((number::compile(c, int, role)?, Draft::Fixed(int.bytes())))
}

impl Form for IntType {
    fn min(&self) -> i128 {
        (*self).min()
    }

    fn max(&self) -> i128 {
        (*self).max()
    }

    #[inline]
    fn read(&self, content: &[u8]) -> Result<i128, Wrong> {
        Ok((*self).read(content))
    }

    fn write(&self, value: i128, out: &mut Vec<u8>) {
        (*self).write(value, out);
    }

    fn swapped(&self, value: i128) -> Option<i128> {
        let mut word = Vec::new();
        (*self).write(value, &mut word);
        Some((*self).swapped().read(&word))
    }
}

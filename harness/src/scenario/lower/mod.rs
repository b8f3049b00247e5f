//! From what is written to what is meant: each mistake that is not one of form is found here.

mod builtin;
mod case;
mod condition;
mod connect;
mod connections;
mod deliver;
mod exchange;
mod field;
mod frame;
mod json;
mod message;
mod name;
mod options;
mod profile;
mod protocol;
mod role;
mod start;
mod step;
mod structured;
mod template;
mod threshold;
mod transfer;
mod value;

use std::time::Duration;

use super::context::Context;
use super::syntax::{Item, Time};

pub(crate) use case::{Targets, scenario};
pub(crate) use name::Unique;
pub(crate) use profile::{Lowered, profile};
pub(crate) use protocol::{Library, protocol};
pub(crate) use start::READY_WITHIN;
pub(crate) use template::{START, names as template_names};

/// A duration that is not 0. `None` where it had a mistake.
fn positive(cx: &Context, item: &Item<Time>) -> Option<Duration> {
    let time = item.get()?.0;
    if time.is_zero() {
        cx.error_help(
            item.span,
            "no time at all is given",
            "write a duration such as `50ms`",
        );
        return None;
    }
    Some(time)
}

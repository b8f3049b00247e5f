//! From what is written to what is meant: each mistake that is not one of form is found here.

mod builtin;
mod case;
mod client;
mod connections;
mod deliver;
mod exchange;
mod field;
pub(crate) mod formula;
mod frame;
mod json;
mod known;
mod load;
mod message;
mod name;
mod notation;
pub(crate) mod options;
mod places;
mod profile;
mod protocol;
pub(crate) mod reference;
mod replies;
mod role;
mod start;
pub(crate) mod step;
mod structured;
mod sysctl;
mod template;
mod threshold;
pub(crate) mod value;

use std::time::Duration;

use super::context::Context;
use super::syntax::{Item, Time};

pub(crate) use case::{Targets, scenario};
pub(crate) use client::both_ends;
pub(crate) use known::known_failures;
pub(crate) use name::{Unique, chosen};
pub(crate) use profile::{Lowered, profile};
pub(crate) use protocol::{Library, protocol};
pub(crate) use start::READY_WITHIN;
pub(crate) use template::{START, names as template_names};

/// A duration that is not 0. `None` where it had a mistake.
pub(crate) fn positive(cx: &Context, item: &Item<Time>) -> Option<Duration> {
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

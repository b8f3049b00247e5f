//! When requests are due, and when the load ends.

use std::time::Duration;

use crate::scenario::context::Context;
use crate::scenario::lower::positive;
use crate::scenario::model::{Arrivals, End, LoadModel, Stage};
use crate::scenario::source::Span;
use crate::scenario::syntax::{
    ArrivalsSyntax, Item, LoadModelSyntax, LoadSyntax, OpenSyntax, StageSyntax,
};

/// A schedule that a count of messages ends.
const NO_END: Duration = Duration::from_secs(24 * 60 * 60);

/// The model, and when it ends.
pub(super) fn model(
    cx: &Context,
    given: &LoadSyntax,
    model: LoadModelSyntax,
    warmup: Duration,
    at: Span,
) -> Option<(LoadModel, End)> {
    let open = match &model {
        LoadModelSyntax::Closed => None,
        LoadModelSyntax::Open(item) => Some((item.get()?, item.span)),
    };
    let stages = open.and_then(|(open, _)| open.stages.as_ref());
    let end = end(cx, given, stages.is_some(), at)?;
    let Some((open, open_at)) = open else {
        return Some((LoadModel::Closed, end?));
    };
    let arrivals = match open.arrivals.as_ref() {
        None => Arrivals::Constant,
        Some(item) => match item.get()? {
            ArrivalsSyntax::Constant => Arrivals::Constant,
            ArrivalsSyntax::Poisson => Arrivals::Poisson,
        },
    };
    let (stages, end) = match (&open.rate, stages) {
        (Some(rate), None) => {
            let per_second = rate.get()?.0;
            if per_second <= 0.0 {
                nothing_due(cx, rate.span);
                return None;
            }
            let time = match end? {
                End::After(duration) => warmup.saturating_add(duration),
                End::Messages(_) => NO_END,
            };
            let stage = Stage {
                from: per_second,
                to: per_second,
                time,
            };
            (vec![stage], end?)
        }
        (None, Some(item)) => {
            let stages = stages_of(cx, item)?;
            let total: Duration = stages.iter().map(|s| s.time).sum();
            match total.checked_sub(warmup).filter(|d| !d.is_zero()) {
                Some(duration) => (stages, End::After(duration)),
                None => {
                    let at = given.warmup.as_ref().map_or(item.span, |w| w.span);
                    cx.error_help(
                        at,
                        "the warm-up takes as long as all stages, so that no request counts",
                        "the times of the stages include it: make them longer",
                    );
                    return None;
                }
            }
        }
        _ => return refuse_both(cx, open, open_at),
    };
    Some((LoadModel::Open { stages, arrivals }, end))
}

fn refuse_both<T>(cx: &Context, open: &OpenSyntax, at: Span) -> Option<T> {
    let what = match open.rate {
        Some(_) => "both a rate and stages are given",
        None => "neither a rate nor stages are given",
    };
    cx.error_help(
        at,
        what,
        "write `{open: {rate: 5000/s}}`, or `{open: {stages: [{rate: 5000/s, time: 10s}]}}`",
    );
    None
}

fn nothing_due(cx: &Context, at: Span) {
    cx.error_help(
        at,
        "at this rate no request is ever due",
        "write a rate above 0, such as `500/s`",
    );
}

/// When the load ends: `Some(None)` where its stages say so. `None` where there was a mistake.
fn end(cx: &Context, given: &LoadSyntax, staged: bool, at: Span) -> Option<Option<End>> {
    let both = given.messages.as_ref().filter(|_| given.duration.is_some());
    if let Some(messages) = both {
        cx.error_help(
            messages.span,
            "both a duration and a number of messages are given",
            "keep one: the load ends once",
        );
        return None;
    }
    let one = given
        .duration
        .as_ref()
        .map(|i| i.span)
        .or(given.messages.as_ref().map(|i| i.span));
    match (one, staged) {
        (Some(at), true) => {
            cx.error_help(
                at,
                "the stages say already how long the load takes",
                "leave it out",
            );
            None
        }
        (None, true) => Some(None),
        (None, false) => {
            cx.error_help(
                at,
                "the load would never end",
                "add `duration: 10s`, or `messages: 100000`",
            );
            None
        }
        (Some(_), false) => match (&given.duration, &given.messages) {
            (Some(item), _) => positive(cx, item).map(|d| Some(End::After(d))),
            (_, Some(item)) => item.get().map(|n| Some(End::Messages(u64::from(n.0)))),
            (None, None) => None,
        },
    }
}

fn stages_of(cx: &Context, item: &Item<Vec<Item<StageSyntax>>>) -> Option<Vec<Stage>> {
    let mut stages: Vec<Stage> = Vec::new();
    for stage in item.get()? {
        let given = stage.get()?;
        let time = positive(cx, &given.time)?;
        let before = stages.last().map_or(0.0, |s| s.to);
        let (from, to) = match (&given.rate, &given.ramp_to) {
            (Some(rate), None) => (rate.get()?.0, rate.get()?.0),
            (None, Some(to)) => (before, to.get()?.0),
            _ => {
                cx.error_help(
                    stage.span,
                    "a stage has either `rate` or `ramp_to`",
                    "write `{rate: 500/s, time: 5s}` for a step, `{ramp_to: 500/s, time: 5s}` for a ramp",
                );
                return None;
            }
        };
        stages.push(Stage { from, to, time });
    }
    if stages.iter().all(|s| s.from + s.to <= 0.0) {
        nothing_due(cx, item.span);
        return None;
    }
    Some(stages)
}

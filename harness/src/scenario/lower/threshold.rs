//! Bounds on latency, such as `p99 < 10ms`.

use crate::scenario::context::Context;
use crate::scenario::model::{Comparison, Metric, Threshold};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::scalar::{duration, relation};

const HELP: &str =
    "write a metric, a relation and a duration: `p99 < 10ms`, `mean <= 2ms`, `max < 1s`";

/// The bound that a text states.
pub(crate) fn threshold(cx: &Context, text: &str, at: Span) -> Option<Threshold> {
    let split = text.find(['<', '>', '=', '!']).unwrap_or(text.len());
    let (metric, rest) = text.split_at(split);
    let metric = metric_of(cx, metric.trim(), at)?;
    let (Some(op), value) = relation(rest) else {
        cx.error_help(at, format!("`{text}` states no relation"), HELP);
        return None;
    };
    match duration(value) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a day in nanoseconds is below 2^53"
        )]
        Ok(time) => Some(Threshold {
            text: text.to_owned(),
            metric,
            is: Comparison {
                op,
                value: time.as_nanos() as f64,
            },
        }),
        Err(why) => {
            cx.error_help(at, format!("`{value}` is not a duration{why}"), HELP);
            None
        }
    }
}

fn metric_of(cx: &Context, name: &str, at: Span) -> Option<Metric> {
    match name {
        "mean" => return Some(Metric::Mean),
        "max" => return Some(Metric::Max),
        "errors" | "corrupt" | "rate" | "throughput" => {
            cx.error_help(
                at,
                format!("`{name}` is a measure of load, which is not built yet"),
                HELP,
            );
            return None;
        }
        _ => {}
    }
    let percent = name.strip_prefix('p').filter(|digits| {
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    });
    match percent.and_then(|digits| digits.parse::<f64>().ok()) {
        Some(percent) if percent > 0.0 && percent < 100.0 => {
            Some(Metric::Quantile(percent / 100.0))
        }
        Some(_) => {
            cx.error_help(
                at,
                format!("`{name}` is not a percentile"),
                "percentiles lie between p0 and p100: `p50`, `p99`, `p99.9`; `max` is the greatest",
            );
            None
        }
        None => {
            let near = suggest::nearest(name, ["mean", "max", "p50", "p90", "p99"]);
            let mut message = format!("`{name}` is not measured");
            if let Some(near) = near {
                message.push_str(&format!("; did you mean `{near}`?"));
            }
            cx.error_help(at, message, HELP);
            None
        }
    }
}

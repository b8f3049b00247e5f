//! Bounds on what is measured, such as `p99 < 10ms`.

use crate::scenario::context::Context;
use crate::scenario::model::{Comparison, Metric, Threshold};
use crate::scenario::source::Span;
use crate::scenario::suggest;
use crate::scenario::syntax::scalar::{duration, integer, per_second, relation};

const HELP: &str =
    "write a metric, a relation and a duration: `p99 < 10ms`, `mean <= 2ms`, `max < 1s`";
const OF_LOAD: &str = "write a metric, a relation and a bound: `p99 < 10ms`, `rate > 5000/s`, `errors == 0`, \
     `timeouts == 0`, `corrupt == 0`";

/// The bound that a text states, of a case with or without load.
pub(crate) fn threshold(cx: &Context, text: &str, at: Span, load: bool) -> Option<Threshold> {
    let help = if load { OF_LOAD } else { HELP };
    let split = text.find(['<', '>', '=', '!']).unwrap_or(text.len());
    let (metric, rest) = text.split_at(split);
    let metric = metric_of(cx, metric.trim(), at, load)?;
    let (Some(op), value) = relation(rest) else {
        cx.error_help(at, format!("`{text}` states no relation"), help);
        return None;
    };
    let bound = match metric {
        Metric::Rate => per_second(value).map_err(|why| format!("`{value}` is not a rate{why}")),
        Metric::Errors | Metric::Timeouts | Metric::Corrupt => integer(value)
            .ok()
            .and_then(|n| u32::try_from(n).ok())
            .map(f64::from)
            .ok_or_else(|| format!("`{value}` is not a count")),
        #[expect(
            clippy::cast_precision_loss,
            reason = "a day in nanoseconds is below 2^53"
        )]
        Metric::Quantile(_) | Metric::Mean | Metric::Max => duration(value)
            .map(|time| time.as_nanos() as f64)
            .map_err(|why| format!("`{value}` is not a duration{why}")),
    };
    match bound {
        Ok(value) => Some(Threshold {
            text: text.to_owned(),
            metric,
            is: Comparison { op, value },
        }),
        Err(why) => {
            cx.error_help(at, why, help);
            None
        }
    }
}

/// What load is measured by, beside latencies.
const COUNTS: [(&str, Metric); 4] = [
    ("rate", Metric::Rate),
    ("errors", Metric::Errors),
    ("timeouts", Metric::Timeouts),
    ("corrupt", Metric::Corrupt),
];

fn metric_of(cx: &Context, name: &str, at: Span, load: bool) -> Option<Metric> {
    match name {
        "mean" => return Some(Metric::Mean),
        "max" => return Some(Metric::Max),
        _ => {}
    }
    if let Some((_, metric)) = COUNTS.into_iter().find(|(word, _)| *word == name) {
        if load {
            return Some(metric);
        }
        cx.error_help(
            at,
            format!("`{name}` is measured under load, and this case has none"),
            HELP,
        );
        return None;
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
            let words = ["mean", "max", "p50", "p90", "p99"].into_iter();
            let counts = COUNTS.iter().map(|(word, _)| *word).filter(|_| load);
            let near = suggest::nearest(name, words.chain(counts));
            let mut message = format!("`{name}` is not measured");
            if let Some(near) = near {
                message.push_str(&format!("; did you mean `{near}`?"));
            }
            cx.error_help(at, message, if load { OF_LOAD } else { HELP });
            None
        }
    }
}

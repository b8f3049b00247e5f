//! Thresholds and what was measured: the numbers that decide a load run come first.

use super::{cases, mark, rule};
use crate::report::options::Options;
use crate::report::text::{Line, Role, clean, count, duration_ns, measured, width, wrap};
use crate::run::{CaseResult, Run};

/// All thresholds by case, with the latencies they speak of; nothing where there are none.
pub(crate) fn lines(run: &Run, options: &Options) -> Vec<Line> {
    let with: Vec<_> = cases(run)
        .map(|(_, case)| case)
        .filter(|case| !case.thresholds.is_empty())
        .collect();
    if with.is_empty() {
        return Vec::new();
    }
    let mut out = vec![Line::blank(), rule("Thresholds", Role::Bold, options)];
    for case in with {
        out.extend(
            wrap(&case.id, options.columns() - 2)
                .into_iter()
                .map(|id| Line::of(Role::Bold, id).indented(2)),
        );
        one(&mut out, case, options);
    }
    out
}

fn one(out: &mut Vec<Line>, case: &CaseResult, options: &Options) {
    let columns = options.columns();
    let longest = case
        .thresholds
        .iter()
        .map(|t| width(&clean(&t.text)))
        .max()
        .unwrap_or(0);
    let longest = longest.min(columns / 2);
    for threshold in &case.thresholds {
        let value = match threshold.measured {
            Some(value) => measured(&threshold.text, value),
            None => "nothing was measured".into(),
        };
        let mut line = mark::holds(threshold.holds, options).indented(4);
        line.push(Role::Plain, " ");
        let from = line.width();
        let role = if threshold.holds {
            Role::Plain
        } else {
            Role::Bad
        };
        let mut texts = wrap(&threshold.text, columns - from).into_iter();
        line.push(Role::Plain, texts.next().unwrap_or_default());
        out.push(line);
        out.extend(texts.map(|text| Line::of(Role::Plain, text).indented(from)));
        if let Some(last) = out.last_mut() {
            last.pad_to(from + longest + 3);
            if last.width() + width(&value) <= columns {
                last.push(role, value);
            } else {
                out.push(Line::of(role, value).indented(from + 2));
            }
        }
    }
    for latency in &case.latency {
        let text = format!(
            "{}: {}, min {}, p50 {}, p90 {}, p99 {}, {}max {}",
            latency.class,
            count(latency.count, "value", "values"),
            duration_ns(latency.min_ns),
            duration_ns(latency.p50_ns),
            duration_ns(latency.p90_ns),
            duration_ns(latency.p99_ns),
            // Few deliveries have no thousandth.
            match case.load {
                Some(_) => format!("p99.9 {}, ", duration_ns(latency.p999_ns)),
                None => String::new(),
            },
            duration_ns(latency.max_ns),
        );
        let from = 5 + mark::columns(options);
        out.extend(
            wrap(&text, columns - from)
                .into_iter()
                .map(|l| Line::of(Role::Dim, l).indented(from)),
        );
    }
}

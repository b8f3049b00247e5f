//! The last lines: sums, seed, time and exit code.

use crate::report::options::Options;
use crate::report::standing::{VERDICTS, exit_words};
use crate::report::text::{Line, Role, count, duration_us, grouped, wrap};
use crate::run::{Run, Totals, Verdict};

/// The totals of a run.
pub(crate) fn lines(run: &Run, options: &Options) -> Vec<Line> {
    let mut out = Vec::new();
    let mut field = |name: &str, value: &str, role: Role| {
        for (i, text) in wrap(value, options.columns() - 12).into_iter().enumerate() {
            let mut line = Line::of(Role::Dim, if i == 0 { name } else { "" });
            line.pad_to(12);
            line.push(role, text);
            out.push(line);
        }
    };
    let good = run.exit == 0;
    field(
        "cases",
        &cases(&run.totals),
        if good { Role::Good } else { Role::Plain },
    );
    if run.totals.planned > 0 {
        field("deliveries", &deliveries(&run.totals), Role::Plain);
    }
    let thresholds = || super::cases(run).flat_map(|(_, case)| &case.thresholds);
    let hold = thresholds().filter(|threshold| threshold.holds).count() as u64;
    let all = thresholds().count() as u64;
    if all > 0 {
        let role = if hold == all { Role::Plain } else { Role::Bad };
        field(
            "thresholds",
            &format!("{} of {} hold", grouped(hold), grouped(all)),
            role,
        );
    }
    field("seed", &run.seed.to_string(), Role::Plain);
    field("time", &duration_us(run.elapsed_us), Role::Plain);
    let role = match run.exit {
        0 => Role::Good,
        1 | 2 => Role::Bad,
        _ => Role::Doubtful,
    };
    field(
        "exit",
        &format!("{}: {}", run.exit, exit_words(run.exit)),
        role,
    );
    out
}

/// Cases by verdict, with unproved passes apart.
pub(crate) fn cases(totals: &Totals) -> String {
    let of = |verdict: Verdict| totals.verdicts.get(&verdict).copied().unwrap_or(0);
    let all: u64 = totals.verdicts.values().sum();
    let parts: Vec<String> = VERDICTS
        .into_iter()
        .filter(|verdict| of(*verdict) > 0)
        .map(|verdict| {
            let number = grouped(of(verdict));
            match verdict {
                Verdict::Pass if totals.unproved > 0 => {
                    format!(
                        "{number} passed ({} of them unproved)",
                        grouped(totals.unproved)
                    )
                }
                Verdict::Pass => format!("{number} passed"),
                Verdict::Fail => format!("{number} failed"),
                Verdict::Xpass => format!("{number} passed though known to fail"),
                Verdict::Error => {
                    count(of(verdict), "error of the harness", "errors of the harness")
                }
                Verdict::Inconclusive => format!("{number} inconclusive"),
                Verdict::Warn => count(of(verdict), "warning", "warnings"),
                Verdict::Info => format!("{number} informative"),
                Verdict::Xfail => format!("{number} failed as known"),
                Verdict::Skip => format!("{number} skipped"),
                Verdict::Unsupported => format!("{number} unsupported"),
            }
        })
        .collect();
    if parts.is_empty() {
        "0".into()
    } else {
        format!("{}: {}", grouped(all), parts.join(", "))
    }
}

/// Deliveries planned, carried out and proved.
pub(crate) fn deliveries(totals: &Totals) -> String {
    let done = if totals.delivered == totals.planned {
        count(totals.delivered, "carried out", "carried out")
    } else {
        format!(
            "{} of {} carried out",
            grouped(totals.delivered),
            grouped(totals.planned)
        )
    };
    format!("{done}, {} proved", grouped(totals.proved))
}

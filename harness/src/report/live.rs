//! Progress while a run goes on.
//!
//! On a terminal one line is redrawn five times a second and removed at the end. Elsewhere nothing
//! is shown, or with `verbose` one line for each finished case.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Standing;
use super::options::Options;
use super::standing::word;
use super::terminal::{elapsed, facts};
use super::text::{clean, duration_ns, grouped};
use super::words::headline;
use crate::event::{Event, Reporter};
use crate::load::Progress;
use crate::run::CaseResult;

/// How often the line is redrawn: no oftener than the eye follows.
const HERTZ: u8 = 5;

/// Where progress appears.
#[derive(Clone, Copy, Debug)]
pub struct LiveOptions {
    /// True where stderr is a terminal that may be redrawn.
    pub terminal: bool,
    /// True to show a line for each finished case.
    pub verbose: bool,
    /// How text is to look.
    pub text: Options,
}

/// Shows progress on stderr.
#[derive(Debug)]
pub struct Live<W> {
    target: Option<ProgressDrawTarget>,
    bar: Option<ProgressBar>,
    options: LiveOptions,
    out: W,
    seen: Seen,
}

/// What the line tells.
#[derive(Clone, Debug, Default)]
struct Seen {
    cases: u64,
    cases_done: u64,
    deliveries: u64,
    delivered: u64,
    failed: u64,
    broken: u64,
    running: Vec<String>,
    load: Option<Progress>,
}

impl Live<io::Stderr> {
    /// Progress on stderr.
    #[must_use]
    pub fn stderr(options: LiveOptions) -> Self {
        let target = options
            .terminal
            .then(|| ProgressDrawTarget::stderr_with_hz(HERTZ));
        Self::new(options, target, io::stderr())
    }
}

impl<W: Write + Send> Live<W> {
    /// Progress on a draw target of the caller's, lines (with `verbose`, where there is no
    /// target) on `out`. A line that cannot be written is dropped: progress never fails a run.
    #[must_use]
    pub fn new(options: LiveOptions, target: Option<ProgressDrawTarget>, out: W) -> Self {
        Self {
            target,
            bar: None,
            options,
            out,
            seen: Seen::default(),
        }
    }

    fn line(&mut self, scenario: &str, case: &CaseResult) {
        let text = finished(scenario, case);
        match &self.bar {
            Some(bar) => bar.println(text),
            None => drop(writeln!(self.out, "{text}")),
        }
    }
}

fn style(options: &Options) -> ProgressStyle {
    let (chars, spinner) = if options.unicode {
        ("━━─", "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
    } else {
        ("==-", "-\\|/ ")
    };
    let template = if options.colour {
        "{spinner} {bar:16.green/dim} {wide_msg}"
    } else {
        "{spinner} {bar:16} {wide_msg}"
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars(chars)
        .tick_chars(spinner)
}

impl<W: Write + Send> Reporter for Live<W> {
    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RunStarted {
                cases, deliveries, ..
            } => {
                self.seen.cases = *cases as u64;
                self.seen.deliveries = *deliveries;
                let length = self.seen.deliveries.max(self.seen.cases);
                self.bar = self.target.take().map(|target| {
                    let bar = ProgressBar::with_draw_target(Some(length), target)
                        .with_style(style(&self.options.text))
                        .with_message(self.seen.message());
                    // The spinner moves while a delivery waits for its deadline: not stuck.
                    bar.enable_steady_tick(Duration::from_millis(1_000 / u64::from(HERTZ)));
                    bar
                });
            }
            Event::CaseStarted { id, .. } => self.seen.running.push(clean(id)),
            Event::Progress {
                delivered, failed, ..
            } => {
                self.seen.delivered = self.seen.delivered.saturating_add(*delivered);
                self.seen.failed = self.seen.failed.saturating_add(*failed);
            }
            Event::Load { progress, .. } => self.seen.load = Some(**progress),
            Event::CaseFinished { scenario, result } => {
                self.seen.load = None;
                let id = clean(&result.id);
                if let Some(at) = self.seen.running.iter().position(|running| *running == id) {
                    self.seen.running.remove(at);
                }
                self.seen.cases_done += 1;
                self.seen.broken += u64::from(Standing::of_case(result) == Standing::Broken);
                if self.options.verbose {
                    self.line(scenario, result);
                }
            }
            Event::RunFinished { .. } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                return;
            }
        }
        if let Some(bar) = &self.bar {
            let done = if self.seen.deliveries >= self.seen.cases {
                self.seen.delivered
            } else {
                self.seen.cases_done
            };
            bar.set_position(done);
            bar.set_message(self.seen.message());
        }
    }
}

impl<W> Drop for Live<W> {
    /// Also where the run ends by an error, no half-drawn line is left.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Seen {
    fn message(&self) -> String {
        let mut parts = vec![format!(
            "{}/{} cases",
            grouped(self.cases_done),
            grouped(self.cases)
        )];
        if self.deliveries > 0 {
            parts.push(format!(
                "{}/{} deliveries",
                grouped(self.delivered),
                grouped(self.deliveries)
            ));
        }
        if self.failed > 0 {
            parts.push(format!("{} failed", grouped(self.failed)));
        }
        if self.broken > 0 {
            parts.push(format!(
                "{} broken",
                if self.broken == 1 {
                    "1 case".into()
                } else {
                    format!("{} cases", grouped(self.broken))
                }
            ));
        }
        if let Some(first) = self.running.first() {
            let more = self.running.len() - 1;
            parts.push(if more > 0 {
                format!("{first} and {more} more")
            } else {
                first.clone()
            });
        }
        if let Some(load) = &self.load {
            parts.push(loading(load));
        }
        parts.join("  ")
    }
}

/// How a load goes: the rate and the latencies of the last second, and what is under way.
fn loading(load: &Progress) -> String {
    let mut parts = vec![match load.of {
        Some(of) => format!(
            "{:.0}/{:.0} s",
            load.elapsed.as_secs_f64(),
            of.as_secs_f64()
        ),
        None => format!("{:.0} s", load.elapsed.as_secs_f64()),
    }];
    if load.rate > 0 {
        parts.push(format!(
            "{}/s  p50 {}  p99 {}",
            grouped(load.rate),
            duration_ns(load.p50_ns),
            duration_ns(load.p99_ns)
        ));
    }
    let ended = load.answered.saturating_add(load.errors);
    parts.push(format!(
        "{} in flight",
        grouped(load.sent.saturating_sub(ended))
    ));
    if load.errors > 0 {
        parts.push(format!("{} errors", grouped(load.errors)));
    }
    parts.join("  ")
}

/// The line of a finished case.
fn finished(scenario: &str, case: &CaseResult) -> String {
    let mut text = format!(
        "{:<12} {}: {}",
        word(case.verdict),
        clean(scenario),
        clean(&case.id)
    );
    for part in [facts(case), elapsed(case)]
        .into_iter()
        .filter(|part| !part.is_empty())
    {
        text.push_str(&format!("  {part}"));
    }
    if Standing::of_case(case) != Standing::Held {
        text.push_str(&format!("  {}", headline(case)));
    }
    text
}

//! Progress: what it writes, where it writes nothing, and that it leaves nothing behind.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails with the test")]

use std::io;
use std::sync::{Arc, Mutex};

use harness::event::{Event, Reporter};
use harness::report::{Live, LiveOptions, Options};
use harness::run::{CaseResult, Run};
use indicatif::{ProgressDrawTarget, TermLike};

mod report_samples;
use report_samples as samples;

fn options(verbose: bool) -> LiveOptions {
    LiveOptions {
        terminal: false,
        verbose,
        text: Options::default(),
    }
}

/// Tells a run to a reporter, as the engine does.
fn tell(live: &mut impl Reporter, run: &Run, finish: bool) {
    let cases: Vec<(&str, &CaseResult)> = run
        .scenarios
        .iter()
        .flat_map(|s| s.cases.iter().map(move |case| (s.name.as_str(), case)))
        .collect();
    let deliveries = run.totals.planned;
    live.event(&Event::RunStarted {
        cases: cases.len(),
        deliveries,
        seed: run.seed,
    });
    for (scenario, result) in cases {
        let id = &result.id;
        live.event(&Event::CaseStarted {
            scenario,
            id,
            deliveries: result.coverage.planned,
        });
        live.event(&Event::Progress {
            id,
            delivered: result.coverage.delivered,
            failed: result.coverage.failed,
        });
        live.event(&Event::CaseFinished { scenario, result });
    }
    if finish {
        live.event(&Event::RunFinished { run });
    }
}

#[test]
fn elsewhere_nothing_is_written() {
    let mut out = Vec::new();
    tell(
        &mut Live::new(options(false), None, &mut out),
        &samples::every_verdict(),
        true,
    );
    assert!(out.is_empty(), "{}", String::from_utf8_lossy(&out));
}

#[test]
fn verbose_writes_a_line_for_each_case() {
    let mut out = Vec::new();
    tell(
        &mut Live::new(options(true), None, &mut out),
        &samples::every_verdict(),
        true,
    );
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

/// A terminal of 80 columns that keeps its screen, and goes on in the next row after the last
/// column, as terminals do.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    draws: usize,
    written: String,
}

impl State {
    fn write(&mut self, text: &str) {
        self.written.push_str(text);
        for c in text.chars() {
            match c {
                '\r' => self.column = 0,
                '\n' => (self.row, self.column) = (self.row + 1, 0),
                _ => {
                    if self.column == 80 {
                        (self.row, self.column) = (self.row + 1, 0);
                    }
                    if self.rows.len() <= self.row {
                        self.rows.resize(self.row + 1, vec![' '; 80]);
                    }
                    self.rows[self.row][self.column] = c;
                    self.column += 1;
                }
            }
        }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.row = state.row.saturating_sub(n);
        Ok(())
    }
    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.lock().unwrap().row += n;
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, s: &str) -> io::Result<()> {
        self.0.lock().unwrap().write(&format!("{s}\n"));
        Ok(())
    }
    fn write_str(&self, s: &str) -> io::Result<()> {
        self.0.lock().unwrap().write(s);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        let row = state.row;
        if let Some(line) = state.rows.get_mut(row) {
            line.fill(' ');
        }
        state.column = 0;
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        self.0.lock().unwrap().draws += 1;
        Ok(())
    }
}

impl Screen {
    fn text(&self) -> String {
        let state = self.0.lock().unwrap();
        let row = |row: &Vec<char>| row.iter().collect::<String>().trim_end().to_owned();
        state.rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }
}

fn live(screen: &Screen, verbose: bool) -> Live<io::Sink> {
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 5);
    Live::new(options(verbose), Some(target), io::sink())
}

#[test]
fn the_line_is_drawn_and_then_gone() {
    let screen = Screen::default();
    let mut live = live(&screen, false);
    tell(&mut live, &samples::every_verdict(), false);
    let drawn = screen.0.lock().unwrap().written.clone();
    assert!(
        drawn.contains("/10 cases") && drawn.contains("/447 deliveries"),
        "{drawn}"
    );
    live.event(&Event::RunFinished {
        run: &samples::every_verdict(),
    });
    assert_eq!(screen.text().trim(), "");
}

#[test]
fn an_abandoned_line_is_removed_too() {
    let screen = Screen::default();
    let mut live = live(&screen, false);
    tell(&mut live, &samples::every_verdict(), false);
    assert!(!screen.0.lock().unwrap().written.is_empty());
    drop(live);
    assert_eq!(screen.text().trim(), "");
}

#[test]
fn verbose_lines_stay_on_the_screen() {
    let screen = Screen::default();
    let mut live = live(&screen, true);
    tell(&mut live, &samples::passing(), true);
    let text = screen.text();
    let lines: Vec<&str> = text.trim_end().lines().collect();
    assert_eq!(lines.len(), 3, "only the cases' lines: {text}");
    assert!(lines.iter().all(|line| line.starts_with("pass ")), "{text}");
}

#[test]
fn many_events_are_few_draws() {
    let screen = Screen::default();
    let mut live = live(&screen, false);
    let run = samples::passing();
    let began = std::time::Instant::now();
    live.event(&Event::RunStarted {
        cases: 1,
        deliveries: 200_000,
        seed: 1,
    });
    for _ in 0..200_000 {
        live.event(&Event::Progress {
            id: "a",
            delivered: 1,
            failed: 0,
        });
    }
    live.event(&Event::RunFinished { run: &run });
    let draws = screen.0.lock().unwrap().draws as u128;
    // 5 a second, a burst at the start, and the end.
    let most = began.elapsed().as_millis() / 100 + 60;
    assert!(draws <= most, "{draws} draws in {:?}", began.elapsed());
}

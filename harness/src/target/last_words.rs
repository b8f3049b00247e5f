//! What a target wrote to stderr last, for reports.

use std::time::Duration;

use harness_net::Process;

/// Lines of stderr that a report shows.
const STDERR_LINES: usize = 12;

/// The most characters of such a line that it shows.
const STDERR_COLUMNS: usize = 400;

pub(super) fn stderr_lines(process: &Process) -> Vec<String> {
    let output = process.output();
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<_> = text.lines().map(shortened).collect();
    lines[lines.len().saturating_sub(STDERR_LINES)..].to_vec()
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(STDERR_COLUMNS) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line.to_owned(),
    }
}

/// Ends what is left of a process first: the last of its output may still be on its way.
pub(super) fn last_words(process: &mut Process) -> String {
    process.stop(Duration::ZERO);
    stderr_lines(process)
        .iter()
        .map(|line| format!("\n    {line}"))
        .collect()
}

//! The central promise: a piece that is proved is a read of its own, however busy the machine is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{cases, run, text};
use harness::run::Verdict;

/// Keeps every processor busy until it is dropped.
struct Busy<'a>(&'a AtomicBool);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn ten_thousand_pieces(transport: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pieces.yaml");
    std::fs::write(
        &file,
        format!(
            r#"
target: reads
builtin: reads
transport: {transport}
---
scenario: pieces
target: reads
cases:
  - id: pieces
    title: Ten thousand proved pieces are ten thousand reads
    steps:
      - connect: a
      - repeat: {{times: 10000, steps: [{{send: {{parts: [x]}}}}]}}
      - shutdown: a
      - recv: {{exact: {{fill: {{text: "1\n", size: 20000}}}}, within: 60s}}
      - closed: fin
"#
        ),
    )
    .unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let busy = Busy(&over);
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        for _ in 0..cores {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let (output, result) = run(&[file.to_str().unwrap()]);
        drop(busy);
        let result = result.unwrap_or_else(|| panic!("{}", text(&output)));
        let case = cases(&result).next().unwrap();
        assert_eq!(case.verdict, Verdict::Pass, "{}", text(&output));
        assert_eq!(
            case.coverage.proofs.get("consumed"),
            Some(&10_000),
            "{:?}",
            case.coverage
        );
        assert!(!case.unproved);
    });
}

#[test]
fn ten_thousand_pieces_over_tcp_are_ten_thousand_reads_on_a_busy_machine() {
    ten_thousand_pieces("tcp");
}

#[test]
fn ten_thousand_pieces_over_a_unix_stream_are_ten_thousand_reads_on_a_busy_machine() {
    ten_thousand_pieces("unix");
}

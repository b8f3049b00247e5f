//! `cargo test --release -p harness --test scenario_speed -- --ignored --nocapture` says how long a check takes.

use std::path::Path;
use std::time::Instant;

use harness::scenario::parse;

#[test]
#[ignore = "a measurement, not a test"]
fn how_long_a_hundred_files_take() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/valid");
    let files: Vec<_> = ["plc.yaml", "frames.yaml", "steps.yaml", "suite.yml"]
        .iter()
        .map(|f| {
            let path = folder.join(f);
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect();
    let start = Instant::now();
    for n in 0..100 {
        let (path, text) = &files[n % files.len()];
        parse(path, text).unwrap();
    }
    println!("100 files: {:?}", start.elapsed());
}

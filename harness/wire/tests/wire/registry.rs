//! The registry of framings against the folder that holds them.

#![expect(
    clippy::disallowed_methods,
    reason = "the registry is compared with a folder"
)]

use std::path::Path;

use harness_wire::Limits;
use harness_wire::framings::NAMES;

use crate::build::Built;
use crate::vectors::FILES;

#[test]
fn every_framing_is_registered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/framings");
    let stem = |entry: std::fs::DirEntry| {
        entry
            .path()
            .file_stem()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| stem(entry.unwrap()))
        .collect();
    files.retain(|file| file != "mod");
    files.sort();
    assert_eq!(files, NAMES);
}

#[test]
fn every_framing_has_vectors_and_knows_its_name() {
    let mut files: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    files.dedup();
    assert_eq!(files, NAMES);
    for (line, name, sole) in [
        ("raw", "raw", "data"),
        ("fixed 1", "fixed", "body"),
        ("delimiter \"\\n\"", "delimiter", "body"),
        ("length_prefix u8", "length_prefix", "body"),
        ("json_header u8", "json_header", "body"),
        ("composed", "composed", "data"),
    ] {
        let built = Built::new(line, &["data bytes".into()], Limits::default());
        assert_eq!(built.framing.name(), name);
        assert_eq!(built.framing.sole_field().as_deref(), Some(sole));
        assert_eq!(built.framing.has_boundaries(), name != "raw");
        assert!(built.framing.settable().contains(&sole.to_owned()));
        assert!(NAMES.contains(&name));
    }
}

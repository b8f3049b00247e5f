//! The seed corpus of the fuzz targets, replayed by the stable tests.

#![expect(clippy::disallowed_methods, reason = "the corpus is a folder of files")]

use std::path::Path;

use crate::check::{FAMILIES, check};
use crate::vectors::FILES;

#[test]
fn every_seed_passes() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (family, _) in FAMILIES {
        let folder = fuzz.join("corpus").join(family);
        let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
        let mut count = 0;
        for file in files {
            check(family, &std::fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 3, "{family} has only {count} seeds");
        assert!(
            fuzz.join("fuzz_targets")
                .join(format!("{family}.rs"))
                .exists(),
            "{family}"
        );
    }
}

#[test]
fn the_vectors_pass_in_every_framing() {
    for (_, text) in FILES {
        for group in crate::vector::parse(text) {
            for vector in group
                .vectors
                .iter()
                .filter(|vector| vector.bytes.len() < 200)
            {
                for (family, members) in FAMILIES {
                    for choice in 0..members.len() {
                        let choice = u8::try_from(choice * 2).unwrap();
                        check(family, &[&[choice, 7], &*vector.bytes].concat());
                    }
                }
            }
        }
    }
}

//! Golden vectors from the specifications, fed in every way a stream may deliver them.

use crate::deliveries::deliver;
use crate::vector::parse;

pub(crate) const FILES: &[(&str, &str)] = &[
    ("composed", include_str!("../vectors/composed.txt")),
    ("composed", include_str!("../vectors/kinds.txt")),
    ("delimiter", include_str!("../vectors/delimiter.txt")),
    ("fixed", include_str!("../vectors/fixed.txt")),
    ("json_header", include_str!("../vectors/json_header.txt")),
    (
        "length_prefix",
        include_str!("../vectors/length_prefix.txt"),
    ),
    ("raw", include_str!("../vectors/raw.txt")),
];

#[test]
fn every_vector_reads_the_same_under_every_delivery() {
    let mut count = 0;
    for (file, text) in FILES {
        for group in parse(text) {
            assert!(!group.source.is_empty());
            for vector in &group.vectors {
                count += 1;
                let context = format!("{file}: {}: {}", group.source, vector.name);
                deliver(&group, vector, &context);
            }
        }
    }
    assert!(count > 100, "only {count} vectors were read");
}

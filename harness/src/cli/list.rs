//! `harness list`: what the cases are.

use std::fmt::Write as _;

use super::{Paths, Screen, load};
use crate::exit;

/// The arguments of `list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    paths: Paths,
}

/// Lists scenarios and their cases.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    let documents = match load::load(&args.paths.or_shipped(), screen) {
        Ok(documents) => documents,
        Err(code) => return code,
    };
    let mut out = String::new();
    for document in &documents {
        for scenario in &document.scenarios {
            let _ = writeln!(out, "{}  ({})", scenario.name, document.file.display());
            let wide = scenario.cases.iter().map(|c| c.id.len()).max().unwrap_or(0);
            for case in &scenario.cases {
                let _ = writeln!(out, "  {:wide$}  {}", case.id, case.title);
            }
        }
    }
    screen.out(&out);
    exit::OK
}

//! `harness check`: validates scenarios, runs nothing.

use super::{Paths, Screen, load};
use crate::exit;

/// The arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    paths: Paths,
}

/// Shows every mistake of every file.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    match load::load(&args.paths.or_shipped(), screen) {
        Err(code) => code,
        Ok(documents) => {
            let scenarios: usize = documents.iter().map(|d| d.scenarios.len()).sum();
            let profiles: usize = documents.iter().map(|d| d.profiles.len()).sum();
            let protocols: usize = documents.iter().map(|d| d.protocols.len()).sum();
            let cases: usize = documents
                .iter()
                .flat_map(|d| &d.scenarios)
                .map(|s| s.cases.len())
                .sum();
            screen.out(&format!(
                "{} files are valid: {scenarios} scenarios with {cases} cases, {profiles} target profiles, {protocols} protocols\n",
                documents.len()
            ));
            exit::OK
        }
    }
}

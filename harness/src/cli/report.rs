//! `harness report`: renders a finished run in another format.

use std::path::PathBuf;

use super::Screen;
use crate::exit;
use crate::report::{self, Options};

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The `run.json` of a finished run
    run: PathBuf,
    /// The format; `--format list` shows them
    #[arg(long, default_value = "terminal")]
    format: String,
}

/// Renders the run to stdout.
pub fn main(args: &Args, screen: &Screen) -> u8 {
    if args.format == "list" {
        for format in report::registry() {
            screen.out(&format!("{:<10} {}\n", format.name, format.about));
        }
        return exit::OK;
    }
    let format = match report::find(&args.format) {
        Ok(format) => format,
        Err(error) => return screen.usage_error(error),
    };
    let run = match report::json::read(&args.run) {
        Ok(run) => run,
        Err(error) => return screen.usage_error(error),
    };
    let options = Options { colour: screen.colour, width: screen.width, unicode: true };
    let mut out = Vec::new();
    match (format.render)(&run, &mut out, &options) {
        Ok(()) => {
            screen.out(&String::from_utf8_lossy(&out));
            u8::try_from(run.exit).unwrap_or(exit::UNJUDGED)
        }
        Err(error) => screen.usage_error(error),
    }
}

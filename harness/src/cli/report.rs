//! `harness report`: renders a finished run in another format.

use std::path::PathBuf;

use super::Screen;
use crate::exit;
use crate::report;

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The `run.json` of a finished run
    #[arg(required_unless_present = "format")]
    run: Option<PathBuf>,
    /// The format; `--format list` shows them
    #[arg(long, default_value = "terminal")]
    format: String,
}

/// Renders the run to stdout.
pub(super) fn main(args: &Args, screen: &Screen) -> u8 {
    if args.format == "list" {
        for format in report::registry() {
            screen.out(&format!("{:<10} {}\n", format.name, format.about));
        }
        return exit::OK;
    }
    let Some(format) = report::find(&args.format) else {
        return screen.usage_error(unknown(&args.format));
    };
    let Some(file) = &args.run else {
        return screen.usage_error("name the run.json that is to be rendered");
    };
    let run = match report::read(file) {
        Ok(run) => run,
        Err(error) => return screen.usage_error(error),
    };
    let mut out = Vec::new();
    match (format.render)(&run, &mut out, &screen.options(screen.colour)) {
        Ok(()) => {
            screen.out(&String::from_utf8_lossy(&out));
            u8::try_from(run.exit).unwrap_or(exit::UNJUDGED)
        }
        Err(error) => screen.usage_error(error),
    }
}

/// What is wrong with a format's name.
pub(super) fn unknown(name: &str) -> String {
    let known: Vec<_> = report::registry().iter().map(|f| f.name).collect();
    format!(
        "there is no report format `{name}`; they are {}",
        known.join(", ")
    )
}

//! Arguments in, exit code out: one file a command.

mod check;
mod doctor;
mod execution;
mod explain;
mod generate;
mod list;
mod load;
mod probe;
mod report;
mod run;
mod serve;
mod unescape;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::exit;
use crate::report::Options;

/// Conformance and load tests for anything that talks over TCP, UDP or Unix sockets.
#[derive(Debug, Parser)]
#[command(name = "harness", version, about, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 all passed; 1 a case, threshold or comparison failed; \
2 usage or scenario error, nothing was run; 3 could not be judged; 130 interrupted.";

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set; CLICOLOR_FORCE forces it.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenario files or folders
    Run(run::Args),
    /// Try an address or a command without a scenario: a message under every delivery
    Probe(probe::Args),
    /// Run one reference server in the foreground
    Serve(serve::Args),
    /// List the cases of scenarios
    List(list::Args),
    /// Explain a case: why, source, what is done, what is observed
    Explain(explain::Args),
    /// Validate scenarios, run nothing
    Check(check::Args),
    /// Render a finished run in another format
    Report(report::Args),
    /// Print the JSON schema of scenario files, or the language reference
    Schema(generate::SchemaArgs),
    /// Print a completion script for a shell
    Completions(generate::CompletionsArgs),
    /// Print the manual page
    Man,
    /// Show what this machine can prove
    Doctor,
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to say more.
            let _ = error.print();
            let code = if error.use_stderr() {
                exit::USAGE
            } else {
                exit::OK
            };
            return ExitCode::from(code);
        }
    };
    let screen = Screen::new(cli.color);
    let code = match cli.command {
        Command::Run(args) => run::main(&args, &screen),
        Command::Probe(args) => probe::main(&args, &screen),
        Command::Serve(args) => serve::main(&args, &screen),
        Command::List(args) => list::main(&args, &screen),
        Command::Explain(args) => explain::main(&args, &screen),
        Command::Check(args) => check::main(&args, &screen),
        Command::Report(args) => report::main(&args, &screen),
        Command::Schema(args) => generate::schema(&args, &screen),
        Command::Completions(args) => generate::completions(&args),
        Command::Man => generate::man(&screen),
        Command::Doctor => doctor::main(&screen),
    };
    ExitCode::from(code)
}

/// The command line's own description, for completions and the manual page.
fn command() -> clap::Command {
    Cli::command()
}

/// Where output goes, and how it may look: results on stdout, everything else on stderr.
pub struct Screen {
    /// Colour on stdout.
    pub colour: bool,
    /// Colour on stderr.
    pub colour_err: bool,
    /// True where stderr is a terminal on which progress may be drawn.
    pub live: bool,
    text: Options,
}

impl Screen {
    fn new(colour: Colour) -> Self {
        let choose = |seen: bool| match colour {
            Colour::Auto => seen,
            Colour::Always => true,
            Colour::Never => false,
        };
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let text = Options::detect(&io::stdout(), columns);
        Self {
            colour: choose(text.colour),
            colour_err: choose(Options::detect(&io::stderr(), columns).colour),
            live: io::IsTerminal::is_terminal(&io::stderr()),
            text,
        }
    }

    /// How text is to look, with or without colour.
    fn options(&self, colour: bool) -> Options {
        Options {
            colour,
            ..self.text
        }
    }

    /// Writes a result to stdout. A reader that went away ends the output, not the program.
    pub fn out(&self, text: &str) {
        let _ = io::stdout().lock().write_all(text.as_bytes());
    }

    /// Writes a line for people to stderr.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Says what is wrong, and answers the exit code for usage errors.
    pub fn usage_error(&self, text: impl std::fmt::Display) -> u8 {
        self.note(&format!("error: {text}"));
        exit::USAGE
    }
}

/// Scenario files or folders, as several commands take them.
#[derive(Debug, clap::Args)]
struct Paths {
    /// Scenario files or folders; folders are searched, `invalid` folders in them skipped
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Paths {
    /// What was given, or the folder `scenarios`.
    fn or_shipped(&self) -> Vec<PathBuf> {
        if self.paths.is_empty() {
            vec![PathBuf::from("scenarios")]
        } else {
            self.paths.clone()
        }
    }
}

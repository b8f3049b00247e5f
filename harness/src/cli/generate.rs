//! `harness schema`, `completions` and `man`: texts that are generated from the code.

use std::io;

use super::Screen;
use crate::{exit, scenario};

/// The arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// Print the language reference in Markdown instead
    #[arg(long)]
    reference: bool,
}

/// The arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the JSON schema (draft-07) of scenario files, or the reference.
pub(super) fn schema(args: &SchemaArgs, screen: &Screen) -> u8 {
    let text = if args.reference {
        scenario::reference()
    } else {
        format!("{:#}\n", scenario::schema())
    };
    screen.out(&text);
    exit::OK
}

/// Prints a completion script.
pub(super) fn completions(args: &CompletionsArgs) -> u8 {
    clap_complete::generate(
        args.shell,
        &mut super::command(),
        "harness",
        &mut io::stdout(),
    );
    exit::OK
}

/// Prints the manual page.
pub(super) fn man(screen: &Screen) -> u8 {
    let mut page = Vec::new();
    match clap_mangen::Man::new(super::command()).render(&mut page) {
        Ok(()) => {
            screen.out(&String::from_utf8_lossy(&page));
            exit::OK
        }
        Err(error) => screen.usage_error(error),
    }
}

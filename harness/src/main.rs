//! The program `harness`: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The guard of a started target is this program too. It is looked for before the arguments are
    // parsed: it must start fast, and is no command for users.
    let mut args = std::env::args_os();
    if args.nth(1).is_some_and(|first| first == "__guard") {
        return harness_net::guard_main(args);
    }
    harness::cli::main()
}

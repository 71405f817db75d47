//! The `rulegate` binary: parses the command line and hands over to the library.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rulegate::cli::verdict;

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Does the planned version contain the hotfix?
    Verdict(verdict::VerdictArgs),
}

fn main() -> ExitCode {
    // Exit code 2 means that something would be lost; a wrong command line is an error like any.
    match Cli::try_parse() {
        Ok(Cli {
            command: Command::Verdict(args),
        }) => verdict::run(&args),
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            }
        }
    }
}

//! The command line: one binary for serving, pipelines, operators and auditors.

pub mod demo;
pub mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "rulegate",
    version,
    about = "Governs which version of a rule set each production environment runs."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the portal with real rule sets, on this machine only.
    Demo(demo::DemoArgs),
    /// Serve one site's portal and API.
    Serve(serve::ServeArgs),
}

/// Exit codes: 0 done, 1 an error, 2 what the command asked about is not so (for `check` and `verdict`).
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Serve(args) => serve::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("rulegate: {error}");
        ExitCode::from(1)
    })
}

/// What a command may fail with: a sentence for whoever typed it.
type CliResult = Result<ExitCode, Box<dyn std::error::Error>>;

/// The async runtime of a command that needs one.
fn block_on<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work))
}

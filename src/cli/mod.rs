//! The command line: one binary for serving, pipelines, operators and auditors.

pub mod account;
mod at_risk;
pub mod checksum;
pub mod client;
pub mod demo;
pub mod doctor;
pub mod export;
pub mod health;
pub mod push;
pub mod serve;
pub mod site;
pub mod verdict;
pub mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "rulegate",
    version,
    about = "Governs which version of a rule set each production environment runs."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the portal with real rule sets, on this machine only.
    Demo(demo::DemoArgs),
    /// Serve one site's portal and API.
    Serve(serve::ServeArgs),
    /// Print a folder's checksum, as anyone can recompute it with coreutils.
    Checksum(checksum::ChecksumArgs),
    /// Deliver a planned version; it activates nothing.
    Push(push::PushArgs),
    /// Ask before releasing: exit 0 nothing at risk, 2 an open hotfix would be lost, 1 error.
    Check(push::CheckArgs),
    /// Report what a store outside really holds: exit 0 it is the pin, 2 it differs, 1 error.
    Observe(push::ObserveArgs),
    /// Write a site's ledger with its contents to standard output.
    Export(export::ExportArgs),
    /// Does the planned version contain the hotfix? Exit 0 all included, 2 something would be lost, 1 error.
    Verdict(verdict::VerdictArgs),
    /// Verify an export: exit 0 whole and unchanged, 1 with the first bad entry.
    Verify(verify::VerifyArgs),
    /// Accounts, for whoever has the database at hand.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Tokens, for whoever has the database at hand.
    #[command(subcommand)]
    Token(account::TokenCommand),
    /// A site's key, and taking back what its database lost.
    #[command(subcommand)]
    Site(site::SiteCommand),
    /// Check the settings that durability stands on, and the ledger.
    Doctor(doctor::DoctorArgs),
    /// Ask a running process how it is: exit 0 if it answers 200, else 1.
    Health(health::HealthArgs),
}

/// Exit codes: 0 done, 1 an error, 2 what the command asked about is not so (for `check` and `verdict`).
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            let _ = told.print();
            // Not 2: a pipeline with a typo must not read that a hotfix would be lost.
            return ExitCode::from(u8::from(told.use_stderr()));
        }
    };
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Checksum(args) => checksum::run(args),
        Command::Push(args) => push::push(args),
        Command::Check(args) => push::check(args),
        Command::Observe(args) => push::observe(args),
        Command::Export(args) => export::run(args),
        Command::Verdict(args) => Ok(verdict::run(&args)),
        Command::Verify(args) => verify::run(args),
        Command::Account(command) => account::account(command),
        Command::Token(command) => account::token(command),
        Command::Site(command) => site::run(command),
        Command::Doctor(args) => doctor::run(args),
        Command::Health(args) => health::run(args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("rulegate: {error}");
        ExitCode::from(1)
    })
}

/// What a command may fail with: a sentence for whoever typed it.
type CliResult = Result<ExitCode, Box<dyn std::error::Error>>;

/// Prints a line. Whoever reads may have seen enough (`| head`): that is no error.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}
use say;

/// The async runtime of a command that needs one.
fn block_on<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work))
}

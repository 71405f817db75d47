//! `rulegate verify`: is this export whole, unchanged and signed for? Needs no server and no database.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliResult, say};
use rulegate_ledger::checkpoint::VerifierKey;

/// What `verify` is told.
#[derive(clap::Args)]
pub struct VerifyArgs {
    /// The export; `-` for standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The site's key as you know it from elsewhere; more than one if it was replaced. Without it the key in the
    /// file counts, which proves only that one key signed everything.
    #[arg(long = "key", value_delimiter = ',')]
    keys: Vec<VerifierKey>,
}

/// Prints the counts, or names the first bad entry and exits with 1.
pub fn run(args: VerifyArgs) -> CliResult {
    let input: Box<dyn Read + Send> = if args.file.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let file = File::open(&args.file)
            .map_err(|e| format!("cannot open {}: {e}", args.file.display()))?;
        Box::new(file)
    };
    let told = rulegate_ledger::verify::report(input, args.keys)?;
    let code = ExitCode::from(u8::from(told.is_err()));
    let (Ok(text) | Err(text)) = told;
    say!("{text}");
    Ok(code)
}

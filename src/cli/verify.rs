//! `rulegate verify`: is this export whole and unchanged? Needs no server and no database.

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliResult, say};
use crate::domain::verify::Verifier;

/// What `verify` is told.
#[derive(clap::Args)]
pub struct VerifyArgs {
    /// The export; `-` for standard input.
    file: PathBuf,
}

/// Prints the counts, or names the first bad entry and exits with 1.
pub fn run(args: VerifyArgs) -> CliResult {
    let input: Box<dyn Read> = if args.file.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        let file = std::fs::File::open(&args.file)
            .map_err(|e| format!("cannot open {}: {e}", args.file.display()))?;
        Box::new(file)
    };
    let mut input = BufReader::with_capacity(1 << 20, input);
    let mut verifier = Verifier::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if let Err(fault) = verifier.take(&line) {
            return bad(&fault);
        }
    }
    match verifier.finish() {
        Ok(whole) => {
            let (entries, contents) = (whole.entries, whole.contents);
            say!(
                "{entries} entries and {contents} contents of {} verified, head {}",
                whole.site,
                whole.head
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => bad(&fault),
    }
}

fn bad(fault: &crate::domain::verify::Fault) -> CliResult {
    say!("not as it was written: {fault}");
    Ok(ExitCode::from(1))
}

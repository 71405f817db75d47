//! `rulegate verify` as a program of its own, built from this crate alone: for auditors, who need no server.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "the crate is pure, its program reads files and prints"
)]

use std::fs::File;
use std::io::{Read, Write as _};
use std::process::ExitCode;

use rulegate_ledger::checkpoint::VerifierKey;
use rulegate_ledger::verify;

const USAGE: &str = "Verify an export of a rulegate ledger: exit 0 whole and unchanged, 1 with the first bad entry.

Usage: rulegate-verify [--key KEY[,KEY...]] [FILE]

  FILE       the export; standard input if there is none, or if it is -
  --key KEY  the site's key as you know it from elsewhere; more than one if it was replaced. Without it
             the key in the file counts, which proves only that one key signed everything.";

/// Prints a line. Whoever reads may have seen enough (`| head`): that is no error.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn main() -> ExitCode {
    let told = arguments(std::env::args().skip(1)).and_then(|given| match given {
        Some((file, keys)) => check(&file, keys),
        None => Ok(Ok(USAGE.to_owned())),
    });
    match told {
        Ok(Ok(text)) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Ok(Err(text)) => {
            say(&text);
            ExitCode::FAILURE
        }
        Err(problem) => {
            eprintln!("rulegate-verify: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The file and the keys; none if help was asked for.
fn arguments(
    mut given: impl Iterator<Item = String>,
) -> Result<Option<(String, Vec<VerifierKey>)>, String> {
    let (mut file, mut keys) = (None, Vec::new());
    while let Some(argument) = given.next() {
        let listed = match argument.split_once('=') {
            Some(("--key", listed)) => listed.to_owned(),
            _ if argument == "--key" => given.next().ok_or("--key needs a key")?,
            _ if argument == "--help" || argument == "-h" => return Ok(None),
            _ if argument.starts_with("--") => return Err(format!("unknown option {argument}")),
            _ if file.is_some() => return Err("one file at a time".into()),
            _ => {
                file = Some(argument);
                continue;
            }
        };
        for key in listed.split(',') {
            keys.push(key.parse().map_err(|e| format!("{key}: {e}"))?);
        }
    }
    Ok(Some((file.unwrap_or_else(|| "-".into()), keys)))
}

fn check(file: &str, keys: Vec<VerifierKey>) -> Result<Result<String, String>, String> {
    let input: Box<dyn Read + Send> = if file == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(file).map_err(|e| format!("cannot open {file}: {e}"))?)
    };
    verify::report(input, keys).map_err(|e| format!("cannot read {file}: {e}"))
}

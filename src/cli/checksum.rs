//! `rulegate checksum`, and reading a folder of rules for every command that sends one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytes::Bytes;

use super::CliResult;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::manifest::check_path;

/// What `checksum` is told.
#[derive(clap::Args)]
pub struct ChecksumArgs {
    /// The folder of a rule set.
    dir: PathBuf,
    /// Print the manifest, which `sha256sum -c` accepts, instead of its checksum.
    #[arg(long)]
    manifest: bool,
}

/// Prints a folder's checksum: the SHA-256 of its manifest.
pub fn run(args: ChecksumArgs) -> CliResult {
    let rules = read_folder(&args.dir)?;
    let manifest = rulegate_ledger::manifest::Manifest::unbounded(
        rules
            .iter()
            .map(|(path, bytes)| (path.clone(), Digest::of(bytes))),
    )?;
    if args.manifest {
        print!("{}", manifest.text());
    } else {
        println!("{}", manifest.checksum());
    }
    Ok(ExitCode::SUCCESS)
}

/// Every file below a folder, by its path relative to it; hidden ones too.
///
/// Errors: a sentence naming the first path that cannot be a rule: a link, a name that is not UTF-8, a socket.
pub fn read_folder(dir: &Path) -> Result<BTreeMap<String, Bytes>, String> {
    let mut rules = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let listing = std::fs::read_dir(&folder)
            .map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
        for entry in listing {
            let entry = entry.map_err(|e| format!("cannot read {}: {e}", folder.display()))?;
            let path = entry.path();
            let kind = entry
                .file_type()
                .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            if !kind.is_file() {
                let what = if kind.is_symlink() {
                    "a symbolic link"
                } else {
                    "neither a file nor a folder"
                };
                return Err(format!(
                    "{} is {what}: put the rule's own bytes there, or leave it out",
                    path.display()
                ));
            }
            let relative = path.strip_prefix(dir).map_err(|e| e.to_string())?;
            let name = relative
                .to_str()
                .ok_or_else(|| format!("{} is not UTF-8: rename it", path.display()))?;
            check_path(name).map_err(|e| e.to_string())?;
            let bytes =
                std::fs::read(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
            rules.insert(name.to_owned(), Bytes::from(bytes));
        }
    }
    if rules.is_empty() {
        return Err(format!(
            "{} holds no files: a rule set has at least one",
            dir.display()
        ));
    }
    Ok(rules)
}

//! `rulegate doctor`: are the settings that durability stands on what they should be, and does the ledger follow?

use std::process::ExitCode;

use super::{CliResult, block_on};
use crate::domain::ledger::{Entry, Head, follow};
use crate::store::Store;

/// What `doctor` is told.
#[derive(clap::Args)]
pub struct DoctorArgs {
    /// Where the data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE", default_value = "sqlite:rulegate.db")]
    database: String,
}

/// Entries read at a time.
const PAGE: u32 = 1_000;

/// Prints a line a finding; exits with 1 if one is bad.
pub fn run(args: DoctorArgs) -> CliResult {
    block_on(async {
        let store = Store::open_read_only(&args.database).await?;
        let mut all_well = true;
        let mut say = |ok: bool, text: String| {
            all_well &= ok;
            println!("{}  {text}", if ok { "ok " } else { "BAD" });
        };
        match store.ping().await {
            Ok(()) => say(true, format!("the {} database answers", store.kind())),
            Err(error) => say(false, format!("the database does not answer: {error}")),
        }
        for setting in store.settings().await {
            say(
                setting.ok,
                format!(
                    "{} = {} (should be {})",
                    setting.name, setting.value, setting.expected
                ),
            );
        }
        let site = store.identity().await?;
        say(
            site.is_some(),
            format!(
                "the database belongs to {}",
                site.as_ref().map_or("nobody yet", |s| s.as_str())
            ),
        );
        if let Some(site) = site {
            let mut head = Head::EMPTY;
            let outcome = loop {
                let page = store.entries_after(&site, head.seq, PAGE).await?;
                if page.is_empty() {
                    break Ok(());
                }
                let next = page.iter().try_fold(head, |head, stored| {
                    let hash = crate::domain::digest::Digest::of(stored.bytes.as_bytes());
                    let entry = Entry::read(&stored.bytes)
                        .map_err(|e| format!("{site}#{}: {e}", stored.seq))?;
                    follow(&site, head, &entry, hash).map_err(|e| e.to_string())
                });
                match next {
                    Ok(next) => head = next,
                    Err(problem) => break Err(problem),
                }
            };
            match outcome {
                Ok(()) => say(
                    true,
                    format!("{} entries of {site} follow one from the other", head.seq),
                ),
                Err(problem) => say(false, problem),
            }
        }
        Ok(if all_well {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    })?
}

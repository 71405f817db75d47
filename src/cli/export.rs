//! `rulegate export`: a site's ledger with its contents, as lines that anyone can verify offline.

use std::process::ExitCode;

use super::{CliResult, block_on};
use crate::app::export::{Writer, export};
use crate::store::Store;
use rulegate_ledger::checkpoint::VerifierKey;
use rulegate_ledger::ids::SiteName;

/// What `export` is told.
#[derive(clap::Args)]
pub struct ExportArgs {
    /// Where the data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE", default_value = "sqlite:rulegate.db")]
    database: String,
    /// Whose ledger; default: the site that the database belongs to.
    #[arg(long)]
    site: Option<SiteName>,
    /// The key to name in the first line; default: this database's own key, if the ledger is its own.
    #[arg(long)]
    key: Option<VerifierKey>,
}

/// Writes the export to standard output, beside a serving process if there is one.
pub fn run(args: ExportArgs) -> CliResult {
    block_on(async {
        let store = Store::open_read_only(&args.database).await?;
        let site = match args.site {
            Some(site) => site,
            None => store
                .identity()
                .await?
                .ok_or("the database belongs to no site yet: there is nothing to export")?,
        };
        let head = store.head(&site).await?;
        let mut out = Writer(std::io::BufWriter::new(std::io::stdout()));
        let key = key_of(&store, &site, args.key).await?;
        let done = export(&store, &site, key.as_ref(), head, &mut out).await?;
        std::io::Write::flush(&mut out.0)?;
        eprintln!(
            "{} entries, {} contents and {} checkpoints of {site} exported",
            done.entries, done.contents, done.checkpoints
        );
        Ok(ExitCode::SUCCESS)
    })?
}

/// The key of the ledger's site, as far as this database knows it.
async fn key_of(
    store: &Store,
    site: &SiteName,
    given: Option<VerifierKey>,
) -> Result<Option<VerifierKey>, Box<dyn std::error::Error>> {
    if given.is_some() {
        return Ok(given);
    }
    let kept = store.signing_identity().await?;
    let key: Option<VerifierKey> = kept.map(|kept| kept.verifier_key.parse()).transpose()?;
    Ok(key.filter(|key| key.origin().site() == *site))
}

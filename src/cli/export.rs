//! `rulegate export`: a site's ledger with its contents, as lines that anyone can verify offline.

use std::process::ExitCode;

use super::{CliResult, block_on};
use crate::app::export::{Writer, export};
use crate::domain::ids::SiteName;
use crate::store::Store;

/// What `export` is told.
#[derive(clap::Args)]
pub struct ExportArgs {
    /// Where the data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE", default_value = "sqlite:rulegate.db")]
    database: String,
    /// Whose ledger; default: the site that the database belongs to.
    #[arg(long)]
    site: Option<SiteName>,
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
        let done = export(&store, &site, head, &mut out).await?;
        std::io::Write::flush(&mut out.0)?;
        eprintln!(
            "{} entries and {} contents of {site} exported",
            done.entries, done.contents
        );
        Ok(ExitCode::SUCCESS)
    })?
}

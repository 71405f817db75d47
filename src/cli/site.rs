//! `rulegate site`: a site's key, and taking back what its database lost.

use std::path::PathBuf;
use std::process::ExitCode;

use super::{CliResult, block_on, say};
use crate::app::identity::{self, IdentitySettings};
use crate::app::{Clock, recovery};
use crate::peer::{Peer, PeerSettings};
use crate::store::Store;
use rulegate_ledger::checkpoint::VerifierKey;
use rulegate_ledger::ids::SiteName;

/// What may be done with a site.
#[derive(clap::Subcommand)]
pub enum SiteCommand {
    /// Print the key that others check this site's checkpoints with; the other site wants it as --peer-key.
    Key(KeyArgs),
    /// Take back from the other site the entries that this site's database lost, after verifying them.
    Recover(RecoverArgs),
}

/// How a site is named and where its key is.
#[derive(clap::Args)]
pub struct IdentityArgs {
    /// The installation as ORGANISATION/NAME; counts when the database is new, and is checked afterwards.
    #[arg(long, env = "RULEGATE_INSTALLATION")]
    pub installation: Option<String>,
    /// Keep the signing key in this file instead of in the database.
    #[arg(long = "key", env = "RULEGATE_KEY_FILE")]
    pub key_file: Option<PathBuf>,
}

/// How the other site is reached.
#[derive(clap::Args)]
pub struct PeerArgs {
    /// The other site's address; its ledger is read there.
    #[arg(long, env = "RULEGATE_PEER")]
    pub peer: Option<String>,
    /// A file with the token that the other site gave to an account of the role peer.
    #[arg(long, env = "RULEGATE_PEER_TOKEN_FILE")]
    pub peer_token_file: Option<PathBuf>,
    /// The other site's key, as its `rulegate site key` prints it; more than one while a key is replaced.
    #[arg(long = "peer-key", env = "RULEGATE_PEER_KEY", value_delimiter = ',')]
    pub peer_keys: Vec<VerifierKey>,
    /// Root certificates for the other site as PEM, instead of the public ones.
    #[arg(long, env = "RULEGATE_PEER_CA")]
    pub peer_ca: Option<PathBuf>,
}

impl PeerArgs {
    /// The other site as `own` reads it, if one is named.
    ///
    /// Errors: a sentence that says what is missing.
    pub fn settings(&self, own: &SiteName) -> Result<Option<PeerSettings>, String> {
        let Some(url) = &self.peer else {
            return Ok(None);
        };
        let first = self.peer_keys.first().ok_or(
            "--peer needs --peer-key, the other site's key: `rulegate site key` prints it there",
        )?;
        let site = first.origin().site();
        if site == *own || self.peer_keys.iter().any(|key| key.origin().site() != site) {
            return Err(format!("--peer-key must be of one other site than {own}"));
        }
        let file = self.peer_token_file.as_ref().ok_or(
            "--peer needs --peer-token-file with a token of the role peer: an admin of the other site makes it",
        )?;
        let token = std::fs::read_to_string(file)
            .map_err(|e| format!("cannot read {}: {e}", file.display()))?;
        Ok(Some(PeerSettings {
            site,
            url: url.clone(),
            token: token.trim().to_owned(),
            ca_file: self.peer_ca.clone(),
        }))
    }
}

/// What `site key` is told.
#[derive(clap::Args)]
pub struct KeyArgs {
    /// The site; counts only if the database is new.
    #[arg(long, env = "RULEGATE_SITE", default_value = "ipc2")]
    site: SiteName,
    /// Where its data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE", default_value = "sqlite:rulegate.db")]
    database: String,
    #[command(flatten)]
    identity: IdentityArgs,
}

/// What `site recover` is told.
#[derive(clap::Args)]
pub struct RecoverArgs {
    /// The site whose ledger lost entries.
    #[arg(long, env = "RULEGATE_SITE")]
    site: SiteName,
    /// Where its data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE")]
    database: String,
    /// A key that this site signed with before, if its database lost that too.
    #[arg(long = "signed-by", value_delimiter = ',')]
    signed_by: Vec<VerifierKey>,
    #[command(flatten)]
    peer: PeerArgs,
}

/// Runs a site command.
pub fn run(command: SiteCommand) -> CliResult {
    match command {
        SiteCommand::Key(args) => key(args),
        SiteCommand::Recover(args) => recover(args),
    }
}

fn key(args: KeyArgs) -> CliResult {
    block_on(async {
        // Beside a running server only reading is possible, and enough.
        if let Ok(store) = Store::open_read_only(&args.database).await
            && let Ok(Some(kept)) = store.signing_identity().await
        {
            say!("{}", kept.verifier_key);
            return Ok(ExitCode::SUCCESS);
        }
        let store = Store::open(&args.database).await?;
        store.claim_identity(&args.site).await?;
        let settings = IdentitySettings {
            installation: args.identity.installation,
            key_file: args.identity.key_file,
            ..IdentitySettings::default()
        };
        let key = identity::establish(&store, &args.site, &settings).await?;
        say!("{}", key.verifier());
        Ok(ExitCode::SUCCESS)
    })?
}

fn recover(args: RecoverArgs) -> CliResult {
    let settings = args
        .peer
        .settings(&args.site)?
        .ok_or("give --peer, the address of the site that still holds the entries")?;
    block_on(async {
        let store = Store::open(&args.database).await?;
        store.claim_identity(&args.site).await?;
        let mut keys = args.signed_by;
        if let Some(kept) = store.signing_identity().await? {
            keys.push(kept.verifier_key.parse()?);
        }
        if keys.is_empty() {
            return Err("this database has no key: give the site's key with --signed-by".into());
        }
        let peer = Peer::new(&settings)?;
        let now = Clock::default().now();
        let done = recovery::recover(&store, &args.site, &keys, &peer, now).await?;
        if done.to < done.from {
            say!(
                "nothing is missing: {} holds no entry of {} beyond {}",
                settings.site,
                args.site,
                done.from - 1
            );
        } else {
            say!(
                "entries {} to {} of {} and {} contents taken back from {}, verified under the site's own signature",
                done.from,
                done.to,
                args.site,
                done.contents,
                settings.site
            );
        }
        Ok(ExitCode::SUCCESS)
    })?
}

//! `rulegate doctor`: are the settings that durability stands on what they should be, do the ledgers follow, are they
//! signed for, and does the other site answer?

use std::process::ExitCode;

use super::site::PeerArgs;
use super::{CliResult, block_on, say};
use crate::app::account_sync::EVERYTHING;
use crate::app::sealing::SealingKey;
use crate::app::source::Source as _;
use crate::app::{Clock, identity};
use crate::peer::{Peer, PeerSettings};
use crate::store::Store;
use rulegate_ledger::checkpoint::{self, SigningKey, VerifierKey};
use rulegate_ledger::ids::{SiteName, Timestamp};
use rulegate_ledger::ledger::Head;
use rulegate_ledger::trust::Copy;

/// What `doctor` is told.
#[derive(clap::Args)]
pub struct DoctorArgs {
    /// Where the data is: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "RULEGATE_DATABASE", default_value = "sqlite:rulegate.db")]
    database: String,
    /// The file with the signing key, if it is not kept in the database.
    #[arg(long = "key", env = "RULEGATE_KEY_FILE")]
    key_file: Option<std::path::PathBuf>,
    #[command(flatten)]
    peer: PeerArgs,
}

/// Entries read at a time.
const PAGE: u32 = 1_000;
/// An entry dated later than this after now means that a clock is wrong.
const SKEW_MAX_US: i64 = 5_000_000;

/// Prints a line a finding; exits with 1 if one is bad.
pub fn run(args: DoctorArgs) -> CliResult {
    block_on(async {
        let store = Store::open_read_only(&args.database).await?;
        let mut report = Report { all_well: true };
        settings(&store, &mut report).await;
        let Some(site) = store.identity().await? else {
            report.say(false, "the database belongs to nobody yet");
            return Ok(report.exit());
        };
        report.say(true, format!("the database belongs to {site}"));
        let (own, secret) = keys(&store, &args, &mut report).await?;
        let mut heads = Vec::new();
        for ledger in store.sites().await? {
            let keys: Vec<VerifierKey> = match ledger == site {
                true => own.iter().cloned().collect(),
                false => args.peer.peer_keys.clone(),
            };
            heads.push(ledger_follows(&store, &ledger, &keys, &mut report).await?);
        }
        clock(&heads, &mut report);
        match args.peer.settings(&site)? {
            Some(peer) => {
                let head = store.head(&site).await?;
                let keys = &args.peer.peer_keys;
                other_site(&peer, keys, (&site, own, head), &mut report).await?;
                if let Some(secret) = secret {
                    accounts(&peer, keys, &secret, &mut report).await?;
                }
            }
            None => report.note(
                "the other site was not asked: give --peer, --peer-token-file and --peer-key",
            ),
        }
        Ok(report.exit())
    })?
}

struct Report {
    all_well: bool,
}

impl Report {
    fn say(&mut self, ok: bool, text: impl std::fmt::Display) {
        self.all_well &= ok;
        say!("{}  {text}", if ok { "ok " } else { "BAD" });
    }

    /// Neither good nor bad.
    fn note(&self, text: &str) {
        say!("-    {text}");
    }

    fn exit(&self) -> ExitCode {
        match self.all_well {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(1),
        }
    }
}

async fn settings(store: &Store, report: &mut Report) {
    match store.ping().await {
        Ok(()) => report.say(true, format!("the {} database answers", store.kind())),
        Err(error) => report.say(false, format!("the database does not answer: {error}")),
    }
    for setting in store.settings().await {
        let (name, value, expected) = (setting.name, setting.value, setting.expected);
        report.say(
            setting.ok,
            format!("{name} = {value} (should be {expected})"),
        );
    }
}

/// The site's own key, and whether the secret belongs to it.
async fn keys(
    store: &Store,
    args: &DoctorArgs,
    report: &mut Report,
) -> Result<(Option<VerifierKey>, Option<SigningKey>), Box<dyn std::error::Error>> {
    let Some(kept) = store.signing_identity().await? else {
        report.say(
            false,
            "the site has no signing key yet: the first start of the server makes it",
        );
        return Ok((None, None));
    };
    let key: VerifierKey = kept.verifier_key.parse()?;
    let secret = match identity::check_secret(&kept, args.key_file.as_deref()) {
        Ok(secret) => {
            report.say(true, format!("the site signs as {key}"));
            Some(secret)
        }
        Err(error) => {
            report.say(false, error);
            None
        }
    };
    Ok((Some(key), secret))
}

/// Reads a whole ledger: does each entry follow, and is it the one that its site signed?
async fn ledger_follows(
    store: &Store,
    site: &SiteName,
    keys: &[VerifierKey],
    report: &mut Report,
) -> Result<Head, Box<dyn std::error::Error>> {
    let last = store.last_checkpoint(site).await?;
    let mut copy = Copy::default();
    let mut is_signed_root = None;
    loop {
        let page = store.links_after(site, copy.head.seq, PAGE).await?;
        for link in &page {
            if let Err(alarm) = copy.push(site, &link.bytes) {
                report.say(false, alarm);
                return Ok(copy.head);
            }
            if let Some(last) = last.as_ref().filter(|last| last.size == link.seq) {
                is_signed_root = Some(last.root == copy.frontier.root());
            }
        }
        if page.len() < PAGE as usize {
            break;
        }
    }
    let head = copy.head.seq;
    report.say(
        true,
        format!("{head} entries of {site} follow one from the other"),
    );
    let Some(last) = last else {
        report.say(head == 0, format!("{site} has signed for {} of them", 0));
        return Ok(copy.head);
    };
    let size = last.size;
    match is_signed_root {
        Some(true) => report.say(true, format!("the first {size} are those under the newest checkpoint of {site}")),
        Some(false) => report.say(false, format!("the first {size} are not those under the newest checkpoint of {site}: somebody changed the database")),
        None => report.say(false, format!("entries {} to {size} of {site} are missing although they were signed: see `rulegate site recover`", head + 1)),
    }
    if keys.is_empty() {
        report.note(&format!(
            "the signature of {site} was not checked: give its key"
        ));
    } else {
        match checkpoint::open(&last.note, keys) {
            Ok(said) => report.say(
                (said.size, said.root) == (size, last.root),
                format!("the checkpoint of {site} at {size} is signed by a trusted key"),
            ),
            Err(error) => report.say(false, error),
        }
    }
    Ok(copy.head)
}

fn clock(heads: &[Head], report: &mut Report) {
    let now = Clock::default().now();
    let newest = heads
        .iter()
        .map(|head| head.at)
        .max()
        .unwrap_or(Timestamp(0));
    let ahead_s = (newest.0 - now.0) / 1_000_000;
    match newest.0 > now.0 + SKEW_MAX_US {
        true => report.say(
            false,
            format!(
                "the newest entry is dated {ahead_s} s after this machine's time: a clock is wrong"
            ),
        ),
        false => report.say(true, "no entry is dated after this machine's time"),
    }
}

/// Does the other site give its accounts, sealed so that this one can open them?
async fn accounts(
    settings: &PeerSettings,
    keys: &[VerifierKey],
    secret: &SigningKey,
    report: &mut Report,
) -> Result<(), Box<dyn std::error::Error>> {
    let (peer, there) = (Peer::new(settings)?, &settings.site);
    let own = SealingKey::of(secret);
    match peer.accounts(EVERYTHING, own.public()).await {
        Ok(Some(sealed)) => match own.open(&sealed, (secret.origin(), EVERYTHING), keys) {
            Ok(_) => report.say(
                true,
                format!("{there} gives its accounts, sealed for this site"),
            ),
            Err(error) => report.say(false, format!("the accounts of {there}: {error}")),
        },
        Ok(None) => report.say(true, format!("{there} has no accounts yet")),
        Err(error) => report.say(false, format!("the accounts of {there}: {error}")),
    }
    Ok(())
}

async fn other_site(
    settings: &PeerSettings,
    keys: &[VerifierKey],
    (own, own_key, head): (&SiteName, Option<VerifierKey>, Head),
    report: &mut Report,
) -> Result<(), Box<dyn std::error::Error>> {
    let (peer, there) = (Peer::new(settings)?, &settings.site);
    match peer.checkpoint(there).await {
        Ok(Some(note)) => match checkpoint::open(&note, keys) {
            Ok(said) => report.say(
                true,
                format!("{there} answers and signs {} entries", said.size),
            ),
            Err(error) => report.say(false, error),
        },
        Ok(None) => report.say(true, format!("{there} answers and has signed nothing yet")),
        Err(error) => {
            report.say(false, error);
            return Ok(());
        }
    }
    let (Ok(Some(note)), Some(own_key)) = (peer.checkpoint(own).await, own_key) else {
        report.note(&format!(
            "{there} holds nothing of {own} that could be compared"
        ));
        return Ok(());
    };
    match checkpoint::open(&note, &[own_key]) {
        Ok(held) => report.say(
            held.size <= head.seq,
            format!(
                "{there} holds {} entries of {own}, here are {}",
                held.size, head.seq
            ),
        ),
        Err(error) => report.say(false, error),
    }
    Ok(())
}

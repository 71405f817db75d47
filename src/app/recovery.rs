//! Takes back from another site the entries that this database lost, after verifying them under the site's own
//! signature.

use super::AppError;
use super::bring::bring;
use super::peer_status::RoundError;
use super::source::{Source, SourceError};
use crate::store::{KeptCheckpoint, Store};
use rulegate_ledger::checkpoint::{self, Checkpoint, VerifierKey};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::SiteName;
use rulegate_ledger::trust::{Alarm, Copy};

/// Entries fetched and appended at a time.
const PAGE: u32 = 500;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The first entry that was missing.
    pub from: u64,
    /// The last entry; below `from` if nothing was missing.
    pub to: u64,
    /// Contents that were missing too.
    pub contents: u64,
}

/// Brings `site`'s own ledger up to the newest checkpoint of it that `source` holds.
///
/// The entries are fetched twice: first everything is verified (chain, root, signature by one of `keys`), then it
/// is appended page by page, each page being the one that was verified. Safe to repeat after a failure.
///
/// Errors: [`AppError::Broken`] if what the source holds is not what this site signed, or does not continue what is
/// in the database; [`AppError::Unavailable`] if it cannot be read.
pub async fn recover(
    store: &Store,
    site: &SiteName,
    keys: &[VerifierKey],
    source: &impl Source,
    now: rulegate_ledger::ids::Timestamp,
) -> Result<Recovered, AppError> {
    let holder = source.site();
    let note = source
        .checkpoint(site)
        .await
        .map_err(away)?
        .ok_or_else(|| {
            AppError::broken(format!(
                "{holder} holds no checkpoint of {site}: there is nothing to take back"
            ))
        })?;
    let held = checkpoint::open(&note, keys).map_err(|error| {
        AppError::broken_while(
            format!("what {holder} holds of {site} is not believed"),
            error,
        )
    })?;
    let here = own_copy(store, site, &held).await?;
    let from = here.head.seq + 1;
    let mut ends: Vec<(u64, Digest)> = Vec::new();
    let mut verified = here.clone();
    while verified.head.seq < held.size {
        let page = fetch(source, site, verified.head.seq, held.size).await?;
        for bytes in &page {
            verified.push(site, bytes).map_err(refused)?;
        }
        ends.push((verified.head.seq, verified.head.hash));
    }
    if verified.frontier.size() == held.size && verified.frontier.root() != held.root {
        return Err(two_histories(&held));
    }
    let mut contents = 0;
    let mut copy = here;
    for (end, hash) in ends {
        let expected = copy.head;
        let mut entries = Vec::new();
        while copy.head.seq < end {
            for bytes in fetch(source, site, copy.head.seq, end).await? {
                let (entry, stored) = copy.push(site, &bytes).map_err(refused)?;
                contents += bring(store, source, entry.fact.event.contents())
                    .await
                    .map_err(not_brought)?;
                entries.push(stored);
            }
        }
        if copy.head.hash != hash {
            return Err(AppError::broken(format!(
                "{holder} gives other entries now than a moment ago: nothing more is taken from it"
            )));
        }
        store.append(site, expected, &entries).await?;
    }
    let to = copy.head.seq;
    if to >= from {
        let kept = KeptCheckpoint {
            size: held.size,
            root: held.root,
            note,
            at: now,
        };
        store.put_checkpoint(site, &kept).await?;
    }
    Ok(Recovered { from, to, contents })
}

fn two_histories(held: &Checkpoint) -> AppError {
    AppError::broken(format!(
        "the entries 1 to {} in this database and at the other site are not all those that were signed: \
         two histories exist, and taking entries back does not heal that",
        held.size
    ))
}

/// The own ledger as it is, checked from its first entry; it must not be another one than was signed.
async fn own_copy(store: &Store, site: &SiteName, held: &Checkpoint) -> Result<Copy, AppError> {
    let mut copy = Copy::default();
    loop {
        let page = store.links_after(site, copy.head.seq, PAGE).await?;
        for link in &page {
            copy.push(site, &link.bytes).map_err(refused)?;
            if copy.head.seq == held.size && copy.frontier.root() != held.root {
                return Err(two_histories(held));
            }
        }
        if page.len() < PAGE as usize {
            return Ok(copy);
        }
    }
}

/// The next entries after a number, at least one, none beyond `upto`.
async fn fetch(
    source: &impl Source,
    site: &SiteName,
    after: u64,
    upto: u64,
) -> Result<Vec<String>, AppError> {
    let limit = PAGE.min(u32::try_from(upto - after).unwrap_or(PAGE));
    let page = source.entries(site, after, limit).await.map_err(away)?;
    if page.is_empty() {
        return Err(AppError::Unavailable(format!(
            "{} does not give entry {} of {site}",
            source.site(),
            after + 1
        )));
    }
    Ok(page
        .into_iter()
        .map(|(_, bytes)| bytes)
        .take(limit as usize)
        .collect())
}

fn away(error: SourceError) -> AppError {
    AppError::Unavailable(error.to_string())
}

fn refused(alarm: Alarm) -> AppError {
    AppError::broken(alarm)
}

fn not_brought(error: RoundError) -> AppError {
    match error {
        RoundError::Refused(alarm, _) => refused(alarm),
        RoundError::Trouble(why) => AppError::Unavailable(why),
        RoundError::Overtaken => AppError::Unavailable("another process took them back".into()),
    }
}

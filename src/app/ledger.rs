//! Reading the ledger in pages, for screens and interfaces.

pub use crate::store::{Cursor, Direction, KindFilter, LedgerFilter, LedgerPage, SCAN_MAX};

pub use super::ledger_blocks::Listed;

use super::{App, AppError};
use rulegate_domain::state::State;
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{EntryRef, ReviewId, RuleSetName, SiteName};
use rulegate_ledger::ledger::StoredEntry;
use rulegate_ledger::version::VersionName;

/// Fewer hex digits than this are looked for as words: too many things would begin with them.
const HEX_DIGITS_MIN: usize = 8;

/// What somebody who types into the one search field means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// An entry, `ipc2#57`.
    Entry(EntryRef),
    /// The facts of a review, `ipc2-57`.
    Review(ReviewId),
    /// The facts mainly about a version, by its name or its checksum.
    Version {
        /// The only rule set that has it; none if several do.
        ruleset: Option<RuleSetName>,
        /// Its name.
        version: VersionName,
    },
    /// The beginning of a checksum or hash, lower case.
    Hex(String),
    /// Anything else.
    Words(String),
}

impl Search {
    /// Tells by what is known in `state`; a text that names nothing known is words.
    pub fn of(text: &str, state: &State) -> Search {
        let text = text.trim();
        if let Ok(entry) = text.parse::<EntryRef>()
            && state.head(&entry.site).seq >= entry.seq
        {
            return Search::Entry(entry);
        }
        if let Ok(review) = text.parse::<ReviewId>()
            && state.review(&review).is_some()
        {
            return Search::Review(review);
        }
        if let Ok(version) = text.parse::<VersionName>()
            && let Some(found) = version_search(state, |name, _| *name == version)
        {
            return found;
        }
        let is_hex = text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex && (HEX_DIGITS_MIN..=64).contains(&text.len()) {
            let digits = text.to_lowercase();
            let by_checksum =
                version_search(state, |_, checksum| checksum.to_hex().starts_with(&digits));
            return by_checksum.unwrap_or(Search::Hex(digits));
        }
        Search::Words(text.to_owned())
    }
}

fn version_search(state: &State, wanted: impl Fn(&VersionName, Digest) -> bool) -> Option<Search> {
    let mut found: Vec<(&RuleSetName, &VersionName)> = Vec::new();
    for ledger in state.ledgers.values() {
        for ((ruleset, version), facts) in &ledger.versions {
            if wanted(version, facts.checksum) && !found.contains(&(ruleset, version)) {
                found.push((ruleset, version));
            }
        }
    }
    let (ruleset, version) = *found.first()?;
    let only = found.iter().all(|(other, _)| *other == ruleset);
    Some(Search::Version {
        ruleset: only.then(|| ruleset.clone()),
        version: version.clone(),
    })
}

impl App {
    /// A site's entries after a number, in order, as they are stored.
    pub async fn entries_after(
        &self,
        site: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, AppError> {
        Ok(self.store.entries_after(site, after, limit).await?)
    }

    /// One entry as it is stored; `None` if the ledger is shorter.
    pub async fn entry(&self, id: &EntryRef) -> Result<Option<StoredEntry>, AppError> {
        Ok(self.store.entry(&id.site, id.seq).await?)
    }

    /// The entry with this hash. Reads the whole ledger: only for a person who holds a hash.
    pub async fn entry_by_hash(&self, hash: &Digest) -> Result<Option<StoredEntry>, AppError> {
        Ok(self.store.entry_by_hash(hash).await?)
    }
}

/// A page's place from an address.
///
/// Errors: [`AppError::BadInput`] if it is no such place.
pub fn place(text: &str) -> Result<Cursor, AppError> {
    text.parse().map_err(|_| AppError::BadInput {
        code: "bad_place",
        message: format!("{text:?} is no place in the ledger"),
    })
}

/// Words as they stand inside an entry's JSON.
pub fn escaped(words: &str) -> String {
    let quoted = serde_json::to_string(words).expect("text is JSON");
    quoted[1..quoted.len() - 1].to_owned()
}

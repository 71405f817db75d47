//! Ledgers: append at the expected head, read in order.

use sqlx::{query_as, query_scalar};

use super::error::{AppendError, StoreError, bounded};
use super::rows::{EntryRow, digest_column, entries, entry_columns, with_site_hops};
use super::{Backend, Direction, LedgerFilter, Store, fault, read};
use rulegate_ledger::digest::Digest;
use rulegate_ledger::ids::{CommandId, ReviewId, SiteName, Timestamp};
use rulegate_ledger::ledger::{Head, StoredEntry};

/// A review's trail is read whole; one with more entries than this is cut.
const TRAIL_MAX: u32 = 10_000;

/// One entry in its chain, without the columns it is searched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its number.
    pub seq: u64,
    /// The exact bytes.
    pub bytes: String,
    /// Their SHA-256, as stored.
    pub hash: Digest,
}

impl Store {
    /// The last entry's number, hash and time, or [`Head::EMPTY`]. Sees every acknowledged append.
    pub async fn head(&self, site: &SiteName) -> Result<Head, StoreError> {
        const SQL: &str =
            "SELECT seq, at_us, hash FROM entry WHERE site = $1 ORDER BY seq DESC LIMIT 1";
        self.check_away()?;
        let row: Option<(i64, i64, Vec<u8>)> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.head(site)),
            _ => read!(self, pool => query_as(SQL).bind(site.as_str()).fetch_optional(pool))?,
        };
        let Some((seq, at_us, hash)) = row else {
            return Ok(Head::EMPTY);
        };
        Ok(Head {
            seq: seq as u64,
            hash: digest_column("entry", "hash", format_args!("{site}#{seq}"), &hash)?,
            at: Timestamp(at_us),
        })
    }

    /// Appends `entries` in one durable commit, all or nothing, if and only if the stored head is
    /// exactly `expected` (number and hash). Of several racing appends at one head exactly one wins.
    /// Not safe to repeat blindly: after [`AppendError::Unknown`] ask [`Store::by_command`] first; a
    /// repeat of a stored append is refused with [`AppendError::HeadMoved`], never stored twice.
    ///
    /// The entries are dense from `expected.seq + 1`, of this site, none earlier than the one before.
    /// No entries: does nothing.
    ///
    /// Errors: every [`AppendError`]; [`AppendError::Refused`] also for entries of another shape.
    pub async fn append(
        &self,
        site: &SiteName,
        expected: Head,
        entries: &[StoredEntry],
    ) -> Result<(), AppendError> {
        check_shape(site, expected, entries)?;
        if entries.is_empty() {
            return Ok(());
        }
        let fault = self.faults.as_ref().and_then(|faults| faults.next_append());
        fault::under(fault, async {
            match &*self.backend {
                Backend::Memory(memory) => memory.append(site, expected, entries),
                Backend::Sqlite(sqlite) => sqlite.append(site, expected, entries).await,
                Backend::Postgres(postgres) => postgres.append(site, expected, entries).await,
            }
        })
        .await
    }

    /// Appends to this database's copy of the other site's ledger, with the same promise as
    /// [`Store::append`]. The caller has verified chain, root and signature.
    pub async fn append_foreign(
        &self,
        site: &SiteName,
        expected: Head,
        entries: &[StoredEntry],
    ) -> Result<(), AppendError> {
        self.append(site, expected, entries).await
    }

    /// At most `limit` entries with numbers above `after`, in order, without gaps.
    pub async fn entries_after(
        &self,
        site: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entry WHERE site = $1 AND seq > $2 ORDER BY seq LIMIT $3"
        );
        self.check_away()?;
        match &*self.backend {
            Backend::Memory(memory) => Ok(memory.entries_after(site, after, limit)),
            _ => entries(read!(self, pool => query_as::<_, EntryRow>(SQL)
                .bind(site.as_str())
                .bind(seq(after))
                .bind(i64::from(limit))
                .fetch_all(pool))?),
        }
    }

    /// As [`Store::entries_after`], only what a fold of the ledger needs: numbers, bytes and hashes.
    pub async fn links_after(
        &self,
        site: &SiteName,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Link>, StoreError> {
        const SQL: &str =
            "SELECT seq, bytes, hash FROM entry WHERE site = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        if let Some(memory) = self.memory()? {
            let page = memory.entries_after(site, after, limit);
            let link = |entry: StoredEntry| Link {
                seq: entry.seq,
                bytes: entry.bytes.to_string(),
                hash: entry.hash,
            };
            return Ok(page.into_iter().map(link).collect());
        }
        let rows: Vec<(i64, String, Vec<u8>)> = read!(self, pool => query_as(SQL)
            .bind(site.as_str())
            .bind(seq(after))
            .bind(i64::from(limit))
            .fetch_all(pool))?;
        rows.into_iter()
            .map(|(seq, bytes, hash)| {
                Ok(Link {
                    seq: seq as u64,
                    bytes,
                    hash: digest_column("entry", "hash", format_args!("{site}#{seq}"), &hash)?,
                })
            })
            .collect()
    }

    /// One entry by its number.
    pub async fn entry(
        &self,
        site: &SiteName,
        number: u64,
    ) -> Result<Option<StoredEntry>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entry WHERE site = $1 AND seq = $2"
        );
        self.check_away()?;
        match &*self.backend {
            Backend::Memory(memory) => Ok(memory.entry(site, number)),
            _ => read!(self, pool => query_as::<_, EntryRow>(SQL)
                .bind(site.as_str())
                .bind(seq(number))
                .fetch_optional(pool))?
            .map(EntryRow::entry)
            .transpose(),
        }
    }

    /// The entry whose bytes hash to `hash`, from any site.
    ///
    /// Reads the whole ledger, because an index over random values would cost every append more than
    /// this rare question is worth: for a person who holds a hash, never for a page's way.
    pub async fn entry_by_hash(&self, hash: &Digest) -> Result<Option<StoredEntry>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entry WHERE hash = $1 LIMIT 1"
        );
        self.check_away()?;
        match &*self.backend {
            Backend::Memory(memory) => Ok(memory.entry_by_hash(hash)),
            _ => read!(self, pool => query_as::<_, EntryRow>(SQL)
                .bind(&hash.0[..])
                .fetch_optional(pool))?
            .map(EntryRow::entry)
            .transpose(),
        }
    }

    /// All entries of one command, in order; empty if the ledger does not know it.
    /// Sees every acknowledged append, so it settles an [`AppendError::Unknown`].
    pub async fn by_command(
        &self,
        site: &SiteName,
        command: &CommandId,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        const SQL: &str = "SELECT seq FROM entry WHERE site = $1 AND command = $2";
        /// Commands append few entries; more come in further pages.
        const PAGE: u32 = 32;
        self.check_away()?;
        let first: Option<i64> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.by_command(site, command)),
            _ => read!(self, pool => query_scalar(SQL)
                .bind(site.as_str())
                .bind(command.as_str())
                .fetch_optional(pool))?,
        };
        let Some(first) = first else {
            return Ok(Vec::new());
        };
        let mut found: Vec<StoredEntry> = Vec::new();
        let mut after = first as u64 - 1;
        loop {
            let page = self.entries_after(site, after, PAGE).await?;
            let more = page.len() == PAGE as usize;
            for entry in page {
                after = entry.seq;
                if !found.is_empty() && entry.command.is_some() {
                    return Ok(found);
                }
                found.push(entry);
            }
            if !more {
                return Ok(found);
            }
        }
    }

    /// Every entry of one review, from all sites, oldest first, at most 10,000.
    pub async fn review_trail(&self, review: &ReviewId) -> Result<Vec<StoredEntry>, StoreError> {
        let filter = LedgerFilter {
            review: Some(review.clone()),
            ..LedgerFilter::default()
        };
        let page = self.browse(&filter, None, Direction::Newer, TRAIL_MAX);
        let mut trail = page.await?.entries;
        trail.reverse();
        Ok(trail)
    }

    /// Returns once whatever this database shows at this moment is as durable as an acknowledged append.
    ///
    /// PostgreSQL that comes back from a crash shows commits whose standby never had them: the wait for it ended
    /// with the connection. Whoever takes what it sees there for stored asks this first. It commits a message that
    /// nobody reads, behind everything else in the write-ahead log, and waits for that.
    ///
    /// Errors: [`StoreError::Unavailable`] if the standby does not take it in time.
    pub async fn confirm_durable(&self) -> Result<(), StoreError> {
        const SQL: &str = "SELECT pg_logical_emit_message(true, 'rulegate', 'confirmed')::text";
        self.check_away()?;
        match &*self.backend {
            Backend::Memory(_) | Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(postgres) => {
                let confirmed = query_scalar::<_, String>(SQL).fetch_one(&postgres.pool);
                bounded(confirmed).await?;
                Ok(())
            }
        }
    }

    /// The sites whose ledgers have entries here, by name.
    pub async fn sites(&self) -> Result<Vec<SiteName>, StoreError> {
        const SQL: &str = concat!(
            with_site_hops!(),
            "SELECT site FROM hop WHERE site IS NOT NULL"
        );
        self.check_away()?;
        let names: Vec<String> = match &*self.backend {
            Backend::Memory(memory) => return Ok(memory.sites()),
            _ => read!(self, pool => query_scalar(SQL).fetch_all(pool))?,
        };
        names
            .iter()
            .map(|name| super::rows::column("entry", "site", name, name))
            .collect()
    }
}

/// A number as the databases keep it; beyond their range there is nothing.
pub(super) fn seq(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The order of time and number within a site is what paging and the time filter stand on.
fn check_shape(
    site: &SiteName,
    expected: Head,
    entries: &[StoredEntry],
) -> Result<(), AppendError> {
    let (mut seq, mut at) = (expected.seq, expected.at);
    for entry in entries {
        if entry.site != *site || entry.seq != seq + 1 || (seq > 0 && entry.at < at) {
            return Err(AppendError::Refused(format!(
                "entry {}#{} cannot follow {site}#{seq}",
                entry.site, entry.seq
            )));
        }
        (seq, at) = (entry.seq, entry.at);
    }
    Ok(())
}
